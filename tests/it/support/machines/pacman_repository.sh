#!/bin/sh
# pacman_repository.sh FOLDER: on a test machine, makes a repository `test` in FOLDER, adds it to pacman.conf and reads it.
# Packages: shop 1.0 (later 2.0, which needs shop-lib), shop-lib, shop-doc (needs shop), tools-a and tools-b of the group
# `tools`. FOLDER/publish.sh brings shop 2.0.
set -eu
out=$1
mkdir -p "$out/made"

package() { # NAME VERSION [FIELD...]
    work=$(mktemp -d)
    name=$1 version=$2
    shift 2
    chmod 755 "$work"
    mkdir -p "$work/usr/share/$name" "$work/etc"
    echo "$version" >"$work/usr/share/$name/version"
    echo "conf $version" >"$work/etc/$name.conf"
    {
        printf 'pkgname = %s\npkgbase = %s\npkgver = %s\npkgdesc = for tests\nurl = https://example.invalid\n' \
            "$name" "$name" "$version"
        printf 'builddate = 1700000000\npackager = T <t@example.invalid>\nsize = 100\narch = any\nlicense = MIT\n'
        echo "backup = etc/$name.conf"
        for field in "$@"; do echo "$field"; done
    } >"$work/.PKGINFO"
    tar -C "$work" --owner=0 --group=0 --numeric-owner -czf "$out/made/$name-$version-any.pkg.tar.gz" .PKGINFO etc usr
    rm -r "$work"
    file=$out/made/$name-$version-any.pkg.tar.gz
    mkdir -p "$out/db/$name-$version"
    {
        printf '%%FILENAME%%\n%s\n\n%%NAME%%\n%s\n\n%%BASE%%\n%s\n\n%%VERSION%%\n%s\n\n%%DESC%%\nfor tests\n\n' \
            "$(basename "$file")" "$name" "$name" "$version"
        printf '%%CSIZE%%\n%s\n\n%%ISIZE%%\n100\n\n%%SHA256SUM%%\n%s\n\n%%ARCH%%\nany\n\n' \
            "$(stat -c %s "$file")" "$(sha256sum "$file" | cut -d' ' -f1)"
        for field in "$@"; do
            case $field in
            depend*) printf '%%DEPENDS%%\n%s\n\n' "${field#* = }" ;;
            group*) printf '%%GROUPS%%\n%s\n\n' "${field#* = }" ;;
            esac
        done
    } >"$out/db/$name-$version/desc"
}
package shop 1.0-1
package shop 2.0-1 'depend = shop-lib'
package shop-lib 2.0-1
package shop-doc 1.0-1 'depend = shop'
package shop-extra 1.0-1 'depend = shop>=2'
package tools-a 1-1 'group = tools'
package tools-b 1-1 'group = tools'
cd "$out"
mv made/*.pkg.tar.gz .
(cd db && tar -czf ../test.db --exclude='shop-2.0*' -- *)
# Times of databases are compared by the second.
printf 'cd %s/db\ntar -czf ../test.db --exclude="shop-1.0*" -- *\ntouch -d "+5 seconds" ../test.db\n' "$out" >publish.sh
printf '[options]\nArchitecture = x86_64\nSigLevel = Never\n\n[test]\nServer = file://%s\n' "$out" >/etc/pacman.conf
pacman -Sy >/dev/null
