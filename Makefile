# What people do here every day. `make` alone lists it.
# A fresh machine needs Python 3.11 or newer and make; everything else comes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SERVING := $(VENV)/.serving
PIP := $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt
WORKERS ?= 2
ARGS ?=

# The packages whose every branch has to be run, but for one in twenty.
COVERED := openapi sandbox/engine sandbox/domain sandbox/events sandbox/edge sandbox/state sandbox/control sandbox/seeding
FLOOR := 95
# By the tests of these rooms.
MEASURED := $(addprefix tests/,openapi engine domain events edge state control seeding hostile test_wrong_documents.py)

NEW_ENOUGH = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "This needs Python 3.11 or newer, and $(PYTHON) is not: name another one, as in make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help install serve test check format bench bench-check bench-memory bench-neighbours bench-peers bench-plugin bench-state bench-webhooks soak slow-clients corpus cuts fuzz paths saboteurs dialects kills deliveries listening damage model twin constraints clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## Make .venv with the commands `sandbox` and `contract-tests`, and all that the tests need

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

test: install ## Run all tests, and see that they reach every branch that they must
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

check: install ## Look at format, style, types and who imports whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --cache-dir .import_linter_cache

format: install ## Put the code into its form
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: install ## Measure CPU a request, speed, start and memory beside the limit (needs wrk for true ratios)
	$(BIN)/python -m benchmarks $(ARGS)

bench-check: install ## Fail where a floor of speed or start is not held, in a short run
	$(BIN)/python -m benchmarks.check $(ARGS)

bench-memory: install ## What 10,000 customers take in memory (options: ARGS="--against CHECKOUT")
	$(BIN)/python -m benchmarks.memory $(ARGS)

bench-neighbours: install ## What a good client waits while another workspace does its worst (options: ARGS="--documents 50000")
	$(BIN)/python -m benchmarks.neighbours $(ARGS)

bench-peers: install ## Measure the mock servers that one could take instead, beside it
	$(BIN)/python -m benchmarks.peers $(ARGS)

bench-webhooks: install ## A receiver that hangs and 5,000 deliveries in its queue: what that costs the API
	$(BIN)/python -m benchmarks.webhooks $(ARGS)

bench-plugin: install ## How long the pytest plugin keeps a run waiting that does not use it
	$(BIN)/python -m benchmarks.plugin $(ARGS)

bench-state: install ## Measure the store: large tables, snapshots, resets, a thousand workspaces
	$(BIN)/python -m benchmarks.state $(ARGS)

soak: install ## Half an hour of mixed load: memory and open files
	$(BIN)/python -m benchmarks.soak --minutes 30 $(ARGS)

slow-clients: install ## A good client among 300 slow ones
	$(BIN)/python -m benchmarks.slow_clients $(ARGS)

corpus: install ## Record anew the requests that both stacks must answer alike
	$(BIN)/python -m tests.corpus.record $(ARGS)

cuts: install ## Cut every hostile request at each byte of its head, alone and as second of two: both stacks answer the same
	$(BIN)/python -m pytest --whole tests/hostile/test_cuts.py $(ARGS)

fuzz: install ## Throw 120,000 mutated requests at the server, some in odd framing and in parts (options: ARGS="--seed 2")
	$(BIN)/python -m tests.fuzzing --requests 100000 --seed 1 $(ARGS)
	$(BIN)/python -m tests.fuzzing.framing --requests 20000 --seed 1 $(ARGS)

paths: install ## Send 200,000 requests of many keys, cut and mixed: each is answered for its own key (options: ARGS="--seed 2")
	$(BIN)/python -m tests.edge.paths --requests 200000 --seed 1 $(ARGS)

saboteurs: install ## Put each of some hundred defects before a conforming server: the contract suite must see it
	$(BIN)/python -m tests.saboteurs $(ARGS)

dialects: install ## Put servers that speak another reading before the contract suite, every promise of it
	$(BIN)/python -m pytest --whole tests/suite/test_dialects.py $(ARGS)

kills: install ## Kill a server 200 times in the middle of writes, and look what it remembers
	$(BIN)/python -m tests.crash.kills --kills 200 $(ARGS)

deliveries: install ## Kill a server 50 times while it delivers to a receiver that fails half the time: every event arrives
	$(BIN)/python -m tests.crash.deliveries --kills 50 $(ARGS)

listening: install ## Cut `sandbox listen` off 20 times during 1,000 events: the receiver has all
	$(BIN)/python -m tests.listening --events 1000 --cuts 20 $(ARGS)

damage: install ## Cut and flip a journal 10,000 times: a true earlier state, or refused
	$(BIN)/python -m tests.state.damage --flips 10000 $(ARGS)

model: install ## Compare each store with a plain dictionary, 10,000 steps each
	$(BIN)/python -m tests.state.model --steps 10000 $(ARGS)

twin: install ## Make the OpenAPI 3.1 twin of the contract, which has its webhooks
	$(BIN)/python -m openapi.twin

constraints: ## Write down the newest versions that the ranges allow, to test with
	rm -rf build/constraints
	$(PYTHON) -m venv build/constraints
	build/constraints/bin/python -m pip install -qq --disable-pip-version-check '.[dev]'
	build/constraints/bin/python -m pip list --disable-pip-version-check --format=freeze \
		| grep -viE '^(business-suite-sandbox|pip|setuptools)==' | LC_ALL=C sort -f > constraints.txt
	rm -rf build/constraints

clean: ## Remove what the other targets made
	rm -rf $(VENV) build dist integrations/*/dist .coverage .coverage.* htmlcov .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis contract-report
