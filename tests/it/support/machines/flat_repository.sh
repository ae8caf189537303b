#!/bin/sh
# A repository in a directory, without signatures. Of `frail` the script fails while /root/broken exists, and waits while
# /root/hang does; `top` needs `ground`, of which there are two versions.
set -e
mkdir -p /srv/flat && cd /srv/flat
pack() {
  rm -rf /root/pack && mkdir -p /root/pack/DEBIAN
  printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: t\nDescription: t\n%b' "$1" "$2" "$3" >/root/pack/DEBIAN/control
  if [ -n "$4" ]; then printf '#!/bin/sh\n%s\n' "$4" >/root/pack/DEBIAN/postinst; chmod 755 /root/pack/DEBIAN/postinst; fi
  dpkg-deb --root-owner-group -Zgzip -b /root/pack "/srv/flat/$1_$2.deb" >/dev/null
}
pack frail 1 '' '[ ! -e /root/hang ] || { touch /root/running; exec sleep 1000; }
[ ! -e /root/broken ]'
pack top 1 'Depends: ground\n' ''
pack ground 1 '' ''
pack ground 2 '' ''
for file in *.deb; do
  dpkg-deb -f "$file"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$file")" "$(sha256sum "$file" | cut -d' ' -f1)"
done >Packages
rm -rf /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/srv/flat ./' >/etc/apt/sources.list
apt-get update -qq
