#!/bin/sh
# Runs a command of the cron package where no table is seen but ours: in mounts and a pid namespace of its own, which
# end with it. Needs root.
# usage: packaged.sh BUILD FOLDER COMMAND...  BUILD is what build.py made; FOLDER/table becomes root's crontab.
set -eu
export BUILD="$1" FOLDER="$2"
shift 2
exec unshare --mount --pid --fork --kill-child --mount-proc sh -euc '
    mkdir -p "$FOLDER/cron.d"
    : > "$FOLDER/crontab"
    [ ! -e /etc/cron.d ] || mount --bind "$FOLDER/cron.d" /etc/cron.d
    [ ! -e /etc/crontab ] || mount --bind "$FOLDER/crontab" /etc/crontab
    mount -t tmpfs -o mode=755 none /run
    mount -t tmpfs -o mode=755 none /var/spool
    mkdir -p /var/spool/cron/crontabs
    chmod 1730 /var/spool/cron/crontabs
    cp "$FOLDER/table" /var/spool/cron/crontabs/root
    chmod 600 /var/spool/cron/crontabs/root
    if [ -d /etc/pam.d ]; then # the rules of the package, for a machine on which it is not installed
        cp -r /etc/pam.d "$FOLDER/pam.d"
        cp "$BUILD/package/etc/pam.d/cron" "$FOLDER/pam.d/cron"
        mount --bind "$FOLDER/pam.d" /etc/pam.d
    fi
    exec "$@"
' sh "$@"
