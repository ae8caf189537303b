#!/bin/sh
# host.sh up FOLDER LOWER NAME ADDRESS KIND    the first boot of a test machine, in the namespaces of its laboratory
# host.sh again FOLDER - NAME - KIND           another boot, on the same files
# FOLDER is its own: `up` and `work` are the overlay's, `root` is where it is mounted, `ready` is a pipe in which a line
# stands once its server listens. `cgroup` in it names the control group for machines that run systemd.
set -eu
verb=$1 folder=$2 lower=$3 name=$4 address=$5 kind=$6

inside() { # process 1 of the new machine, with its root folder as the working directory
    hostname "$name"
    mount -t proc proc proc
    mount -t sysfs sysfs sys
    mount -o remount,ro,bind sys
    # The kernel's settings, its clock and its restart belong to everybody; those of its network are its own.
    mount --bind proc/sys proc/sys
    mount --bind proc/sys/net proc/sys/net
    mount -o remount,ro,bind proc/sys
    if [ -e proc/sysrq-trigger ]; then
        mount --bind proc/sysrq-trigger proc/sysrq-trigger
        mount -o remount,ro,bind proc/sysrq-trigger
    fi
    cat proc/sys/kernel/random/uuid >"$folder/boot_id"
    mount --bind "$folder/boot_id" proc/sys/kernel/random/boot_id
    [ "$kind" != systemd ] || mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount -t tmpfs -o mode=755,size=16m tmpfs dev
    for node in null zero full random urandom tty; do
        : >"dev/$node"
        mount --bind "/dev/$node" "dev/$node"
    done
    mkdir dev/pts dev/shm
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
    mount -t tmpfs -o mode=1777 tmpfs dev/shm
    ln -s pts/ptmx dev/ptmx
    ln -s /proc/self/fd dev/fd
    ln -s fd/0 dev/stdin
    ln -s fd/1 dev/stdout
    ln -s fd/2 dev/stderr
    : >dev/ready
    mount --bind "$folder/ready" dev/ready
    mount -t tmpfs -o mode=755 tmpfs run
    mkdir -p run/lock run/sshd .old
    # Agents of root are the same for every machine of these tests.
    mkdir -p root/.cache
    mount --bind "$folder/cache" root/.cache
    case $kind in
    systemd) set -- /lib/systemd/systemd --show-status=0 ;;
    busybox) set -- /bin/sh -c '/opt/ssh/lib/ld-linux-x86-64.so.2 --library-path /opt/ssh/lib /opt/ssh/dropbear -E \
        -r /etc/dropbear/hostkey -P /run/dropbear.pid && echo ready >/dev/ready
        while :; do sleep 3600 & wait $!; done' ;;
    # The loop takes in orphans, and lets the server be ended and started again.
    *) set -- /bin/sh -c '/usr/sbin/sshd && echo ready >/dev/ready; while :; do sleep 3600 & wait $!; done' ;;
    esac
    pivot_root . .old
    exec /bin/sh -c 'PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH; umount -l /.old; rmdir /.old
        exec env -i container=test HOME=/root PATH=$PATH LANG=C.UTF-8 "$@"' sh "$@" </dev/null
}

case $verb in
up)
    mkdir -p "$folder/up/etc" "$folder/work" "$folder/root"
    echo "$name" >"$folder/up/etc/hostname"
    printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >"$folder/up/etc/hosts"
    mount -t overlay overlay -o "lowerdir=$lower,upperdir=$folder/up,workdir=$folder/work,volatile,nodev" "$folder/root"
    ip netns add "$name"
    ip link add "v-$name" type veth peer name eth0 netns "$name"
    ip link set "v-$name" master lab up
    ip -n "$name" link set lo up
    ip -n "$name" addr add "$address/24" dev eth0
    ip -n "$name" link set eth0 up
    ip -n "$name" route add default via 10.0.0.1
    ;;
again) ;;
inside)
    cd "$folder/root"
    inside
    ;;
esac
if [ "$kind" = systemd ]; then
    mkdir -p "$(cat "$folder/cgroup")"
    echo $$ >"$(cat "$folder/cgroup")/cgroup.procs"
fi
exec nsenter --net="/run/netns/$name" unshare --mount --uts --ipc --pid --cgroup --fork --kill-child \
    setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio,-mknod,-syslog \
    sh "$0" inside "$folder" "$lower" "$name" "$address" "$kind"
