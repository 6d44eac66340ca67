# Two commands do everything on a fresh machine with Python 3.11 or newer: make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := .cache/demo
# Engines' tests wait for servers a third of their time: three files at once fill two cores.
SPREAD := -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: demo live test fast chaos lint bench lock system clean

demo: system $(READY)
	@rm -rf $(DEMO)
	@$(BIN)/gamebeam demo --out=$(DEMO)

# Players into a folder, the job on Prism, its views as panes arrive, until Ctrl-C or FOR=2m: make live RATE=500 SOURCE=kafka ENGINE=flink
live: $(READY)
	@$(BIN)/python -m engines.live $(if $(SOURCE),--source=$(SOURCE)) $(if $(ENGINE),--engine=$(ENGINE)) $(if $(RATE),--rate=$(RATE)) $(if $(FOR),--for=$(FOR))

test: system $(READY) lint
	$(BIN)/python -m pytest $(SPREAD) -m "not engine and not chaos"
	$(BIN)/python -m pytest $(SPREAD) -m "engine and not chaos" --durations=12

fast: $(READY)
	$(BIN)/python -m pytest $(SPREAD) -m "not engine and not chaos"

# Longer: many more random streams, a million fuzzed messages, a broker that goes away in the middle, every kill on Flink (writes docs/reliability.md), 22 minutes of load on Prism and 24 on Flink.
chaos: $(READY)
	CHAOS_EXAMPLES=50 FUZZ_MESSAGES=200000 $(BIN)/python -m pytest -m "chaos or not chaos" tests/test_fuzz.py tests/test_streaming.py tests/test_live_kafka.py \
	  tests/test_live_flink.py tests/test_flink_watermark.py tests/test_flink_kills.py tests/test_flink_pubsub.py tests/test_bench_live.py \
	  tests/test_live_make.py tests/test_cloud.py tests/test_questions_bigquery.py tests/test_collector_kafka.py tests/test_players_live.py

# What only apt has: a browser, in which pages are tested. Without it, or without leave to install it, those tests skip and say so.
system:
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 || true

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
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --all-extras setup.py -o requirements.lock

clean:
	rm -rf $(VENV) .cache build *.egg-info
