# The commands of a working day. `make help` tells them all.
SHELL := /bin/bash
.DEFAULT_GOAL := help

MEMBERS := chassis svc-catalog svc-segment svc-campaign svc-reward svc-channel gateway deploy
LOCAL := carillon-chassis carillon-proto carillon-svc-catalog carillon-svc-segment carillon-svc-campaign \
	carillon-svc-reward carillon-svc-channel carillon-gateway carillon-deploy
BIN := .venv/bin
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv

.PHONY: help setup demo up down status test test-quick soak bench check format proto proto-baseline lock clean peers

help: ## Tell what there is to run
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/.ready ## Make the locked environment in .venv (nothing outside the checkout)

.venv/.ready: requirements.lock members.txt $(wildcard */pyproject.toml)
	@bash deploy/setup.sh

peers: ## Install, as root by apt, the programs of others that tests and benchmarks hold us against (Kannel, tshark, ...)
	@bash deploy/peers.sh

demo: setup ## Run one campaign as a closed loop on real data, end to end, and leave a page to look at
	@$(BIN)/carillon demo

up: setup ## Start the suite in the background; ready when the command returns
	@$(BIN)/carillon up

down: setup ## Stop the suite
	@$(BIN)/carillon down

status: setup ## Say what runs, where, and how it is
	@$(BIN)/carillon status

test: setup ## Run every test that needs no extra server; what was left out and why is printed last
	@$(BIN)/pytest

test-quick: setup ## The same without the fault tests, which kill processes of whole suites for minutes
	@$(BIN)/pytest -m "not faults"

soak: setup ## The long tests of the reward ledger, half an hour: a million operations under fifty kills, and more
	@GRPC_ENABLE_FORK_SUPPORT=0 $(BIN)/python -m tests.soak

bench: setup ## Measure speed, each figure beside its peer or limit in the same run
	@$(BIN)/python -m tests.bench

check: setup ## Format, lint, types, import contracts, house rules, protocol, generated code: what CI checks
	@bash deploy/check.sh

format: setup ## Put code and protocol into form
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --quiet --fix-only . && cd proto && ../$(BIN)/buf format -w

proto: setup ## Generate the stubs anew from the .proto files
	@$(BIN)/python proto/generate.py

proto-baseline: setup ## Take the protocol of today as what must not break (at a release)
	@cd proto && ../$(BIN)/buf build -o baseline.binpb --exclude-source-info

lock: ## Resolve the dependencies anew into requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	  $(addprefix --no-emit-package ,$(LOCAL)) --no-header --group dev pyproject.toml --python-version 3.11 -o requirements.lock

clean: ## Remove the environment, caches and all state under var/ (stop the suite first)
	@rm -rf .venv .cache var tests/artefacts .mypy_cache .ruff_cache .pytest_cache .hypothesis
