#!/bin/bash
# Prepares the data folder of a first start and then becomes the server. Keeps the contract of the
# official image: the same variables, files, users and refusals.
set -Eeo pipefail

fail() {
  printf 'error: %s\n' "$@" >&2
  exit 1
}

# from_file NAME [DEFAULT]: NAME itself, or the content of the file that NAME_FILE points to.
from_file() {
  local name=$1 file_name="$1_FILE" value=${2:-}
  if [ -n "${!name:-}" ] && [ -n "${!file_name:-}" ]; then
    fail "both $name and $file_name are set (but are exclusive)"
  fi
  if [ -n "${!name:-}" ]; then
    value=${!name}
  elif [ -n "${!file_name:-}" ]; then
    value=$(<"${!file_name}")
  fi
  export "$name=$value"
  unset "$file_name"
}

make_folders() {
  mkdir -p "$PGDATA"
  chmod 00700 "$PGDATA" || :
  mkdir -p /var/run/postgresql || :
  chmod 03775 /var/run/postgresql || :
  if [ "$(id -u)" = 0 ]; then
    find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
    find /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
  fi
}

# From 18 on, the volume belongs one level higher: data mounted the old way would be left unused.
refuse_old_layout() {
  local old mounts=()
  for old in /var/lib/postgresql/data /var/lib/postgresql; do
    if [ -s "$old/PG_VERSION" ]; then mounts+=("$old"); fi
  done
  if grep -q ' /var/lib/postgresql/data ' /proc/self/mountinfo; then
    mounts+=("/var/lib/postgresql/data (unused mount/volume)")
  fi
  if [ "${#mounts[@]}" -gt 0 ]; then
    fail "in 18+, these images keep data in a folder named after the major version" \
      "there appears to be PostgreSQL data in: ${mounts[*]}" \
      "mount a single volume at /var/lib/postgresql instead"
  fi
}

refuse_missing_password() {
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
    fail "Database is uninitialized and superuser password is not specified." \
      "Set POSTGRES_PASSWORD (or POSTGRES_PASSWORD_FILE) to a non-empty value," \
      "or POSTGRES_HOST_AUTH_METHOD=trust to allow every connection without a password."
  fi
  if [ "$POSTGRES_HOST_AUTH_METHOD" = trust ]; then
    echo 'warning: POSTGRES_HOST_AUTH_METHOD is "trust": anyone may connect without a password' >&2
  fi
}

sql() {
  PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" \
    --no-password "$@"
}

# Named as in the official image, because sourced initialisation scripts may call it.
docker_process_sql() {
  sql --dbname "$POSTGRES_DB" "$@"
}

run_init_scripts() {
  local file
  # Unreadable is fatal; empty is not.
  ls /docker-entrypoint-initdb.d/ > /dev/null
  for file in /docker-entrypoint-initdb.d/*; do
    case "$file" in
      *.sh)
        if [ -x "$file" ]; then
          echo "$0: running $file"
          "$file"
        else
          echo "$0: sourcing $file"
          . "$file"
        fi
        ;;
      *.sql) echo "$0: running $file"; docker_process_sql -f "$file" ;;
      *.sql.gz) echo "$0: running $file"; gunzip -c "$file" | docker_process_sql ;;
      *.sql.xz) echo "$0: running $file"; xzcat "$file" | docker_process_sql ;;
      *.sql.zst) echo "$0: running $file"; zstd -dc "$file" | docker_process_sql ;;
      *) [ ! -e "$file" ] || echo "$0: ignoring $file" ;;
    esac
  done
}

initialise() {
  ls /docker-entrypoint-initdb.d/ > /dev/null
  refuse_missing_password
  refuse_old_layout
  local arguments=(--username="$POSTGRES_USER")
  if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then arguments+=(--waldir="$POSTGRES_INITDB_WALDIR"); fi
  # The substitution stands in the command itself: bash closes one that an assignment made.
  eval 'initdb --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD") "${arguments[@]}" '"$POSTGRES_INITDB_ARGS"
  local method=$POSTGRES_HOST_AUTH_METHOD
  if [ -z "$method" ]; then method=$(postgres -C password_encryption "$@"); fi
  printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"

  export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
  # Reachable through the local socket only, until it is complete.
  pg_ctl -D "$PGDATA" -o "$(printf '%q ' -c listen_addresses= -p "${PGPORT:-5432}" "$@")" -w start
  if [ "$POSTGRES_DB" != postgres ]; then
    local exists
    exists=$(sql --dbname postgres --set db="$POSTGRES_DB" --tuples-only \
      <<< "SELECT 1 FROM pg_database WHERE datname = :'db';")
    if [ -z "$exists" ]; then
      sql --dbname postgres --set db="$POSTGRES_DB" <<< 'CREATE DATABASE :"db";'
    fi
  fi
  run_init_scripts
  pg_ctl -D "$PGDATA" -m fast -w stop
  unset PGPASSWORD
  printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

# Options that only print something need no data folder.
only_prints() {
  local argument
  for argument in "$@"; do
    case "$argument" in
      -'?' | --help | --describe-config | -V | --version) return 0 ;;
    esac
  done
  return 1
}

main() {
  if [ "${1:0:1}" = - ]; then set -- postgres "$@"; fi
  if [ "${1:-}" = postgres ] && ! only_prints "$@"; then
    local initialised=no
    if [ -s "$PGDATA/PG_VERSION" ]; then initialised=yes; fi
    # Before the change of user: whoever starts the container reads the secrets.
    from_file POSTGRES_PASSWORD
    from_file POSTGRES_USER postgres
    from_file POSTGRES_DB "$POSTGRES_USER"
    from_file POSTGRES_INITDB_ARGS
    : "${POSTGRES_HOST_AUTH_METHOD:=}"
    make_folders
    if [ "$(id -u)" = 0 ]; then
      exec setpriv --reuid=postgres --regid=postgres --init-groups "${BASH_SOURCE[0]}" "$@"
    fi
    if [ "$initialised" = no ]; then
      shift
      initialise "$@"
      set -- postgres "$@"
    else
      printf '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n'
    fi
  fi
  exec "$@"
}

main "$@"
