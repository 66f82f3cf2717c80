#!/usr/bin/env bash
# Everything that is checked without running the product; each check says its name, and all run before the verdict.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin
failed=()

check() {
  local name=$1
  shift
  printf '%-34s' "$name"
  local output
  if output=$("$@" 2>&1); then
    echo ok
  else
    echo FAILED
    echo "$output" | tail -n 40
    failed+=("$name")
  fi
}

proto() { (cd proto && "$bin/buf" "$@"); }
breaking() {
  local image
  image=$(mktemp --suffix .binpb) && proto build --exclude-source-info -o "$image" &&
    proto breaking "$image" --against baseline.binpb --config buf.yaml
  local status=$?
  rm -f "$image"
  return $status
}
types() { "$bin/mypy" "$@"; }

check "format" "$bin/ruff" format --check .
check "lint" "$bin/ruff" check .
check "house rules" "$bin/python" tests/architecture/house_rules.py
check "import contracts" "$bin/lint-imports"
check "protocol: lint" proto lint
check "protocol: format" proto format -d --exit-code
check "protocol: no breaking change" breaking
check "protocol: stubs are fresh" "$bin/python" proto/generate.py --check
check "types: chassis" types chassis/carillon_chassis chassis/tests
for domain in catalog segment campaign reward channel; do
  check "types: svc-$domain" types "svc-$domain/svc_$domain" "svc-$domain/tests"
done
check "types: gateway" types gateway/carillon_gateway gateway/tests
check "types: deploy" types deploy/carillon_deploy deploy/tests
check "types: tests" types tests

if [ ${#failed[@]} -gt 0 ]; then
  echo
  echo "failed: $(IFS=,; echo "${failed[*]}")"
  exit 1
fi
