#!/usr/bin/env bash
# Installs the programs that the tests and benchmarks hold us against, from Debian's packages; nothing of the product needs one.
# Tests whose program is not there leave themselves out and say so, so where apt or root is missing this does nothing.
set -euo pipefail

# program:package, or file:package where there is no program. Kannel is an ESME of another make and a push proxy; the
# wbxml tools and tshark read what we put on the wire; npm brings an SMSC of another make, Perl's SOAP and MIME libraries
# make an MMSC; Chromium opens the console; Java runs the Spark cluster.
PEERS=(
  bearerbox:kannel
  wapbox:kannel
  xml2wbxml:libwbxml2-utils
  tshark:tshark
  node:nodejs
  npm:npm
  chromium:chromium
  java:default-jre-headless
  /usr/share/perl5/SOAP/Lite.pm:libsoap-lite-perl
)

wanted=()
for peer in "${PEERS[@]}"; do
  { command -v "${peer%%:*}" || [ -e "${peer%%:*}" ]; } >/dev/null || wanted+=("${peer##*:}")
done
if [ ${#wanted[@]} -eq 0 ]; then
  exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
  echo "Not installed, and only root with apt can: ${wanted[*]}" >&2
  exit 0
fi

export DEBIAN_FRONTEND=noninteractive
# The console is looked at in Chinese as well.
case " ${wanted[*]} " in *" chromium "*) wanted+=(fonts-noto-cjk) ;; esac
apt-get update -qq
mapfile -t unique < <(printf '%s\n' "${wanted[@]}" | sort -u)
apt-get install -y -qq --no-install-recommends "${unique[@]}" >/dev/null
