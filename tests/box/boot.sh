#!/usr/bin/env bash
# Boots a box: becomes its init. Called by machine.py in a session of its own:
#   setpriv --pdeathsig=KILL bash boot.sh OWNER CGROUP NAME BASE MOUNTPOINT [PATH]...
# BASE is the lower layer of an overlay whose upper layer is a tmpfs; each PATH is shown inside, read-only.
# Everything is mounted in the box's own mount namespace, so nothing is left when its last process ends.
set -euo pipefail

if [ "$1" != inside ]; then
    # The owner dies: setpriv has unshare die. unshare dies: the box's init dies, and with it all of the box.
    # An owner that died before setpriv asked for that is nobody's parent any more.
    [ "$PPID" = "$1" ] || exit 1
    echo 0 > "$2/cgroup.procs"
    shift 2
    exec unshare --pid --fork --kill-child --mount --uts --ipc --net --cgroup \
        bash "$0" inside "$@"
fi

name=$2 base=$3 top=$4
shift 4
mount --make-rprivate /
mount -t tmpfs -o mode=755,size=2g fedtui-box "$top"
mkdir "$top/upper" "$top/work" "$top/root"
mount -t overlay -o "lowerdir=$base,upperdir=$top/upper,workdir=$top/work" overlay "$top/root"
cd "$top/root"

mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755,nosuid,nodev run run
mount -t tmpfs -o mode=1777,nosuid,nodev tmp tmp

# Device nodes are made, never bound from the host: systemd changes the mode of its console, and through a
# bind mount that would be the mode of the host's /dev/null.
mount -t tmpfs -o mode=755,nosuid dev dev
while read -r node major minor; do mknod -m 666 "dev/$node" c "$major" "$minor"; done <<'NODES'
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
NODES
mknod -m 600 dev/console c 1 3
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 shm dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr

for path in "$@"; do
    mkdir -p ".$path"
    mount --bind "$path" ".$path"
    mount -o remount,bind,ro ".$path"
done

echo "$name" > etc/hostname
hostname "$name"
printf '127.0.0.1 localhost %s\n' "$name" > etc/hosts
mkdir -p .old
pivot_root . .old
umount -l /.old
rmdir /.old
ip link set lo up
# The clock is the kernel's, and so the host's: `timedatectl set-timezone` in a box would put that back by the
# zone's hours. No process in here may set it.
exec setpriv --bounding-set -sys_time --inh-caps -sys_time \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin container=fedtui-box LANG=C.UTF-8 \
    /lib/systemd/systemd --system --unit=multi-user.target </dev/null
