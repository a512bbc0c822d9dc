#!/bin/sh
set -e
case "$1" in
  -*) set -- haproxy "$@" ;;
esac
if [ "$1" = haproxy ]; then
  shift
  # Master and worker in the foreground, as the official image runs it.
  set -- haproxy -W -db "$@"
fi
exec "$@"
