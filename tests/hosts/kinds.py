"""Hosts that lack something, or have it otherwise: each a booted Debian that a script has made so."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.box.base import BASES
from tests.box.machine import wait_until
from tests.hosts.host import Host

NO_CRON = """
systemctl disable --now cron
rm /usr/bin/crontab /usr/sbin/cron
rm -r /var/spool/cron/crontabs /etc/cron.d
"""
IN_CONTAINER = """
mount -t tmpfs run /run
mount -t tmpfs log /var/log/journal
mount -t proc proc /proc
rm -f /dev/log
"""
JOB = b"# name: job\n7 3 * * * exit 3\n"
WITH_JOB = f"printf '{JOB.decode()}' | crontab -u fed -;"


@dataclass(frozen=True)
class Kind:
    """`title` heads its column. `prepare` is done by root's shell once it is up.

    `inside`: what is done first in namespaces of their own (`apart`), where everything else then happens too.
    `timers`: its jobs are user timers, since there is no cron. `user` is who uses fedtui there, with `env`.
    """

    title: str
    prepare: str = ":"
    base: str = "debian"
    inside: str = ""
    apart: tuple[str, ...] = ("--mount", "--pid", "--fork", "--kill-child")
    timers: bool = False
    user: str = "fed"
    env: tuple[tuple[str, str], ...] = ()


KINDS = {
    "no-cron": Kind("no cron", NO_CRON, timers=True),
    "container": Kind("no systemd", inside=f"{IN_CONTAINER} cron;"),
    "syslog": Kind("no systemd, rsyslog", base="debian-13", inside=f"{IN_CONTAINER} rsyslogd; cron;"),
    "no-bash": Kind("no bash", "usermod --shell /bin/sh fed; rm /bin/bash"),
    "no-logrotate": Kind("no logrotate, no mailer", "rm /usr/sbin/logrotate"),
    "read-only-root": Kind(
        "read-only root",
        WITH_JOB,
        inside="mount -o remount,bind,ro /;",
        apart=("--mount",),
        env=(("XDG_STATE_HOME", "/tmp/state"),),
    ),
    "read-only-home": Kind(
        "read-only home", f"{WITH_JOB} mount --bind /home/fed /home/fed; mount -o remount,bind,ro /home/fed"
    ),
    "read-only-units": Kind(
        "read-only units",
        "mkdir -p /nix/store; cp -a /etc/systemd/system /nix/store/units;"
        " mount --bind /nix/store/units /nix/store/units; mount -o remount,bind,ro /nix/store/units;"
        " rm -r /etc/systemd/system; ln -s /nix/store/units /etc/systemd/system; systemctl daemon-reload",
        user="root",
    ),
    "no-linger": Kind("no lingering", "loginctl disable-linger fed; systemctl stop user@1000"),
    "latin-1": Kind(
        "no UTF-8 locale",
        "localedef -i en_US -f ISO-8859-1 en_US.ISO-8859-1",
        env=(("LANG", "en_US.ISO-8859-1"),),
    ),
    "blanks": Kind(
        "home with blanks",
        "systemctl stop user@1000; usermod --home '/home/of fed' --move-home fed; systemctl start user@1000",
    ),
    "root": Kind("root, no crontab", user="root"),
}


class BareHost(Host):
    """A host of such a kind."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(base=BASES[kind.base])
        self.kind = kind
        self._booted = 0

    def fedtui(self, *arguments: str, user: str = "") -> Any:
        """As the user of this kind of host, who wants to see nothing on standard error."""
        return super().fedtui(*arguments, user=user or self.kind.user)

    def verb(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a verb as they do."""
        return self.run(["fedtui", *arguments], self.kind.user, env=dict(self.kind.env), timeout=60)

    def up(self) -> BareHost:
        """Boot, and make it what it is to be."""
        super().up()
        self._booted = self.init
        self.run(["sh", "-ec", self.kind.prepare], "root", check=True)
        if self.kind.inside:
            self._enter(self.kind.inside)
        return self

    def down(self) -> None:
        """End the machine, and what is in it."""
        self.init = self._booted
        super().down()

    def _enter(self, script: str) -> None:
        """Use from now on the namespaces of the process that `script` ends as."""
        shell = ["unshare", *self.kind.apart, "sh", "-c", f"{script} exec sleep infinity"]
        self.popen(shell, "root", stdout=subprocess.DEVNULL)
        self.init = wait_until(self._sleeping, 10, "the namespaces are ready")

    def _sleeping(self) -> int:
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                ours = self.name in (process / "cgroup").read_text()
                if ours and (process / "comm").read_text() == "sleep\n":
                    return int(process.name)
        return 0
