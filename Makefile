# Everyday commands. `make` without a target lists them.
# A new machine needs Python 3.11 or newer and make; everything else is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SERVING := $(VENV)/.serving
PIP := $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt
AUDIT := build/audit
WORKERS ?= 2
ARGS ?=

# The packages whose every branch has to be run, but for one in twenty.
COVERED := openapi sandbox/engine sandbox/domain sandbox/events sandbox/edge sandbox/state sandbox/control sandbox/seeding
FLOOR := 95
# By the tests of these rooms.
MEASURED := $(addprefix tests/,openapi engine domain events edge state control seeding hostile/test_patience.py test_wrong_documents.py)

NEW_ENOUGH = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "This needs Python 3.11 or newer, and $(PYTHON) is not: name another one, as in make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help install serve test check format bench bench-check bench-memory bench-neighbours bench-peers bench-plugin bench-state bench-webhooks soak slow-clients corpus cuts fuzz paths saboteurs dialects kills deliveries listening damage model twin constraints audit clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## Create .venv with the commands `sandbox` and `contract-tests`, and everything that the tests need

# Made anew where it was whole once, so that what is no longer needed goes; what serving needs is whole with it.
$(STAMP): pyproject.toml constraints.txt integrations/pytest/pyproject.toml
	@$(NEW_ENOUGH)
	@test -x $(BIN)/python && test ! -e $@ || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing what serving and the tests need into $(VENV), once; it takes a minute or two."
	$(PIP) --editable '.[dev]' --editable integrations/pytest
	@touch $(SERVING) $@

$(SERVING): pyproject.toml constraints.txt
	@$(NEW_ENOUGH)
	@test -x $(BIN)/python || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing what serving needs into $(VENV), once; it takes half a minute."
	$(PIP) --editable .
	@touch $@

serve: $(SERVING) ## Start the sandbox on http://127.0.0.1:8000/api/v2 (options: ARGS="--port 9000")
	@exec $(BIN)/sandbox serve $(ARGS)

test: install ## Run all tests, and check branch coverage
ifneq ($(ARGS),)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)
else
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 3 --dist loadfile $(MEASURED)
	$(BIN)/coverage combine --quiet
	@for package in $(COVERED); do \
		$(BIN)/coverage report --include="$$package/*" --fail-under=$(FLOOR) || \
		{ echo "The tests reach less than $(FLOOR) % of $$package." >&2; exit 1; }; \
	done
	@# The others run whole servers and programs, and mostly wait for them: nobody asks which branches of those they reach.
	$(BIN)/python -m pytest -n 3 --dist loadfile $(MEASURED:%=--ignore %)
endif

check: install ## Check format, style, types and import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --cache-dir .import_linter_cache

format: install ## Format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: install ## Measure CPU per request, speed, start and memory, compared with plain uvicorn (needs wrk for exact ratios)
	$(BIN)/python -m benchmarks $(ARGS)

bench-check: install ## Check in a short run that speed and start time reach their thresholds
	$(BIN)/python -m benchmarks.check $(ARGS)

bench-memory: install ## Measure the memory of 10,000 customers (options: ARGS="--against CHECKOUT")
	$(BIN)/python -m benchmarks.memory $(ARGS)

bench-neighbours: install ## What a good client waits while another workspace does its worst (options: ARGS="--documents 50000")
	$(BIN)/python -m benchmarks.neighbours $(ARGS)

bench-peers: install ## Compare with other mock servers
	$(BIN)/python -m benchmarks.peers $(ARGS)

bench-webhooks: install ## Measure the cost for the API of a hanging receiver with 5,000 queued deliveries
	$(BIN)/python -m benchmarks.webhooks $(ARGS)

bench-plugin: install ## Measure the delay of a test run that does not use the pytest plugin
	$(BIN)/python -m benchmarks.plugin $(ARGS)

bench-state: install ## Measure the store: large tables, snapshots, resets, a thousand workspaces
	$(BIN)/python -m benchmarks.state $(ARGS)

soak: install ## Watch memory and open files during half an hour of mixed load
	$(BIN)/python -m benchmarks.soak --minutes 30 $(ARGS)

slow-clients: install ## Measure a normal client among 300 slow ones
	$(BIN)/python -m benchmarks.slow_clients $(ARGS)

corpus: install ## Record again the requests that both stacks must answer alike
	$(BIN)/python -m tests.corpus.record $(ARGS)

cuts: install ## Split every hostile request at each byte of its head, alone and as second of two: both stacks answer alike
	$(BIN)/python -m pytest --whole tests/hostile/test_cuts.py $(ARGS)

fuzz: install ## Send 120,000 mutated requests, some with unusual framing and in parts (options: ARGS="--seed 2")
	$(BIN)/python -m tests.fuzzing --requests 100000 --seed 1 $(ARGS)
	$(BIN)/python -m tests.fuzzing.framing --requests 20000 --seed 1 $(ARGS)

paths: install ## Send 200,000 requests of many keys, split and mixed: each is answered for its own key (options: ARGS="--seed 2")
	$(BIN)/python -m tests.edge.paths --requests 200000 --seed 1 $(ARGS)

saboteurs: install ## Test the contract suite with saboteurs: it must detect each of some hundred defects
	$(BIN)/python -m tests.saboteurs $(ARGS)

dialects: install ## Test the contract suite with servers that follow other readings
	$(BIN)/python -m pytest --whole tests/suite/test_dialects.py $(ARGS)

kills: install ## Kill a server 200 times during writes, and check its data
	$(BIN)/python -m tests.crash.kills --kills 200 $(ARGS)

deliveries: install ## Kill a server 50 times during deliveries to an unreliable receiver: every event arrives
	$(BIN)/python -m tests.crash.deliveries --kills 50 $(ARGS)

listening: install ## Disconnect `sandbox listen` 20 times during 1,000 events: the receiver gets all
	$(BIN)/python -m tests.listening --events 1000 --cuts 20 $(ARGS)

damage: install ## Damage a journal 10,000 times: it gives an earlier state or is rejected
	$(BIN)/python -m tests.state.damage --flips 10000 $(ARGS)

model: install ## Compare each store with a plain dictionary, 10,000 steps each
	$(BIN)/python -m tests.state.model --steps 10000 $(ARGS)

twin: install ## Generate the OpenAPI 3.1 version of the contract, with webhooks
	$(BIN)/python -m openapi.export_3_1

constraints: ## Pin the newest allowed versions for the tests
	rm -rf build/constraints
	$(PYTHON) -m venv build/constraints
	build/constraints/bin/python -m pip install -qq --disable-pip-version-check '.[dev]'
	build/constraints/bin/python -m pip list --disable-pip-version-check --format=freeze \
		| grep -viE '^(business-suite-sandbox|pip|setuptools)==' | LC_ALL=C sort -f > constraints.txt
	rm -rf build/constraints

$(AUDIT)/.installed:
	@$(NEW_ENOUGH)
	@$(PYTHON) -m venv --clear $(AUDIT)
	@echo "Installing what the audit needs into $(AUDIT), once."
	@$(AUDIT)/bin/python -m pip install -qq --disable-pip-version-check 'pip-audit>=2.10,<3'
	@touch $@

# Status 3: the advisories could not be reached, which is said and is no finding.
audit: $(AUDIT)/.installed ## Look for published advisories about the pinned packages
	@$(AUDIT)/bin/python -m tests.dependency_audit || test $$? -eq 3

clean: ## Remove everything that the other targets created
	rm -rf $(VENV) build dist integrations/*/dist .coverage .coverage.* htmlcov .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis contract-report
