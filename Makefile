# Everything is set up in .venv and node_modules; each target does first what it needs.
PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
export PATH := $(BIN):$(PATH)
unexport PYTHONPATH PYTHONHOME

FRONT := $(shell find labextension -type f ! -name '.*') package.json package-lock.json tsconfig.json
WIDGET := kernel_ext/tabweave/static/widget.js
EXTENSION := server_ext/tabweave_server/labextension/package.json
MISSING := $(if $(and $(wildcard $(WIDGET)),$(wildcard $(EXTENSION))),,missing)
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help lab test unit unit-core unit-kernel unit-server front notebooks ui check lint types wheel build format protocol clean missing

help:  ## what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

lab: $(VENV)/installed  ## set up, then open JupyterLab on the first example (ARGS="--no-browser" and the like)
	jupyter lab --LabApp.default_url=/lab/tree/notebooks/01_first_grid.ipynb $(AS_ROOT) $(ARGS)

test: $(VENV)/tested $(VENV)/browser  ## set up, then run every test, two kinds side by side, the longest first
	$(MAKE) --no-print-directory -j2 --output-sync=target ui unit-core unit-kernel unit-server front notebooks

# What is asked for by ARGS may all be in another part.
NONE := $(if $(ARGS),|| [ $$? -eq 5 ])

unit: $(VENV)/tested  ## the Python tests, two parts side by side
	$(MAKE) --no-print-directory -j2 --output-sync=target unit-core unit-kernel unit-server

unit-core: $(VENV)/tested
	python -m pytest tests/core tests/protocol -q $(ARGS) $(NONE)

unit-kernel: $(VENV)/tested
	python -m pytest tests/kernel -q $(ARGS) $(NONE)

unit-server: $(VENV)/tested
	python -m pytest tests/server -q $(ARGS) $(NONE)

front: $(VENV)/tested  ## the front end's tests
	npm test

notebooks: $(VENV)/tested  ## the example notebooks, run without a server
	python -m pytest --nbval notebooks -q -p no:randomly

ui: $(VENV)/tested $(VENV)/browser  ## the browser tests
	python -m pytest tests/ui -q $(ARGS)

check: lint types wheel  ## what decides beside the tests

lint: $(VENV)/tested  ## ruff, TypeScript and prettier
	ruff check .
	ruff format --check .
	npm run check

types: $(VENV)/tested  ## mypy, strict
	mypy

wheel: $(VENV)/tested  ## build the wheel and use it where there is no Node
	python tests/wheel.py

build: $(VENV)/built  ## the front end, if a source is newer

format: $(VENV)/tested  ## format Python and TypeScript
	ruff check --fix-only -q .
	ruff format .
	npm run format

protocol: $(VENV)/installed  ## write protocol.ts anew from the Python messages
	python -m tabweave_core.protocol.typescript labextension/src/protocol.ts

clean:  ## take away everything that was set up or built
	rm -rf $(VENV) node_modules dist kernel_ext/tabweave/static server_ext/tabweave_server/labextension

$(VENV)/browser: $(VENV)/bin/python
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || sh .ci/browser
	@touch $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "Tabweave needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
	python -m pip install -q --upgrade pip

$(VENV)/node: $(VENV)/bin/python
	@{ node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' && npm --version; } >/dev/null 2>&1 || sh .ci/node $(BIN)
	@touch $@

node_modules/.package-lock.json: package-lock.json $(VENV)/node
	npm ci --loglevel=error
	@touch $@

$(VENV)/builder: $(VENV)/bin/python
	python -m pip install -q "jupyter_builder>=1.3"
	@touch $@

$(VENV)/built: $(FRONT) node_modules/.package-lock.json $(VENV)/builder $(MISSING)
	npm run build:prod
	@touch $@

# The front end is built already; pip would build it once more, and needs no Node this way.
$(VENV)/installed: pyproject.toml $(VENV)/built
	SKIP_JUPYTER_BUILDER=1 python -m pip install -q -e ".[lab]"
	@touch $@

$(VENV)/tested: pyproject.toml $(VENV)/built
	SKIP_JUPYTER_BUILDER=1 python -m pip install -q -e ".[lab,test]"
	@touch $(VENV)/installed $@
