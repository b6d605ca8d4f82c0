#!/usr/bin/env bash
# Makes .venv from a lock file with hashes. Usage: scripts/setup.sh LOCKFILE
# Does nothing when that lock file is installed already.
set -euo pipefail
cd "$(dirname "$0")/.."
lock=${1:-requirements.lock}

python=${PYTHON:-}
if [ -z "$python" ]; then
  for candidate in python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null 2>&1 &&
       "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      python=$candidate
      break
    fi
  done
fi
if [ -z "$python" ]; then
  echo "Tieline needs Python 3.11 or newer. Install it (Debian 12, Ubuntu 24.04: apt-get install python3 python3-venv) and run this again." >&2
  exit 1
fi

stamp=.venv/installed-$(cat "$lock" pyproject.toml | sha256sum | cut -c1-16)-$(basename "$lock")
wider=.venv/installed-$(cat requirements-dev.lock pyproject.toml | sha256sum | cut -c1-16)-requirements-dev.lock
if [ -f "$stamp" ] || { [ "$lock" = requirements.lock ] && [ -f "$wider" ]; }; then
  exit 0
fi

if [ ! -x .venv/bin/pip ]; then
  rm -rf .venv
  if ! "$python" -m venv .venv >/dev/null 2>&1; then
    rm -rf .venv
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
      echo "Installing python3-venv …"
      apt-get update -qq
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
      "$python" -m venv .venv
    else
      echo "This Python cannot make virtual environments. Install the package python3-venv and run this again." >&2
      exit 1
    fi
  fi
fi
echo "Installing what $lock names (once; about 20 s) …"
rm -f .venv/installed-*
.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$lock"
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
touch "$stamp"
