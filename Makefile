# Everything a person does with this checkout; `make help` lists it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 5000
ARGS   ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup run test lint bench tour translations clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 16

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

.make/run: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	@mkdir -p .make && touch $@

.make/dev: requirements-dev.txt requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	@mkdir -p .make && touch $@ .make/run

.make/assets: package-lock.json tools/assets.py .make/run
	$(BIN)/python tools/assets.py
	@touch $@

.make/catalogues: $(wildcard translations/*/LC_MESSAGES/*.po) .make/run
	$(BIN)/pybabel --quiet compile --directory translations
	@touch $@

setup: .make/run .make/assets .make/catalogues  ## install what running needs

run: setup  ## serve the demonstration court on 127.0.0.1 (PORT=5000)
	@PORT=$(PORT) $(BIN)/python tools/run_demo.py

test: .make/dev .make/assets .make/catalogues  ## run the whole test suite (ARGS="-k bids" narrows it)
ifeq ($(ARGS),)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not services and not browser"
	$(BIN)/python -m pytest -m "services or browser"
else
	$(BIN)/python -m pytest $(ARGS)
endif

lint: .make/dev  ## ruff, mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .make/dev setup  ## benchmarks, each a ratio measured in one run
	$(BIN)/python -m bench $(ARGS)

tour: .make/dev setup  ## take the README's screenshots (needs chromium)
	$(BIN)/python tools/tour.py

translations: .make/dev  ## collect strings into translations/ and check that none is missing
	$(BIN)/pybabel --quiet extract -F babel.cfg -k _l -k lazy_gettext --ignore-dirs ".* node_modules instance" -o messages.pot .
	$(BIN)/pybabel --quiet update --no-fuzzy-matching -i messages.pot -d translations

clean:  ## remove what set-up and running have made (the demonstration data too)
	rm -rf $(VENV) .make node_modules static/vendor instance
