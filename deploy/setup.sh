#!/usr/bin/env bash
# Makes .venv from requirements.lock, by uv where it can be had and by pip otherwise; writes nothing outside the checkout.
set -euo pipefail
cd "$(dirname "$0")/.."

python=""
for candidate in python3.11 python3.12 python3.13 python3; do
  if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))'; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "Carillon needs Python 3.11 or newer on the PATH." >&2
  exit 1
fi

export UV_CACHE_DIR="${UV_CACHE_DIR:-$PWD/.cache/uv}" PIP_CACHE_DIR="${PIP_CACHE_DIR:-$PWD/.cache/pip}"
export PIP_DISABLE_PIP_VERSION_CHECK=1
[ -x .venv/bin/python ] || "$python" -m venv .venv

# The lock's own version of uv, so that a laptop and a server resolve alike.
wanted=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements.lock)
uv=$(command -v uv || true)
if [ -z "$uv" ] && .venv/bin/python -m pip install --quiet "uv==$wanted"; then
  uv=.venv/bin/uv
fi

# The machine's own certificates: behind a company's proxy uv's built-in ones know nobody.
export UV_SYSTEM_CERTS=true VIRTUAL_ENV="$PWD/.venv"

by_uv() {
  [ -n "$uv" ] || return 1
  echo "Installing the locked packages with uv ..."
  "$uv" pip install --quiet --compile-bytecode --require-hashes -r requirements.lock &&
    "$uv" pip install --quiet --no-deps --no-build-isolation -r members.txt
}

by_pip() {
  echo "Installing the locked packages with pip ..."
  .venv/bin/python -m pip install --quiet --require-hashes -r requirements.lock &&
    .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -r members.txt
}

by_uv || by_pip
# Eight processes import the same files at every start; compiled once they start in half the time, even where
# Python itself is told to write no bytecode.
.venv/bin/python -m compileall -q -j 0 chassis proto/gen svc-* gateway deploy || true
touch .venv/.ready
