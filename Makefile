# Everything a contributor runs. Needs Python 3.11 or newer with its venv module, and make.
#   make run    set up and open the dashboard        make test   set up and pass every test
PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint requirements.lock
APT := DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 >/dev/null

.DEFAULT_GOAL := help
.PHONY: help run test machine lint format coverage bench screenshots findings clean

help:
	@echo 'make run          set up and open the dashboard (ARGS="list --json": a verb instead)'
	@echo 'make test         set up and pass every test; as root the booted ones too (ARGS="-k crontab")'
	@echo 'make lint         formatting, ruff, mypy, import contracts'
	@echo 'make format       format the code'
	@echo 'make coverage     the tests that need no booted machine, and which lines they reach'
	@echo 'make bench        measure against the budgets'
	@echo 'make screenshots  draw every screen anew into screenshots/'
	@echo 'make findings     write docs/findings.md anew from the checks'
	@echo 'make clean        remove what make made'

run: $(VENV)/.run
	@$(BIN)/fedtui $(ARGS)

test: $(VENV)/.dev machine
	$(BIN)/python -m tests $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

coverage: $(VENV)/.dev
	$(BIN)/coverage run -m pytest tests/unit tests/pilot $(ARGS)
	$(BIN)/coverage report --skip-covered

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks $(ARGS)

screenshots: $(VENV)/.dev
	$(BIN)/python -m tests.screenshots

findings: $(VENV)/.dev
	$(BIN)/python -m tests.findings_page

clean:
	rm -rf $(VENV) build dist *.egg-info .coverage htmlcov snapshot_report.html
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# What the tests call that Debian may lack, and the file system of the booted ones (see tests/box/): for root only.
machine: $(VENV)/.dev
	@if [ "$$(id -u)" != 0 ]; then \
	    echo 'Not root: the booted tests will be skipped.'; \
	elif ! command -v apt-get >/dev/null; then \
	    echo 'Not Debian: the booted tests will be skipped.'; \
	else \
	    ( for need in mmdebstrap git gcc dpkg-source; do command -v $$need || exit; done; \
	      [ -e /usr/include/stdio.h ] ) >/dev/null || { $(APT) update && $(APT) install --yes \
	        --no-install-recommends mmdebstrap git gcc libc6-dev dpkg-dev; } && \
	    $(BIN)/python -m tests.box.base; \
	fi

$(VENV)/.run: $(VENV)/.made pyproject.toml requirements.lock
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml requirements.lock
	$(INSTALL) --editable '.[dev]'
	@touch $(VENV)/.run $@

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo 'fedtui needs Python 3.11 or newer; name one: make PYTHON=python3.12'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || [ "$$(id -u)" != 0 ] \
	    || { $(APT) update && $(APT) install --yes --no-install-recommends python3-venv; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	    || { echo 'Python lacks its venv module; on Debian: sudo apt-get install python3-venv'; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@
