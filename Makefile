# `make demo` and `make test` set everything up by themselves; nothing is written outside of this folder
# but for system packages, which are installed only for root and otherwise asked for.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint check format build soak bench clean system
.DELETE_ON_ERROR:

demo: .venv/ready
	$(BIN)/agentmux demo

# Three at once on two cores, for tests wait as much as they compute. Compiled once, for they start hundreds of
# programs: where PYTHONDONTWRITEBYTECODE is set, each would do it again.
test: .venv/ready
	@$(BIN)/python -m compileall -q agentmux
	$(BIN)/pytest -n 3 --dist loadgroup

lint: .venv/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

format: .venv/ready
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

build: .venv/ready
	$(BIN)/python -m build --outdir dist

# A day of three busy agents in some minutes: what it takes on the disk, and how long it takes to open.
soak: .venv/ready
	$(BIN)/python scripts/soak.py

# The project's bars in numbers, as ratios within one run; the last whole run is docs/benchmarks.md.
bench: .venv/ready
	$(BIN)/python -m scripts.bench

clean:
	rm -rf .venv build dist

system:
	@PYTHON="$(PYTHON)" sh scripts/system.sh

.venv/ready: pyproject.toml scripts/system.sh | system
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[compare,dask]" --group dev
	@touch $@
