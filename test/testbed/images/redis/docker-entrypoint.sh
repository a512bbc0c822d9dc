#!/bin/sh
set -e
case "$1" in
  -* | *.conf) set -- redis-server "$@" ;;
esac

# Whether the bounding set holds a capability, by its number.
has_capability() {
  bounding=$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status)
  [ $((0x$bounding >> $1 & 1)) -eq 1 ]
}
setgid=6 setuid=7

if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ] && [ -z "$SKIP_DROP_PRIVS" ] \
  && has_capability $setuid && has_capability $setgid; then
  if [ -z "$SKIP_FIX_PERMS" ]; then
    # Only a data folder that holds nothing else is worth taking over.
    foreign=$(find . -mindepth 1 -maxdepth 1 ! -name '*.rdb' ! -name appendonlydir)
    if [ -z "$foreign" ]; then find . ! -user redis -exec chown redis:redis {} +; fi
  fi
  exec setpriv --reuid redis --regid redis --clear-groups --nnp \
    --inh-caps=-all --ambient-caps=-all --bounding-set=-all "$0" "$@"
fi

if [ "$(umask)" = 0022 ]; then umask 0077; fi

if [ "$1" = redis-server ]; then
  # The official build is compiled with protected mode off; Debian's is not. Whoever configures
  # it, in the file or on the command line, is obeyed.
  configured=no
  for argument in "$@"; do
    case "$argument" in *protected-mode*) configured=yes ;; esac
  done
  case "$2" in
    *.conf) if grep -qi '^[[:space:]]*protected-mode' "$2"; then configured=yes; fi ;;
  esac
  if [ "$configured" = no ]; then set -- "$@" --protected-mode no; fi
fi
exec "$@"
