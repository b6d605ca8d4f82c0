#!/usr/bin/env bash
# Writes the lock files anew: every package with its hashes, no address of any index.
set -euo pipefail
cd "$(dirname "$0")/.."
lock() {
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate "$@"
}
lock pyproject.toml --group build --output-file requirements.lock
lock pyproject.toml --group build --group dev --constraint requirements.lock --output-file requirements-dev.lock
