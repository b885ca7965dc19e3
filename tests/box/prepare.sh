#!/bin/sh
# Makes the users and quiets the services of a freshly bootstrapped root file system ($1).
# mmdebstrap runs this as its customize hook.
set -eu
root=$1

# fed: the usual user. Not in adm or systemd-journal, so cron's lines in the journal are hidden from it.
# Lingering, so that its systemd manager and bus are up without a login.
chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash fed
mkdir -p "$root/var/lib/systemd/linger"
: > "$root/var/lib/systemd/linger/fed"

# ops: may read the whole journal (adm) and use sudo; no lingering, so no user bus without a login.
chroot "$root" useradd --create-home --uid 1001 --shell /bin/bash --groups adm ops
echo 'ops ALL=(ALL) NOPASSWD: ALL' > "$root/etc/sudoers.d/ops"
chmod 440 "$root/etc/sudoers.d/ops"

# A Python or a checkout below the host's /root is shown at the same path, to users who must get there.
chmod 711 "$root/root"
: > "$root/etc/machine-id"
mkdir -p "$root/var/log/journal"
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
# No sshd unless a test starts one.
chroot "$root" systemctl disable ssh.service >/dev/null 2>&1
for unit in getty@.service console-getty.service serial-getty@.service apt-daily.timer apt-daily-upgrade.timer
do
    chroot "$root" systemctl mask "$unit" >/dev/null 2>&1
done
