# Everything a fresh machine needs is Python 3.11+ (with venv), git and make.
PYTHON ?= python3
STACK ?= dev
# Half of what a test does is wait for another process: two cores have work for four.
WORKERS ?= 4
BIN := .venv/bin
# A second run is only warm when the first one may keep its compiled modules.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help up down test check bench setup setup-dev

help: ## List what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

up: setup ## Rehearse the stack on the local twin of Azure (STACK=dev|staging|prod)
	@$(BIN)/seatrial up $(STACK) $(ARGS)

down: setup ## Stop what `make up` left running
	@$(BIN)/seatrial down $(STACK)

test: setup-dev ## Run the test tiers that this machine can run (LONG=1: those of many minutes too)
	@SEATRIAL_LONG=$(LONG) $(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup-dev ## Run the linters and the type checker
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

bench: setup-dev ## Print the benchmarks' ratios
	@$(BIN)/pytest tests/benchmarks -s -o python_files='bench_*.py' $(ARGS)

setup:
	@sh scripts/setup.sh $(PYTHON) app infra model

setup-dev:
	@sh scripts/setup.sh $(PYTHON) app infra model dev
