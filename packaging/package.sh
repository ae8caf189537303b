#!/bin/sh
# Makes the archive and the Debian package of a build, the same bytes whenever it is done:
#
#   packaging/package.sh OUT BIN [ARCH]
#
# OUT   the directory that they are written into, with SHA256SUMS
# BIN   a directory with `rmote-play` and its agents, each called `rmote-play-ARCH-linux`
# ARCH  what the program is built for, as `uname -m` says it; that of this machine if it is not given
#
# RUN   a `rmote-play` of the same sources that runs here, where the one in BIN does not
set -eu
umask 022
[ $# -ge 2 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 64; }
top=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd) bin=$(cd "$2" && pwd) arch=${3:-$(uname -m)}
run=${RUN:-$bin/rmote-play}
[ -x "$bin/rmote-play" ] || { echo "package.sh: there is no program $bin/rmote-play" >&2; exit 1; }
[ -f "$bin/rmote-play-$arch-linux" ] || { echo "package.sh: there is no agent $bin/rmote-play-$arch-linux" >&2; exit 1; }
case $arch in
x86_64) debian=amd64 ;;
aarch64) debian=arm64 ;;
armv7l) debian=armhf ;;
*) debian=$arch ;;
esac
version=$("$run" --version | sed -n '1s/^rmote-play \([^ ]*\).*/\1/p')
# The time of everything in them: that of the commit.
: "${SOURCE_DATE_EPOCH:=$(git -C "$top" log -1 --format=%ct 2>/dev/null || echo 0)}"
export SOURCE_DATE_EPOCH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# pages DIR-OF-MAN BASH ZSH FISH DOC: what is beside the programs.
pages() {
    "$run" man "$1"
    mkdir -p "$2" "$3" "$4" "$5"
    "$run" completions bash >"$2/rmote-play"
    "$run" completions zsh >"$3/_rmote-play"
    "$run" completions fish >"$4/rmote-play.fish"
    cp "$top/README.md" "$top/CHANGELOG.md" "$top/LICENSE-MIT" "$top/LICENSE-APACHE" "$5"
    cp -R "$top/examples" "$top/schemas" "$5"
}
agents() {
    mkdir -p "$1"
    for agent in "$bin"/rmote-play-*-linux; do install -m 755 "$agent" "$1"; done
}
# Files that may be read by all and written by their owner alone, whatever this machine's umask and checkout say.
settle() {
    find "$1" -type d -exec chmod 755 {} +
    find "$1" -type f ! -perm -u+x -exec chmod 644 {} +
    find "$1" -type f -perm -u+x -exec chmod 755 {} +
    find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

name=rmote-play-$version-$arch-unknown-linux
root=$work/$name
mkdir "$root"
install -m 755 "$bin/rmote-play" "$root/rmote-play"
agents "$root/agents"
pages "$root/man" "$root/completions" "$root/completions" "$root/completions" "$root"
settle "$root"
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --format=ustar -cf - "$name" | gzip -9n >"$out/$name.tar.gz"

if command -v dpkg-deb >/dev/null; then
    root=$work/deb
    mkdir -p "$root/usr/bin" "$root/DEBIAN"
    install -m 755 "$bin/rmote-play" "$root/usr/bin/rmote-play"
    agents "$root/usr/lib/rmote-play"
    pages "$root/usr/share/man/man1" "$root/usr/share/bash-completion/completions" \
        "$root/usr/share/zsh/vendor-completions" "$root/usr/share/fish/vendor_completions.d" "$root/usr/share/doc/rmote-play"
    gzip -9n "$root"/usr/share/man/man1/*.1
    size=$(du -k -s --apparent-size "$root/usr" | cut -f1)
    cat >"$root/DEBIAN/control" <<CONTROL
Package: rmote-play
Version: $version
Architecture: $debian
Maintainer: The authors of rmote-play <nobody@rmote-play.invalid>
Installed-Size: $size
Recommends: openssh-client (>= 1:8.4)
Section: admin
Priority: optional
Description: declarative playbook runner over SSH
 Playbooks in YAML declare hosts and rounds of tool calls; everything is checked
 before the first connection. Hosts need nothing but sshd and /bin/sh.
CONTROL
    settle "$root"
    deb=rmote-play_${version}_$debian.deb
    dpkg-deb --root-owner-group -Zxz --build "$root" "$out/$deb" >/dev/null
fi
cd "$out"
sha256sum -- *.tar.gz *.deb >SHA256SUMS 2>/dev/null || sha256sum -- *.tar.gz >SHA256SUMS
cat SHA256SUMS
