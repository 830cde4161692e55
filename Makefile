# Two commands do all set-up: make demo, make test. Each makes .venv and installs what it needs; a second run is quick.
PYTHON ?= python3
VENV := .venv
TEST_PROCESSES ?= 2
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export HOTLINE_HOME ?= $(CURDIR)/hotline-home

.PHONY: demo test app lint format docs clean

demo: $(VENV)/.demo-ready
	$(BIN)/hotline models pull offline
	$(BIN)/hotline demo

test: $(VENV)/.test-ready
	$(BIN)/hotline models pull offline
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile

app: $(VENV)/.demo-ready
	$(BIN)/streamlit run app.py

lint: $(VENV)/.test-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.test-ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.test-ready
	$(BIN)/python docs/generate.py

# make bench-speech, make bench-redaction …: each prints tables and ends with one line of JSON. HOTLINE_BENCH_DATA names public recordings.
bench-%: $(VENV)/.test-ready
	$(BIN)/python -m benchmarks.$* $(BENCH_ARGS)

clean:
	rm -rf $(VENV) hotline-home build dist *.egg-info

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("Hotline needs Python 3.11 or newer; set PYTHON=python3.12 or so") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo-ready: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable '.[speech]'
	touch $@

$(VENV)/.test-ready: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable '.[speech,postgres,dev]'
	touch $@ $(VENV)/.demo-ready
