#!/bin/sh
# Makes a PostgreSQL image for the tests out of Debian packages alone; it pulls nothing from an image registry.
# Usage, as root: postgres-image.sh [TAG]   needs docker.io, debootstrap and a running engine (see README.md here).
set -eu

tag="${1:-carillon/postgres:15}"
suite=bookworm  # the Debian release whose PostgreSQL is 15, the oldest version that the suite supports
here="$(cd "$(dirname "$0")" && pwd)"

[ "$(id -u)" = 0 ] || { echo "postgres-image.sh: debootstrap needs root; run this as root" >&2; exit 1; }
for program in docker debootstrap tar; do
    command -v "$program" >/dev/null || { echo "postgres-image.sh: $program is missing; apt-get install docker.io debootstrap" >&2; exit 1; }
done
docker info >/dev/null 2>&1 || { echo "postgres-image.sh: no Docker engine answers; start dockerd first" >&2; exit 1; }

# The mirror that this machine's apt already uses, so that no address stands here.
mirror="${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' \
    | awk -v suite="$suite" '$2 == suite { print $1; exit }')}"
[ -n "$mirror" ] || { echo "postgres-image.sh: apt knows no mirror for $suite; set DEBIAN_MIRROR" >&2; exit 1; }

root="$(mktemp -d)"
trap 'rm -rf "$root"' EXIT INT TERM
debootstrap --variant=minbase --include=postgresql-15,util-linux "$suite" "$root" "$mirror"

# The package makes a cluster of its own, which the entry point's replaces; caches and lists only weigh.
rm -rf "$root"/var/lib/postgresql/15 "$root"/etc/postgresql/15 "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* \
    "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*
install -m 0755 "$here/postgres-entrypoint.sh" "$root/usr/local/bin/postgres-entrypoint.sh"

tar --numeric-owner --exclude=./proc/* --exclude=./sys/* --exclude=./dev/* -C "$root" -c . | docker import \
    --change 'ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data LANG=C.UTF-8' \
    --change 'ENTRYPOINT ["/usr/local/bin/postgres-entrypoint.sh"]' \
    --change 'EXPOSE 5432' \
    --message 'PostgreSQL 15 from Debian packages, for tests' - "$tag" >/dev/null
echo "made $tag"
