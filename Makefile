# Two commands: `make run` serves the portal, `make test` runs every test. Needs Python 3.11 or newer and make.
.DEFAULT_GOAL := run
.PHONY: run test coverage lint bench setup manage messages lock

PORT ?= 8000
HOST ?= 127.0.0.1
export PORT HOST
ifdef VAR_DIR
export VAR_DIR
endif

# The first Python on the PATH that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV_PYTHON := .venv/bin/python
INSTALL := $(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes

run: setup
	@exec $(VENV_PYTHON) -m config.run --until-parent-ends

# Three workers for two cores: a browser, a portal and a database often wait for each other.
PYTEST = pytest --numprocesses 3 --dist loadfile
test: .venv/test.stamp
	@$(VENV_PYTHON) -m tests.chromium
	$(VENV_PYTHON) -m $(PYTEST) $(ARGS)

# The same tests, half as long again, asking what they went through: every branch of the rules, nine tenths of the rest.
COVERAGE := $(VENV_PYTHON) -m coverage
RULES := casework/*,*/services.py,*/services/*,*/workflow.py,*/workflow/*,reporting/measures.py
coverage: .venv/test.stamp
	@$(VENV_PYTHON) -m tests.chromium
	$(COVERAGE) erase
	$(COVERAGE) run -m $(PYTEST)
	$(COVERAGE) combine --quiet
	$(COVERAGE) report --include='$(RULES)' --fail-under=100
	$(COVERAGE) report --format=total --fail-under=90

lint: .venv/test.stamp
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	PYTHONPATH=. $(VENV_PYTHON) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	$(VENV_PYTHON) -m djlint --quiet --lint templates

bench: .venv/test.stamp
	$(VENV_PYTHON) -m bench $(ARGS)

setup: .venv/run.stamp

manage: setup
	@exec $(VENV_PYTHON) manage.py $(CMD)

# Refreshes and compiles the Chinese catalogue; lists what still has no Chinese.
messages: .venv/test.stamp
	@DJANGO_SETTINGS_MODULE=config.settings $(VENV_PYTHON) -m tests.catalogue $(ARGS)

# Writes the lock files anew after a change of pyproject.toml; UPGRADE=--upgrade takes the newest versions.
COMPILE = $(VENV_PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url $(UPGRADE) pyproject.toml
lock: .venv/test.stamp
	$(COMPILE) --output-file requirements.txt >/dev/null
	$(COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt >/dev/null

.venv/venv.stamp:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found on the PATH."; exit 1; }
	@$(PYTHON) -m venv --clear .venv || { echo "The virtual environment failed; on Debian: apt install python3-venv"; exit 1; }
	@touch $@

.venv/run.stamp: requirements.txt .venv/venv.stamp
	@echo "Installing the packages …"
	@$(INSTALL) -r requirements.txt
	@touch $@

.venv/test.stamp: requirements-dev.txt .venv/run.stamp
	@echo "Installing the packages for development …"
	@$(INSTALL) -r requirements-dev.txt
	@touch $@
