# Everything a contributor runs. Needs Python 3.11 or newer with its venv module, and make.
#   make run    set up and open the dashboard        make test   set up and pass every test
PYTHON ?= python3
ARGS ?=
N ?= 5
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint requirements.lock
VENVABLE := $(PYTHON) -c 'import ensurepip, venv'
# `$(call debs,PACKAGE...)` installs them, also where an installation before was cut short
debs = { export DEBIAN_FRONTEND=noninteractive; \
    get() { apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=60 "$$@" >/dev/null; }; \
    add() { get update && get --yes --no-install-recommends install $(1); }; \
    add || { dpkg --configure -a >/dev/null && add; }; }

.DEFAULT_GOAL := help
.PHONY: help run test test-repeat machine hosts lint format coverage bench counts killpoints screenshots findings json clean

help:
	@echo 'make run          set up and open the dashboard (ARGS="list --json": a verb instead)'
	@echo 'make test         set up and pass every test; as root the booted ones too (ARGS="-k crontab")'
	@echo 'make test-repeat  the booted tests N=5 times, until one fails'
	@echo 'make hosts        the tests on each other cron, booted; writes docs/hosts.md'
	@echo 'make lint         formatting, ruff, mypy, import contracts'
	@echo 'make format       format the code'
	@echo 'make coverage     the tests that need no booted machine, and which lines they reach'
	@echo 'make bench        measure against the budgets'
	@echo 'make counts       modules, memory, bytes a key, code lines against benchmarks/counts.toml'
	@echo 'make killpoints   kill or fail every change at each of its file calls (hours; resumable)'
	@echo 'make screenshots  draw every screen into screenshots/'
	@echo 'make findings     write docs/findings.md from the checks'
	@echo 'make json         write docs/json.md from the types of the answers'
	@echo 'make clean        remove what make made'

run: $(VENV)/.run
	@$(BIN)/fedtui $(ARGS)

test: $(VENV)/.dev machine
	$(BIN)/python -m tests $(ARGS)

test-repeat: $(VENV)/.dev machine
	@for run in $$(seq $(N)); do \
	    echo "run $$run of $(N)"; $(BIN)/python -m tests --booted $(ARGS) || exit; \
	done

hosts: $(VENV)/.dev machine
	$(BIN)/python -m tests.box.base all
	$(BIN)/python -m tests.hosts $(ARGS)

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

counts: $(VENV)/.dev
	$(BIN)/python -m benchmarks.counts

killpoints: $(VENV)/.dev machine
	nice $(BIN)/python -m tests.killpoints $(ARGS)

screenshots: $(VENV)/.dev
	$(BIN)/python -m tests.screenshots

findings: $(VENV)/.dev
	$(BIN)/python -m tests.findings_page

json: $(VENV)/.dev
	$(BIN)/python -m tests.json_page

clean:
	rm -rf $(VENV) build dist *.egg-info .coverage htmlcov snapshot_report.html
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# What the tests call that Debian may lack and, for root only, the file system of the booted ones (see tests/box/).
NEEDS := git ps ssh-keygen
machine: $(VENV)/.dev
	@lacks() { for need; do command -v $$need >/dev/null || return 0; done; false; }; \
	if [ "$$(id -u)" != 0 ]; then \
	    ! lacks $(NEEDS) || { echo 'The tests need $(NEEDS); on Debian, as root:' \
	        'apt-get install git openssh-client procps'; exit 1; }; \
	    echo 'Not root: the booted tests will be skipped.'; \
	elif ! command -v apt-get >/dev/null; then \
	    echo 'Not Debian: the booted tests will be skipped.'; \
	else \
	    { ! lacks $(NEEDS) mmdebstrap gcc dpkg-source && [ -e /usr/include/stdio.h ]; } || \
	        $(call debs,git openssh-client procps mmdebstrap gcc libc6-dev dpkg-dev) && \
	    $(BIN)/python -m tests.box.base; \
	fi

# An install that was cut short leaves no .made, and so the next begins with a new environment.
$(VENV)/.run: $(VENV)/.made pyproject.toml requirements.lock
	@rm $(VENV)/.made
	$(INSTALL) --editable .
	@touch $(VENV)/.made $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml requirements.lock
	@rm $(VENV)/.made
	$(INSTALL) --editable '.[dev]'
	@touch $(VENV)/.made $(VENV)/.run $@

$(VENV)/.made:
	@$(VENVABLE) 2>/dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null \
	    || $(call debs,python3-venv)
	@! command -v $(PYTHON) >/dev/null || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo 'fedtui needs Python 3.11 or newer; name one: make PYTHON=python3.12'; exit 1; }
	@$(VENVABLE) 2>/dev/null \
	    || { echo 'fedtui needs Python with its venv module; on Debian, as root: apt-get install python3-venv'; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@
