#!/bin/sh
# apt_repository.sh FOLDER: on a test machine, makes a signed repository in FOLDER and its key in FOLDER/key.asc, adds it to
# apt's sources and reads its lists. Packages: shop 1.0, 1.1 and 2.0 (needs shop-lib), shop-lib, shop-doc (needs shop),
# shop-tools (conflicts with shop-doc), broken (needs what is not there), multi (for amd64 and i386), all in version 1.0 and but
# for the last for every architecture. `shop` has a configuration file.
set -eu
out=$1
export GNUPGHOME=$out/gnupg
mkdir -p "$out/pool" "$out/dists/test/main/binary-amd64" "$out/dists/test/main/binary-i386"
mkdir -m 700 "$GNUPGHOME"

arch=all
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
        printf 'Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: T <t@example.invalid>\n' "$name" "$version" "$arch"
        for field in "$@"; do echo "$field"; done
        echo 'Description: for tests'
    } >"$work/DEBIAN/control"
    dpkg-deb --root-owner-group -Zgzip -b "$work" "$out/pool/${name}_${version}_$arch.deb" >/dev/null
    rm -r "$work"
}
deb shop 1.0-1
deb shop 1.1-1
deb shop 2.0-1 'Depends: shop-lib (>= 1)'
deb shop-lib 1.0-1 'Provides: shop-api'
deb shop-doc 1.0-1 'Depends: shop'
deb shop-tools 1.0-1 'Conflicts: shop-doc'
deb broken 1.0-1 'Depends: no-such-package'
for arch in amd64 i386; do deb multi 1.0-1 'Multi-Arch: same'; done

cd "$out"
for arch in amd64 i386; do
    for deb in pool/*_all.deb pool/*_$arch.deb; do
        dpkg-deb -f "$deb"
        printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)"
    done >dists/test/main/binary-$arch/Packages
done
gpg --batch --quiet --passphrase '' --quick-gen-key 'test <t@example.invalid>' ed25519 sign never
gpg --armor --export >key.asc
cd dists/test
{
    printf 'Origin: test\nLabel: test\nSuite: test\nCodename: test\nArchitectures: amd64 i386 all\nComponents: main\n'
    printf 'Date: %s\nSHA256:\n' "$(date -Ru)"
    for file in main/binary-*/Packages; do
        printf ' %s %s %s\n' "$(sha256sum "$file" | cut -d' ' -f1)" "$(stat -c %s "$file")" "$file"
    done
} >Release
gpg --batch --quiet --clearsign -o InRelease Release
gpgconf --kill all
mkdir -p /etc/apt/sources.list.d
printf 'Types: deb\nURIs: file://%s\nSuites: test\nComponents: main\nSigned-By: %s/key.asc\n' "$out" "$out" \
    >/etc/apt/sources.list.d/test.sources
apt-get update -qq
