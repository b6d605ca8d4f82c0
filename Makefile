# The front door. `make run` starts Tieline; `make test` passes all tests.
SHELL := /usr/bin/env bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
PYTEST := $(PY) -m pytest -q

.PHONY: help setup setup-dev run test check lint types floors test-fast test-sqlite test-postgres test-process test-browser bench score lock clean

help:  ## what can be asked of make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

setup:
	@scripts/setup.sh requirements.lock

setup-dev:
	@scripts/setup.sh requirements-dev.lock

run: setup  ## start Tieline with the sandbox Jira beside it (DATA=FILE: real issues in the sandbox)
	@exec .venv/bin/tieline demo $(if $(DATA),--issues "$(DATA)")

test: setup-dev  ## install what the tests need and pass all of them
	@scripts/system-packages.sh
	@$(MAKE) --no-print-directory lint types floors
	$(PYTEST) -n 2 -m "not browser and not process"
	@$(MAKE) --no-print-directory test-postgres test-process test-browser

check: setup-dev  ## what a developer runs all day: lint, types, floors, the quick tests
	@$(MAKE) --no-print-directory lint types floors
	$(PYTEST) -n 2 -m "not browser and not process and not slow" --ignore=tests/safety --ignore=tests/cli \
		--ignore=tests/network --ignore=tests/contract --ignore=tests/engine

lint:
	$(PY) -m ruff check -q .
	$(PY) -m ruff format -q --check .

types:
	.venv/bin/mypy

floors:
	@.venv/bin/lint-imports > .lint-imports.txt || { cat .lint-imports.txt; rm -f .lint-imports.txt; exit 1; }
	@tail -n 1 .lint-imports.txt; rm -f .lint-imports.txt

test-postgres: setup-dev
	TIELINE_TEST_DATABASE=postgresql $(PYTEST) -n 2 -m "not browser and not process" tests/store tests/engine tests/contract

test-process: setup-dev
	$(PYTEST) -m process

test-browser: setup-dev
	$(PYTEST) -m browser

bench: setup-dev  ## measure, and write docs/benchmarks.md
	$(PY) -m bench

score: setup-dev  ## how often the diagnosis is right on recorded answers
	$(PY) scripts/score.py

lock:  ## write the lock files anew
	scripts/lock.sh

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache
