# Run by /bin/sh on a host, after lines that set b (the build), n (a nonce), u (nothing), k (where to begin), f (1: install;
# 2: start or install and start, for another user; 3: install and start, whatever is there).
# Says lines that begin with the marker; what comes before the first one is noise of the login.
say() { printf '\n%s-%s %s\n' rmote-play "$n" "$*"; }
caches() {
  case ${XDG_CACHE_HOME-} in /*) c1=$XDG_CACHE_HOME/rmote-play ;; *) c1=- ;; esac
  case ${HOME-} in /?*) c2=$HOME/.cache/rmote-play ;; *) c2=- ;; esac
}
# Finds out where a directory really is (q), if nobody else can make its name mean another one: it is ours, all above it is
# ours or root's, and others may write none of it but where they cannot take away what is not theirs. A group that is
# numbered as its user is that user's alone.
ours() {
  [ ! -L "$1" ] || return 1
  q=$(cd -P -- "$1" 2>/dev/null && pwd -P) || return 1
  case $q in /?*) ;; *) return 1 ;; esac
  u=${u:-$(id -u)}
  p=$q
  set -- "$q"
  while p=${p%/*}; [ -n "$p" ]; do set -- "$p" "$@"; done
  LC_ALL=C ls -ldn -- / "$@" 2>/dev/null | (
    last=
    while read -r m x o g x; do
      case $o in "$u" | 0) ;; *) exit 1 ;; esac
      case $m in
        d????-??-?* | d????????[tT]*) ;;
        d???????-?*) [ "$g" = "$u" ] || exit 1 ;;
        *) exit 1 ;;
      esac
      last=$o$m
    done
    # The last one is the directory itself.
    case $last in "$u"d????-??-?*) ;; *) exit 1 ;; esac
  )
}
find_it() {
  for d in "$c1" "$c2" /var/tmp/rmote-play- /dev/shm/rmote-play-; do
    case $d in -) continue ;; *-) u=${u:-$(id -u)} d=$d$u ;; esac
    [ -x "$d/$b" ] && ours "$d" && [ -f "$q/$b" ] && [ -O "$q/$b" ] && [ ! -L "$q/$b" ] || continue
    say run "$q"
    exec "$q/$b" agent "$b" $w
  done
}
has() { command -v "$1" >/dev/null 2>&1; }
need() {
  t=
  has gzip && t="$t gzip"
  has sha256sum && t="$t sha256sum"
  say need "$(uname -s) $(uname -m)$t"
}
# A directory that is ours alone and from which programs start.
usable() {
  [ "$1" != - ] || return 1
  [ -d "$1" ] || { mkdir -p "${1%/*}" && mkdir -m 700 "$1"; } || return 1
  ours "$1" || return 1
  p=$q/.try-$n
  rm -f "$p"
  (printf '#!/bin/sh\nexit 7\n' >"$p") && chmod 700 "$p" || { rm -f "$p"; return 1; }
  ("$p")
  r=$?
  rm -f "$p"
  [ "$r" = 7 ]
}
install_it() {
  umask 077
  u=${u:-$(id -u)}
  i=0
  for d in "$c1" "$c2" "/var/tmp/rmote-play-$u" "/dev/shm/rmote-play-$u"; do
    i=$((i + 1))
    [ "$i" -ge "$k" ] && usable "$d" 2>/dev/null && d=$q && break
    d=
  done
  [ -n "$d" ] || { say none; return; }
  t=$d/.new-$n
  say send "$i" "$d"
  case $z in gzip) gzip -dc ;; head) head -c "$s" ;; *) cat ;; esac 2>/dev/null >"$t" || { rm -f "$t"; say failed write; return; }
  [ "$(($(wc -c <"$t")))" = "$s" ] || { rm -f "$t"; say failed size; return; }
  if [ -n "$h" ] && has sha256sum; then
    h2=$(sha256sum <"$t")
    [ "${h2%% *}" = "$h" ] || { rm -f "$t"; say failed hash; return; }
  fi
  chmod 700 "$t"
  ("$t" agent --probe) </dev/null >/dev/null 2>&1 || { rm -f "$t"; say failed start; return; }
  find "$d" -type f -mtime +30 -exec rm -f {} + 2>/dev/null
  mv -f "$t" "$d/$b" && say done || { rm -f "$t"; say failed move; }
}
# One line, so that a shell that reads by the line leaves nothing of it to the agent. What installs leaves nothing of itself to
# what is started.
caches; case $f in 0) find_it; need ;; 1) install_it ;; 2) find_it; (install_it); find_it ;; 3) (install_it); find_it ;; esac; exit 0
