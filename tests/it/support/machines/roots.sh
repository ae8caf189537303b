#!/bin/sh
# roots.sh FOLDER: makes the root filesystems that test machines are layered over, once for each version of this file.
# Prints the folder that holds them. Packages come from where this machine's own come from. Needs root, on Debian.
set -eu
cache=$1
here=$(dirname "$0")
key=$(cat "$here/roots.sh" /etc/os-release | sha256sum | cut -c 1-16)
made=$cache/roots-$key

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ -d "$made" ]; then
    echo "$made"
    exit 0
fi

apt-cache show openrc >/dev/null 2>&1 || apt-get update -qq >&2
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets 'Created-By: Packages' --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' |
    awk -v name="$codename" '$2 == name && $3 == "main" { print $1; exit }')
[ -n "$mirror" ] || { echo "apt has no source of $codename main" >&2; exit 1; }

new=$cache/new
rm -rf "$new"
mkdir -p "$new"
cd "$new"

# A Debian: apt, systemd, sudo, doas, cron, no Python. What a package manager of Arch needs lies in it, too.
mmdebstrap --quiet --mode=root --variant=minbase --skip=check/empty --aptopt='APT::Install-Recommends "false"' \
    --include=openssh-server,sudo,opendoas,iproute2,procps,systemd,systemd-sysv,dbus,libpam-systemd,gnupg,cron \
    --include=pacman-package-manager,makepkg "$codename" debian "$mirror" >&2
ssh-keygen -q -t ed25519 -N '' -C test -f key
ssh-keygen -q -t ed25519 -N '' -C test -f host_key
chmod 755 debian

authorize() { # HOME OWNER
    mkdir -p -m 700 "$1/.ssh"
    cp key.pub "$1/.ssh/authorized_keys"
    chmod 600 "$1/.ssh/authorized_keys"
    chown -R "$2" "$1/.ssh"
}

rm -f debian/etc/ssh/ssh_host_* debian/etc/resolv.conf debian/etc/hostname debian/etc/apt/sources.list
: >debian/etc/resolv.conf
cp host_key debian/etc/ssh/ssh_host_ed25519_key
cat >debian/etc/ssh/sshd_config.d/test.conf <<'EOF'
HostKey /etc/ssh/ssh_host_ed25519_key
UseDNS no
PermitRootLogin prohibit-password
PasswordAuthentication yes
EOF
authorize debian/root 0:0
# alice gives her password to sudo, bob need not, carol has no rights at all.
for user in alice bob carol; do
    chroot debian useradd -m -s /bin/bash "$user"
    echo "$user:pw-$user" | chroot debian chpasswd
    authorize "debian/home/$user" "$(chroot debian id -u "$user"):$(chroot debian id -g "$user")"
done
echo 'alice ALL=(ALL:ALL) ALL' >debian/etc/sudoers.d/alice
echo 'bob ALL=(ALL:ALL) NOPASSWD: ALL' >debian/etc/sudoers.d/bob
chmod 440 debian/etc/sudoers.d/*
printf 'permit nopass bob\npermit alice\n' >debian/etc/doas.conf
chmod 600 debian/etc/doas.conf
# Units that would touch the kernel, which is everybody's, or start work of their own.
for unit in systemd-sysctl.service systemd-modules-load.service sys-kernel-debug.mount sys-kernel-tracing.mount \
    sys-fs-fuse-connections.mount dev-hugepages.mount apt-daily.timer apt-daily-upgrade.timer; do
    ln -sf /dev/null "debian/etc/systemd/system/$unit"
done
cat >debian/etc/systemd/system/test-ready.service <<'EOF'
[Unit]
After=ssh.service cron.service dbus.service systemd-logind.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'echo ready >/dev/ready'
EOF
ln -s ../test-ready.service debian/etc/systemd/system/multi-user.target.wants/test-ready.service

# An Arch: the same without apt and dpkg.
mkdir -p arch/etc
printf 'NAME="Arch Linux"\nPRETTY_NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n' >arch/etc/os-release
printf '[options]\nArchitecture = x86_64\nSigLevel = Never\n' >arch/etc/pacman.conf
mkdir -p arch/usr/bin
for program in apt apt-get apt-cache apt-mark apt-config dpkg dpkg-query; do
    mknod "arch/usr/bin/$program" c 0 0
done

unpack() { # LAYER: the packages in the folder `packages`
    for package in packages/*.deb; do dpkg-deb -x "$package" "$1"; done
    # Where /bin is a link into /usr, a layer must not lay a folder over it.
    for folder in bin sbin lib; do
        [ -d "$1/$folder" ] || continue
        mkdir -p "$1/usr/$folder"
        cp -a "$1/$folder/." "$1/usr/$folder/"
        rm -r "$1/$folder"
    done
    rm -r packages
}

# Something with OpenRC: the same with its programs.
mkdir openrc packages
(cd packages && apt-get download -qq -o APT::Sandbox::User=root openrc librc1 libeinfo1 >&2)
unpack openrc

# A Fedora: the same with dnf, and with what makes its packages and repositories.
mkdir -p fedora packages/partial
apt-get install -qq -y --download-only --no-install-recommends -o APT::Sandbox::User=root -o Debug::NoLocking=true \
    -o "Dir::State::status=$new/debian/var/lib/dpkg/status" -o "Dir::Cache::archives=$new/packages" \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= dnf rpm createrepo-c >&2
unpack fedora
mkdir -p fedora/etc/rpm fedora/var/lib/rpm fedora/etc/yum.repos.d
printf 'NAME="Fedora Linux"\nPRETTY_NAME="Fedora Linux 40"\nID=fedora\nVERSION_ID=40\n' >fedora/etc/os-release
printf '[main]\ngpgcheck=True\nbest=False\n' >fedora/etc/dnf/dnf.conf
echo '%_dbpath /var/lib/rpm' >fedora/etc/rpm/macros
cp -r arch/usr/bin/. fedora/usr/bin/

# Nothing but BusyBox. The server and its libraries lie apart, with a loader of their own.
mkdir -p busybox
cd busybox
mkdir -p bin sbin usr/bin usr/sbin etc/dropbear root home/u tmp proc sys dev run srv opt/ssh/lib var/tmp
chmod 1777 tmp var/tmp
chmod 700 root
cp "$(command -v busybox)" bin/busybox
for applet in $(busybox --list); do
    [ "$applet" = busybox ] || ln -sf busybox "bin/$applet"
done
server=$(command -v dropbear || echo /usr/sbin/dropbear)
cp "$server" opt/ssh/dropbear
cp $(ldd "$server" | grep -o '/lib[^ ]*') opt/ssh/lib/
printf 'root:x:0:0:root:/root:/bin/sh\nu:x:1000:1000:u:/home/u:/bin/sh\n' >etc/passwd
printf 'root:x:0:\nu:x:1000:\n' >etc/group
printf 'root:*:19000:0:99999:7:::\nu:*:19000:0:99999:7:::\n' >etc/shadow
chmod 600 etc/shadow
echo /bin/sh >etc/shells
printf 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.0\n' >etc/os-release
cd ..
dropbearkey -t ed25519 -f busybox/etc/dropbear/hostkey >/dev/null 2>&1
authorize busybox/root 0:0
authorize busybox/home/u 1000:1000
chown 1000:1000 busybox/home/u

{
    cut -d' ' -f1,2 host_key.pub
    dropbearkey -y -f busybox/etc/dropbear/hostkey | grep '^ssh-ed25519 ' | cut -d' ' -f1,2
} | sed 's/^/10.0.0.* /' >known_hosts
mv "$new" "$made"
echo "$made"
