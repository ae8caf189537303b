#!/bin/sh
# Packages a build twice, and uses what comes out: the archive where it is unpacked, the Debian package in an empty root.
#
#   packaging/test.sh BIN    a directory as package.sh takes it
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "packaging: $*" >&2; exit 1; }

"$top/packaging/package.sh" "$work/one" "$1"
"$top/packaging/package.sh" "$work/two" "$1" >/dev/null
cmp "$work/one/SHA256SUMS" "$work/two/SHA256SUMS" || fail "the same build gave other packages"

cat >"$work/site.yml" <<'PLAYBOOK'
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls: [{ exec.command: [echo, hello] }]
PLAYBOOK

# An agent is taken from where it was installed: the program itself is larger, and would be sent otherwise.
mkdir "$work/unpacked"
tar -C "$work/unpacked" -xzf "$work"/one/*.tar.gz
dir=$(echo "$work"/unpacked/*)
export XDG_STATE_HOME="$work/state" XDG_CACHE_HOME="$work/cache"
"$dir/rmote-play" "$work/site.yml" || fail "the program of the archive does not run a playbook"
for page in rmote-play rmote-play-validate rmote-play-tools; do
    [ -s "$dir/man/$page.1" ] || fail "the archive has no page $page"
done

command -v dpkg >/dev/null || { echo "no dpkg here: the Debian package is not tried"; exit 0; }
[ "$(id -u)" = 0 ] || { echo "not root: the Debian package is not tried"; exit 0; }
root=$work/root
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/tmp"
: >"$root/var/lib/dpkg/status"
dpkg --root="$root" --force-not-root --force-script-chrootless -i "$work"/one/*.deb >/dev/null
cp "$work/site.yml" "$root/tmp/"
chroot "$root" /usr/bin/rmote-play --version || fail "the program of the package does not start in an empty root"
chroot "$root" /usr/bin/rmote-play validate /tmp/site.yml || fail "the program of the package does not validate"
[ -f "$root/usr/share/man/man1/rmote-play.1.gz" ] || fail "the package has no manual page"
dpkg --root="$root" --force-script-chrootless -r rmote-play >/dev/null
left=$(find "$root/usr" ! -type d 2>/dev/null || true)
[ -z "$left" ] || fail "removing the package left $left"
echo "packages: the same twice, and both work"
