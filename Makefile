# Two commands do everything on a fresh machine with Python 3.11 or newer: make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := .cache/demo
# Engines' tests wait for servers a third of their time: three files at once fill two cores.
SPREAD := -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: demo live test fast chaos lint bench lock audit licences docs system clean

demo: system $(READY)
	@rm -rf $(DEMO)
	@$(BIN)/gamebeam demo --out=$(DEMO)

# Players into a folder, the job on Prism, its views as panes arrive, until Ctrl-C or FOR=2m: make live RATE=500 SOURCE=kafka ENGINE=flink
live: $(READY)
	@$(BIN)/python -m live $(if $(SOURCE),--source=$(SOURCE)) $(if $(ENGINE),--engine=$(ENGINE)) $(if $(RATE),--rate=$(RATE)) $(if $(FOR),--for=$(FOR))

test: system $(READY) lint
	$(BIN)/python -m pytest $(SPREAD) -m "not engine and not chaos"
	$(BIN)/python -m pytest $(SPREAD) -m "engine and not chaos" --durations=12

fast: $(READY)
	$(BIN)/python -m pytest $(SPREAD) -m "not engine and not chaos"

# Longer: many more random streams, a million fuzzed messages, 100,000 messages with secrets, a broker that goes away in the middle, every kill on Flink (writes docs/reliability.md), 22 minutes of load on Prism and 24 on Flink.
chaos: $(READY)
	CHAOS_EXAMPLES=50 FUZZ_MESSAGES=200000 SECRET_ATTEMPTS=100000 $(BIN)/python -m pytest -m "chaos or not chaos" tests/transforms/test_fuzz.py tests/transforms/test_secrets_everywhere.py tests/pipeline/test_streaming.py tests/engine/test_live_kafka.py \
	  tests/engine/test_live_flink.py tests/engine/test_flink_watermark.py tests/engine/test_flink_kills.py tests/engine/test_flink_pubsub.py tests/bench/test_bench_live.py \
	  tests/engine/test_live_make.py tests/engine/test_cloud.py tests/engine/test_questions_bigquery.py tests/engine/test_collector_kafka.py tests/engine/test_players_live.py

# What only apt has: a browser, in which pages are tested. Without it, or without leave to install it, those tests skip and say so.
system:
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 || true

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m bench

# Every package is checked against its hash, setuptools included: it builds the editable install. The lock is complete: pip resolves nothing.
LOCKED := --require-hashes --no-deps -r requirements.lock
OURSELVES := --no-deps --no-build-isolation -e .

# The environment: uv where there is one (much faster), else venv and pip. Versions stand in requirements.lock alone.
$(READY): requirements.lock setup.py
	@if command -v uv >/dev/null; then \
	  uv venv -q --allow-existing -p $(PYTHON) $(VENV) && uv pip install -q -p $(BIN)/python $(LOCKED) && uv pip install -q -p $(BIN)/python $(OURSELVES); \
	else \
	  $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install -q --disable-pip-version-check $(LOCKED) && $(BIN)/python -m pip install -q --disable-pip-version-check $(OURSELVES); \
	fi
	@touch $@

# Write requirements.lock, and the image's part of it, from setup.py's ranges. Pins stay as they are; UPGRADE=--upgrade renews them.
COMPILE = uv pip compile -q --universal --python-version 3.11 --generate-hashes setup.py
lock:
	@command -v uv >/dev/null || { echo "make lock: needs uv: pip install uv"; exit 1; }
	$(COMPILE) --all-extras $(UPGRADE) -o requirements.lock
	echo setuptools | $(COMPILE) - --extra gcp --extra kafka --constraint requirements.lock -o templates/requirements.lock

# Known vulnerabilities of what requirements.lock pins. Exit code 1 if there are any, or if the advisories cannot be reached.
audit: $(READY)
	@$(BIN)/pip-audit --strict --progress-spinner=off --require-hashes --disable-pip -r requirements.lock \
	  || { echo "make audit: not clean: a package has a known vulnerability, or the package index's advisories could not be read; see above"; exit 1; }

# Write docs/licences.md: the licence of every installed package, as its metadata names it.
licences: $(READY)
	{ printf '# Licences\n\nOf the packages that `requirements.lock` installs on Linux, as their metadata name them. Written by `make licences`.\n\n'; \
	  $(BIN)/pip-licenses --from=mixed --format=markdown --order=license --ignore-packages gamebeam; } > docs/licences.md

# The site of docs/, in .cache/site. A broken link or a page outside the navigation fails.
docs: $(READY)
	$(BIN)/mkdocs build --quiet --strict

clean:
	rm -rf $(VENV) .cache build *.egg-info
