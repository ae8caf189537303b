#!/bin/sh
# Prints a shell script that brings a host to the state of W4: the least that plain shell needs for it.
#     site.sh HOST FOLDER
host=$1
cat <<EOF
set -eu
umask 022
site=$2/$1
for folder in etc etc/conf.d var log run; do
    [ -d "\$site/\$folder" ] || mkdir -p -m 755 "\$site/\$folder"
    [ "\$(stat -c %a "\$site/\$folder")" = 755 ] || chmod 755 "\$site/\$folder"
done
put() {
    new=\$(cat; printf .)
    [ -f "\$1" ] && old=\$(cat "\$1"; printf .) || old=
    [ "\$new" = "\$old" ] || { printf %s "\${new%.}" >"\$1.new" && mv "\$1.new" "\$1"; }
}
line() {
    grep -qxF "\$2" "\$site/etc/settings.env" && return
    if grep -q "^\$1=" "\$site/etc/settings.env"; then
        sed -i "s/^\$1=.*/\$2/" "\$site/etc/settings.env"
    else
        echo "\$2" >>"\$site/etc/settings.env"
    fi
}
EOF
for number in 1 2 3 4 5 6 7 8; do
    backends=
    for name in alpha beta gamma delta epsilon; do
        backends="$backends $name.$host.internal:9000"
    done
    cat <<EOF
put "\$site/etc/conf.d/app$number.conf" <<'END'
# application $number on $host
[server]
name = $host-$number
port = $((8000 + number))
root = /srv/app$number
workers = 4
log = /var/log/app$number.log
backends =$backends ;
[limits]
max_connections = 1024
timeout = 30
END
EOF
done
cat <<EOF
[ -f "\$site/etc/settings.env" ] || : >"\$site/etc/settings.env"
line KEY1 KEY1=value-$host-1
line KEY2 KEY2=value-$host-2
line KEY3 KEY3=value-$host-3
uname -r
cat "\$site/etc/settings.env"
getent passwd root
stat "\$site/etc/conf.d/app1.conf"
EOF
