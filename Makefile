# `make help` lists the targets. Nothing but make and Python 3.11 with venv has to be there.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
STAMPS := .venv/.stamps
LAYERS := app subscriptions schema resolvers models

# The lock is the only door: hashes for all, wheels alone, no resolver.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	--require-hashes --only-binary :all:
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url \
	--no-emit-find-links --universal --fork-strategy fewest --python-version 3.11 \
	--only-binary :all: --no-header --no-annotate

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# -- setting up -----------------------------------------------------------------------------------

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Wardline needs Python 3.11 or newer as $(PYTHON); try: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { echo "Python's venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/runtime: requirements/runtime.txt pyproject.toml $(STAMPS)/venv
	@echo "Installing the locked requirements into .venv"
	@$(INSTALL) -r requirements/runtime.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps \
		--no-index --config-settings editable_mode=compat --editable .
	@touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/runtime
	@echo "Installing the locked development tools into .venv"
	@$(INSTALL) -r requirements/runtime.txt -r requirements/dev.txt
	@touch $@

setup: $(STAMPS)/dev ## Make .venv from the lock, with the development tools

lock: $(STAMPS)/dev ## Resolve the requirements anew into the hash-locked files
	@$(COMPILE) --upgrade pyproject.toml --extra embedded --group build -o requirements/runtime.txt
	@$(COMPILE) --upgrade --group dev -c requirements/runtime.txt -o requirements/dev.txt
	@$(COMPILE) --upgrade --group node -o requirements/node.txt
	@! grep -nE '://|^-' requirements/*.txt || { echo "A lock names a place to download from" >&2; exit 1; }

.PHONY: help setup lock
