#!/usr/bin/env bash
# PostgreSQL and Chromium for the tests, from the distribution's packages. Never starts a service.
# Where it may not install (no root), it says so and the tests that need them are skipped with a line;
# with CI=true a missing one is a failure.
set -euo pipefail

have_postgres() { command -v postgres >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; }
have_chromium() { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }

wanted=()
have_postgres || wanted+=(postgresql)
have_chromium || wanted+=(chromium)
[ ${#wanted[@]} -eq 0 ] && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "Not installed and not installable without root: ${wanted[*]}. The tests that need them are skipped."
  [ "${CI:-}" = true ] && exit 1
  exit 0
fi
echo "Installing ${wanted[*]} …"
# No cluster of Debian's own: the tests start their own on a free loopback port.
mkdir -p /etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/tieline-tests.conf
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
have_postgres && have_chromium
