# Two commands do everything on a fresh machine with Python 3.11 or newer: make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := .cache/demo

.PHONY: demo test fast chaos lint bench lock clean

demo: $(READY)
	@rm -rf $(DEMO)
	@$(BIN)/gamebeam demo --out=$(DEMO)

test: $(READY) lint
	$(BIN)/python -m pytest

fast: $(READY)
	$(BIN)/python -m pytest -m "not engine and not chaos"

# Longer: many more random streams, a broker that goes away in the middle, every kill on Flink (writes docs/reliability.md).
chaos: $(READY)
	CHAOS_EXAMPLES=50 $(BIN)/python -m pytest -m "chaos or not chaos" tests/test_streaming.py tests/test_live_kafka.py \
	  tests/test_live_flink.py tests/test_flink_watermark.py tests/test_flink_kills.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m bench

# The environment: uv where there is one (much faster), else venv and pip. Versions stand in requirements.lock alone.
$(READY): requirements.lock setup.py
	@if command -v uv >/dev/null; then \
	  uv venv -q --allow-existing -p $(PYTHON) $(VENV) && uv pip install -q -p $(BIN)/python -r requirements.lock && uv pip install -q -p $(BIN)/python --no-deps -e .; \
	else \
	  $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.lock && $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .; \
	fi
	@touch $@

# Writes requirements.lock anew from setup.py's ranges.
lock: $(READY)
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --extra gcp --extra dev --extra kafka --extra reports --extra feeds setup.py -o requirements.lock

clean:
	rm -rf $(VENV) .cache build *.egg-info
