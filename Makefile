# Each target sets up what it needs; on a fresh machine with Python 3.11 or newer, `make demo` is enough.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
# How many tests run side by side: as many as the smallest machine that this is checked on has cores.
WORKERS ?= 2

.PHONY: demo test lint bench features soak clean

demo: $(VENV)/.runtime
	@$(BIN)/phonehub demo $(ARGS)

test: $(VENV)/.tools peers
	$(BIN)/pytest tests/core -n $(WORKERS) --cov=hub/core --cov-report=
	$(BIN)/coverage report --fail-under=100 --show-missing --skip-covered
	$(BIN)/pytest -m "not peer and not soak" --ignore=tests/core -n $(WORKERS) --dist worksteal $(ARGS)
	$(BIN)/pytest -m "peer and not soak" $(ARGS)

lint: $(VENV)/.tools
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: bench/.venv/.installed
	bench/.venv/bin/python bench/run.py $(ARGS)

features: $(VENV)/.tools
	@$(BIN)/python tests/features.py

soak: $(VENV)/.tools
	$(BIN)/pytest -m soak --timeout 3600 $(ARGS)

clean:
	rm -rf $(VENV) bench/.venv bench/.venv-homeassistant

# The real programs that tests run against: installed where that can be done without asking, else left to the person.
.PHONY: peers
peers:
	@tests/install-peers

$(VENV)/.runtime: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade -c constraints.txt pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.tools: $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[all]' --group dev
	@touch $@

bench/.venv/.installed: pyproject.toml constraints.txt bench/requirements.txt
	$(PYTHON) -m venv bench/.venv
	bench/.venv/bin/python -m pip install --quiet -e '.[calendar,recording,testing]' -r bench/requirements.txt
	@touch $@
