#!/bin/sh
# apt_repository.sh FOLDER: on a test machine, makes a signed repository in FOLDER and its key in FOLDER/key.asc, adds it to
# apt's sources and reads its lists. Packages: shop 1.0, 1.1 and 2.0 (needs shop-lib), shop-lib, shop-doc (needs shop),
# shop-tools (conflicts with shop-doc), broken (needs what is not there). `shop` has a configuration file.
set -eu
out=$1
export GNUPGHOME=$out/gnupg
mkdir -p "$out/pool" "$out/dists/test/main/binary-amd64"
mkdir -m 700 "$GNUPGHOME"

deb() { # NAME VERSION [FIELD...]
    work=$(mktemp -d)
    name=$1 version=$2
    shift 2
    mkdir -p "$work/DEBIAN" "$work/usr/share/$name"
    chmod 755 "$work"
    echo "$version" >"$work/usr/share/$name/version"
    if [ "$name" = shop ]; then
        mkdir -p "$work/etc"
        echo "conf $version" >"$work/etc/shop.conf"
        echo /etc/shop.conf >"$work/DEBIAN/conffiles"
    fi
    {
        printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: T <t@example.invalid>\n' "$name" "$version"
        for field in "$@"; do echo "$field"; done
        echo 'Description: for tests'
    } >"$work/DEBIAN/control"
    dpkg-deb --root-owner-group -Zgzip -b "$work" "$out/pool/${name}_${version}_all.deb" >/dev/null
    rm -r "$work"
}
deb shop 1.0-1
deb shop 1.1-1
deb shop 2.0-1 'Depends: shop-lib (>= 1)'
deb shop-lib 1.0-1 'Provides: shop-api'
deb shop-doc 1.0-1 'Depends: shop'
deb shop-tools 1.0-1 'Conflicts: shop-doc'
deb broken 1.0-1 'Depends: no-such-package'

cd "$out"
for deb in pool/*.deb; do
    dpkg-deb -f "$deb"
    printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)"
done >dists/test/main/binary-amd64/Packages
gpg --batch --quiet --passphrase '' --quick-gen-key 'test <t@example.invalid>' ed25519 sign never
gpg --armor --export >key.asc
cd dists/test
{
    printf 'Origin: test\nLabel: test\nSuite: test\nCodename: test\nArchitectures: amd64 all\nComponents: main\n'
    printf 'Date: %s\nSHA256:\n' "$(date -Ru)"
    file=main/binary-amd64/Packages
    printf ' %s %s %s\n' "$(sha256sum $file | cut -d' ' -f1)" "$(stat -c %s $file)" "$file"
} >Release
gpg --batch --quiet --clearsign -o InRelease Release
gpgconf --kill all
mkdir -p /etc/apt/sources.list.d
printf 'Types: deb\nURIs: file://%s\nSuites: test\nComponents: main\nSigned-By: %s/key.asc\n' "$out" "$out" \
    >/etc/apt/sources.list.d/test.sources
apt-get update -qq
