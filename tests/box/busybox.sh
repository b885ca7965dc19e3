#!/bin/sh
# Makes BusyBox's crond the cron of a bootstrapped root file system ($1), as a distribution without another has it:
# crontab(1) setuid, the tables in crontabs/, a service that starts the daemon.
set -eu
root=$1

ln -s /usr/bin/busybox "$root/usr/sbin/crond"
install -m 4755 "$root/usr/bin/busybox" "$root/usr/bin/crontab"
mkdir -p "$root/var/spool/cron/crontabs"
cat > "$root/etc/systemd/system/crond.service" <<'UNIT'
[Unit]
Description=BusyBox crond

[Service]
ExecStart=/usr/sbin/crond -f

[Install]
WantedBy=multi-user.target
UNIT
chroot "$root" systemctl enable crond.service >/dev/null 2>&1
