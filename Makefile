# Everything runs inside .venv, which is made on first use from a bare Python 3.11 or newer.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  >/dev/null 2>&1 && { echo $$p; break; }; done)
# Modules are compiled when first imported: most of what is installed never is.
PIP := $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt
# Compiled modules are kept, whatever the shell says: each of the hundreds of programs that tests
# start would compile them again.
export PYTHONDONTWRITEBYTECODE :=
DEMO := instances/cases/three-hospitals.yaml

.PHONY: help demo test lint docs wheel bench clean

help:
	@echo "make demo   set up and solve a bundled instance, ending with its certificate"
	@echo "make test   set up and run the tests"
	@echo "make lint   style, types, import rules, dependencies"
	@echo "make docs   build the documentation without warnings"
	@echo "make wheel  build the wheel and try it in bare environments of Python 3.11, 3.12, 3.13"
	@echo "make bench  time the solvers against their peers"
	@echo "make clean  remove .venv and build products"

demo: $(VENV)/.demo
	@$(BIN)/mdsolve solve $(DEMO)

test: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

docs: $(VENV)/.dev
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html

wheel: $(VENV)/.dev
	$(BIN)/python scripts/try_wheel.py --lowest
	$(BIN)/python scripts/try_wheel.py

bench: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m scripts.bench --store

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "mdsolve needs Python 3.11 or newer on the PATH"; exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { echo "the venv module is missing (Debian: python3-venv)"; exit 1; }

$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing mdsolve (first time: a minute or two)"
	@$(PIP) -e '.[report]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing mdsolve with its development tools (first time: a minute or two)"
	@$(PIP) -e '.[learn,report,docs,dev]'
	@touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) dist docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis
