"""Which programs take a secret as the value of an option."""

from __future__ import annotations

import re

_TABLE = """
7z 7za 7zr mysql mysqladmin mysqlcheck mysqldump mysqlimport mariadb mariadb-admin mariadb-dump: -p+
sshpass ncftpget ncftpput login twine mongo mongodump mongoexport mongoimport mongorestore mongosh: -p
curl: -u: --user: -U: --proxy-user: --pass --proxy-pass --oauth2-bearer -E: --cert:
http https: -a: --auth:
redis-cli: -a --pass
ldapadd ldapdelete ldapmodify ldappasswd ldapsearch: -w
smbclient smbget rpcclient: -U%
lftp open: -u,
influx: -P -password -t
mosquitto_pub mosquitto_sub: -P -password
ipmitool isql sqlcmd unzip vmware-cmd zip: -P
snmpbulkwalk snmpget snmpset snmpwalk: -A -X -c
openssl: -k= -K= -pass: -passin: -passout:
gpg gpg2: --passphrase
plink pscp psftp: -pw
sendemail: -xp
swaks: -ap
xfreerdp: /p:
sqlplus expdp impdp rman: /
vault: login unseal
htpasswd mc: $
nc psql rsync scp sftp ssh:
"""

HABITS: dict[str, dict[str, str]] = {}
"""Per program the options before a secret, each with a sign. `+`: only attached; `=`: only as the next word;
`: , %`: the secret follows the sign in the value. Option `/`: what follows it in a word without option; `$`:
the last word, if it looks like a secret. A program without options ends what belongs to one before."""

for _line in _TABLE.strip().splitlines():
    _programs, _, _options = _line.partition(":")
    _found = [re.fullmatch(r"(/p:|.+?)([+=:,%]?)", one) for one in _options.split()]
    for _program in _programs.split():
        HABITS[_program] = {one[1]: one[2] for one in _found if one}

READERS = frozenset(
    ("--password-stdin", "--passphrase-fd", "--with-token", "chpasswd", "cryptsetup", "kinit")
)
"""What says that a secret is read from standard input; `sudo -S` is one, too."""

PROGRAMS = frozenset((*HABITS, *READERS, "sudo"))
_ARGUMENTS = ("login", "passwd", "kinit", "cryptsetup", "unseal", "expdp", "impdp", "rman")
SIGNS = (" -", " alias ", "<<<", "/p:", *_ARGUMENTS)
"""A line with a secret that a program takes holds one of `SIGNS`, and one of `PROGRAMS` as a word."""
