#!/bin/sh
# dnf_repository.sh FOLDER: on a test machine, makes a repository `test` in FOLDER, adds it to dnf's and reads its lists.
# Packages: shop 1.0, 1.1 and 2.0 (needs shop-lib), shop-lib, shop-doc (needs shop), shop-new (later, in the place of
# shop-lib), broken (needs what is not there). FOLDER/publish.sh brings shop-new.
set -eu
out=$1
mkdir -p "$out/new"

package() { # NAME VERSION [FIELD...]
    work=$(mktemp -d)
    name=$1 version=$2
    shift 2
    cat >"$work/spec" <<SPEC
Name: $name
Version: $version
Release: 1
Summary: for tests
License: MIT
BuildArch: noarch
$(for field in "$@"; do echo "$field"; done)
%description
for tests
%install
mkdir -p %{buildroot}/etc %{buildroot}/usr/share/$name
echo $version >%{buildroot}/usr/share/$name/version
echo "conf $version" >%{buildroot}/etc/$name.conf
%files
%config(noreplace) /etc/$name.conf
/usr/share/$name
SPEC
    rpmbuild -bb --quiet --define "_topdir $work" --define "_rpmdir $out" --define '__os_install_post %{nil}' \
        --define 'AutoReqProv no' "$work/spec" >/dev/null 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
    rm -r "$work"
}
package shop 1.0
package shop 1.1
package shop 2.0 'Requires: shop-lib >= 2'
package shop-lib 2.0
package shop-doc 1.0 'Requires: shop'
package broken 1.0 'Requires: no-such-package'
package shop-new 3.0 'Provides: shop-lib = 3' 'Obsoletes: shop-lib < 3'
mv "$out"/noarch/shop-new-*.rpm "$out/new"
createrepo_c -q --excludes='new/*' "$out"
printf 'cp %s/new/*.rpm %s/noarch && createrepo_c -q --excludes="new/*" %s\n' "$out" "$out" "$out" >"$out/publish.sh"
printf '[test]\nname=test\nbaseurl=file://%s\ngpgcheck=0\n' "$out" >/etc/yum.repos.d/test.repo
dnf -q makecache
# The first one makes the database of its history.
dnf -q -C --assumeno install shop >/dev/null 2>&1 || true
