# What one does with a checkout. Each target makes what it needs in .venv first.
#   make demo     see it work, without an account
#   make test     every test; as root on Debian it installs Dovecot for them when it is missing
#   make test-cyrus  the tests that want a real server, on a Cyrus in the place of Dovecot; needs root on Debian
#   make check    style and types, then the tests up to the first that fails
#   make crash    kill -9 the service 1,000 times while its owner works on, and count the drafts (20 minutes)
#   make crash-pairs  stop at every pair of effects, not only at a share of them (minutes)
#   make corpus CORPUS=DIR  try every mail below a directory of yours, from its octets to a draft and a page
#   make large    the tests of a large mailbox with 100,000 mails (minutes)
#   make machine  play thousands of random stories with every kind of trouble (minutes)
#   make bench    measure what it costs, beside a plain poller; QUICK=1 for a short form (15 minutes, or four)
#   make drafts   figures of the drafts that recorded answers become
#   make hostile  attack mails against a model that obeys them (minutes); CORPUS=DIR adds the mails and texts in DIR
#   make clean    remove what the others made
# Another Python: make PYTHON=python3.13 test

PYTHON ?= python3
KILLS ?= 1000
STORIES ?= 2000
CORPUS ?= tests/cases
QUICK ?=
VENV := .venv
BIN := $(VENV)/bin
# Half of what the tests take is waiting. Each process has a mail server of its own.
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check

export PIP_ROOT_USER_ACTION := ignore

.PHONY: help demo test test-cyrus check crash crash-pairs corpus large machine bench drafts hostile clean

help:
	@sed -n '/^#   make/s/^#   //p' Makefile

demo: $(VENV)/.demo
	@$(BIN)/mailbot demo

test: $(VENV)/.dev
	@sh tests/get-dovecot.sh
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-cyrus: $(VENV)/.dev
	@sh tests/get-cyrus.sh $(VENV)/cyrus
	@MAILBOT_SERVER=cyrus $(BIN)/python -m pytest $(SIDE_BY_SIDE)

check: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) --exitfirst

crash: $(VENV)/.dev
	@sh tests/get-dovecot.sh
	@$(BIN)/python tests/crash.py --kills $(KILLS)

crash-pairs: $(VENV)/.dev
	@MAILBOT_EVERY_PAIR=1 $(BIN)/python -m pytest tests/test_crash.py

corpus: $(VENV)/.dev
	@$(BIN)/python tests/corpus.py "$(CORPUS)"

large: $(VENV)/.dev
	@sh tests/get-dovecot.sh
	@MAILBOT_LARGE=100000 $(BIN)/python -m pytest --timeout 3600 tests/test_on_dovecot.py -k large

machine: $(VENV)/.dev
	@MAILBOT_STORIES=$(STORIES) $(BIN)/python -m pytest --timeout 3600 tests/test_machine.py

bench: $(VENV)/.dev
	@sh tests/get-dovecot.sh
	@PYTHONPATH=tests $(BIN)/python -m bench $(if $(QUICK),--quick)

drafts: $(VENV)/.dev
	@$(BIN)/python tests/draft_figures.py

hostile: $(VENV)/.dev
	@PYTHONPATH=tests $(BIN)/python -m hostile $(if $(filter command,$(firstword $(origin CORPUS))),"$(CORPUS)")

clean:
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	@find mailbot tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: an environment is there, and what was installed into it since pyproject.toml last changed.

$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null || { \
	    echo "There is no $(PYTHON) here. Install Python 3.11 or newer, or name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "mailbot needs Python 3.11 or newer; $(PYTHON) is older. Name a newer one: make PYTHON=python3.12"; exit 1; }
	@echo "Making a virtual environment (first time only) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.demo: $(VENV)/.made pyproject.toml
	@echo "Installing mailbot and the demo's mailbox ..."
	@$(PIP) install --editable ".[demo]"
	@touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml
	@echo "Installing mailbot and what its tests need ..."
	@$(PIP) install --editable ".[dev]"
	@touch $(VENV)/.demo $@
