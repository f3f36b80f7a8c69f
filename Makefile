# Everything people and machines do with the project. `make` alone lists it.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test check fix bench docs soak clients coverage mutation lock clean

# Where an environment asks Python to keep no compiled modules, every process of the tests would compile everything again.
export PYTHONDONTWRITEBYTECODE :=

PY := .venv/bin/python
PYTEST := $(PY) -m pytest -n auto

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

setup: .venv/.ready ## Make the environment .venv (PYTHON=… chooses the Python)

.venv/.ready: pyproject.toml constraints.txt
	@scripts/environment .venv dev

.venv-mutation/.ready: pyproject.toml constraints.txt
	@scripts/environment .venv-mutation mutation

demo: setup ## Serve a made-up installation on 127.0.0.1 (PORT=… chooses the port; 8000)
	@scripts/demo

test: setup ## Run the tests (ARGS=… for pytest)
	@scripts/browser
	@scripts/postgresql
	@scripts/prism
	@scripts/axe
	@scripts/calendar-clients
	$(PYTEST) -m "not soak" $(ARGS)

check: setup ## Lint, formatting, types, layers
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

fix: setup ## Let ruff mend and format what it can
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

bench: setup ## Run the benchmarks
	benchmarks/run.sh

docs: setup ## Write docs/reference from the code, and take the pictures of docs/pictures from the demo
	@scripts/browser
	$(PY) -m planner.reference docs/reference
	$(PY) -m tests.pictures docs/pictures

soak: setup ## Run all tests, with thousands of examples each; then kill workers, and end with a line of figures
	@scripts/browser
	@scripts/postgresql
	@scripts/prism
	@scripts/axe
	@scripts/calendar-clients
	HYPOTHESIS_PROFILE=soak $(PYTEST) $(ARGS); tests=$$?; $(PY) -m tests.soak.messages && exit $$tests

clients: setup ## Show feeds to every calendar app that can be had, Thunderbird and Evolution among them
	@scripts/calendar-clients
	@scripts/desktop-calendars
	@$(PY) -m tests.clients

# A branch that only a random example reaches is held by nothing that can be read, so the properties are left out.
coverage: setup ## Branch coverage of schedules by its quick tests; fails under 97 %
	$(PYTEST) tests/schedules -m "not hypothesis and not soak" --cov=schedules --cov-branch --cov-report=term-missing --cov-fail-under=97

mutation: .venv-mutation/.ready ## Do the tests notice when the planning code is broken?
	.venv-mutation/bin/python -m mutmut run
	.venv-mutation/bin/python -m mutmut results

lock: ## Renew the pins in constraints.txt
	@scripts/lock

clean: ## Remove environments, caches and build artefacts
	rm -rf .venv .venv-mutation .bootstrap .prism .axe .clients .hypothesis .import_linter_cache .mypy_cache .pytest_cache \
	  .ruff_cache .coverage .coverage.* build dist htmlcov mutants test-results *.egg-info
	find planner schedules notifications tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
