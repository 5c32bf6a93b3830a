# One target runs every check: make check. Uses .venv when there is one, else the python in PATH.

PYTHON ?= $(if $(wildcard .venv/bin/python),.venv/bin/python,python)
SCRIPTS := $(shell $(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("scripts"))')

.PHONY: check static lint types imports test docs docs-check format bench

check: static test

static: lint types imports docs-check

lint:
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .

types:
	$(PYTHON) -m mypy

imports:
	$(SCRIPTS)/lint-imports

docs-check:
	$(PYTHON) docs/embed.py --check

test:
	$(PYTHON) -m pytest -n auto

format:
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

docs:
	$(PYTHON) docs/embed.py

bench:
	$(PYTHON) benchmarks/speed.py
