# Everything runs from here; `make` alone lists what there is.
# Python 3.11 or newer: python3, or another one: `make test PYTHON=python3.12`.
PYTHON ?= python3
UV ?= uv
ARGS =

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PACKAGES := matching geodata service benchmarks

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo demo-service test test-long check lint format-check types imports doctests lock-check format docs bench bench-quick bench-full bench-leakage lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(INSTALLED) ## Create .venv and install the locked packages (the other targets do it themselves)
	@echo "Ready. Next: make demo, or .venv/bin/fristad --help"

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c '' 2>/dev/null || { echo "$(PYTHON) does not run: install Python 3.11 or newer, or name one: make setup PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python " + sys.version.split()[0] + " is too old: 3.11 or newer is needed; name another one: make setup PYTHON=/path/to/python3")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot create virtual environments: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }
	@# A folder that was moved or copied, or whose Python is gone or too old, is made anew.
	@{ $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' && $(BIN)/pip --version | grep -qF "from $$(pwd -P)/$(VENV)/"; } 2>/dev/null \
		|| { echo "Creating $(VENV)"; $(PYTHON) -m venv --clear $(VENV); }
	@echo "Installing the locked packages; the first time this takes a few minutes"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(INSTALLED) ## Plan a generated national week and show every view of it
	@$(BIN)/fristad demo $(ARGS)

demo-service: $(INSTALLED) ## Start the whole service and walk one case from intake to departure with every role
	@$(BIN)/fristad demo-service $(ARGS)

test: $(INSTALLED) ## Run the tests (ARGS="-k capacity" to choose)
	@$(BIN)/python -m pytest -n 2 -m "not long" $(ARGS)

test-long: $(INSTALLED) ## Run the tests that take minutes
	@$(BIN)/python -m pytest -n 2 -m long $(ARGS)

check: lint format-check types imports doctests lock-check ## Lint, format, types, import rules, documented examples, lock

lint: $(INSTALLED)
	$(BIN)/python -m ruff check .

format-check: $(INSTALLED)
	$(BIN)/python -m ruff format --check .

types: $(INSTALLED)
	$(BIN)/python -m mypy

imports: $(INSTALLED)
	$(BIN)/lint-imports --no-logo

doctests: $(INSTALLED)
	@# Alembic alone runs env.py: it has no meaning as a module.
	$(BIN)/python -m pytest --doctest-modules --ignore=service/store/migrations/env.py $(PACKAGES)

lock-check: $(INSTALLED)
	@! grep -nE '://|^ *(-i|-f|--(extra-)?index.url|--find.links)\b' requirements.lock || { echo "requirements.lock names an index address" >&2; exit 1; }
	$(BIN)/python -m pip check --disable-pip-version-check

format: $(INSTALLED) ## Rewrite the files as `make check` wants them
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

docs: $(INSTALLED) ## Write the generated parts of the documents anew
	$(BIN)/python -m matching.cli.catalogue
	$(BIN)/python -m matching.cli.rule_table README.md
	$(BIN)/python -m matching.cli.rule_pages docs/rules.md
	$(BIN)/python -m matching.cli.shown README.md
	$(BIN)/python -m matching.cli.api_page docs/api.md
	$(BIN)/python -m matching.cli.settings_table docs/operations.md

bench: $(INSTALLED) ## Measure everything beside its peers, an hour at most (ARGS="--only N,M", "--update")
	@$(BIN)/python -m benchmarks.suite $(ARGS)

bench-quick: $(INSTALLED) ## The same in a few minutes, on few instances
	@$(BIN)/python -m benchmarks.suite --suite quick $(ARGS)

bench-full: $(INSTALLED) ## The same on every instance of the published tables: most of a day
	@$(BIN)/python -m benchmarks.suite --suite full $(ARGS)

bench-leakage: $(INSTALLED) ## Attack the answers of the real service, an hour or more; goes on where it stopped (ARGS="--quick", "--update FILE")
	@$(BIN)/python -m benchmarks.leakage $(ARGS)

lock: ## Make requirements.lock anew from pyproject.toml (needs uv; ARGS=--upgrade takes newer versions)
	@command -v $(UV) >/dev/null || { echo "uv is missing; only this target needs it (docs/decisions/0002-toolchain.md)" >&2; exit 1; }
	$(UV) pip compile --universal --generate-hashes --python-version 3.11 --extra dev --extra bench pyproject.toml -o requirements.lock --custom-compile-command "make lock" $(ARGS)

clean: ## Remove what these targets made (.venv, caches, builds; out/ stays)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist ./*.egg-info
	find $(wildcard $(PACKAGES) tests) -type d -name __pycache__ -prune -exec rm -rf {} +
