#!/bin/sh
# Starts PostgreSQL in a container as the official image does for tests; it keeps no data beyond the container.
# POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB say what to make; further arguments go to the server.
set -eu

: "${POSTGRES_PASSWORD:?POSTGRES_PASSWORD says the password of the first role; set it}"
user="${POSTGRES_USER:-postgres}"
database="${POSTGRES_DB:-$user}"
data="${PGDATA:-/var/lib/postgresql/data}"

# The server refuses to run as root, so everything below runs as its own account.
if [ "$(id -u)" = 0 ]; then
    install -d -o postgres -g postgres -m 0700 "$data"
    install -d -o postgres -g postgres -m 0775 /var/run/postgresql
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

if [ ! -s "$data/PG_VERSION" ]; then
    printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/password
    initdb --pgdata="$data" --username="$user" --pwfile=/tmp/password --encoding=UTF8 --locale=C.UTF-8 \
        --auth-local=trust --auth-host=scram-sha-256
    rm /tmp/password
    printf 'host all all all scram-sha-256\n' >>"$data/pg_hba.conf"
    if [ "$database" != postgres ]; then
        # No TCP yet: who waits for the port must not meet a server without the database.
        pg_ctl --pgdata="$data" --wait -o "-c listen_addresses=''" start
        createdb --username="$user" --maintenance-db=postgres "$database"
        pg_ctl --pgdata="$data" --wait --mode=fast stop
    fi
    echo 'PostgreSQL init process complete; ready for start up.'
fi

exec postgres -D "$data" -c listen_addresses='*' "$@"
