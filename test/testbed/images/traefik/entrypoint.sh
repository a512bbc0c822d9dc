#!/bin/sh
set -e
# Flags or the name of a subcommand without the program's own name in front of them.
case "$1" in
  -* | healthcheck | version) set -- traefik "$@" ;;
esac
exec "$@"
