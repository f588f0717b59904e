.DEFAULT_GOAL := help
SHELL := /bin/bash
export UV_PYTHON_DOWNLOADS := never

PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PURE := $(wildcard tests/contract tests/models tests/edge tests/central tests/project)
REAL := $(wildcard tests/conformance tests/integration tests/scenarios tests/browser)
ALONE := $(wildcard tests/story tests/faults)

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: setup  ## camera, box, centre and review page on this machine; CLIP=file-or-rtsp-url RULES=file, DEMO_EXIT=1 ends by itself
	@.venv/bin/python demo.py

setup: python  ## .venv with box and centre, as the lock file says
	@$(PYTHON) bootstrap.py setup

test: develop check  ## everything that must hold, in minutes; installs mosquitto and a browser from Debian when it may
	@$(PYTHON) bootstrap.py test-tools
	@.venv/bin/pytest -q -n 2 $(PURE); pure=$$?; \
	.venv/bin/pytest -q -n 2 --dist loadfile $(REAL); real=$$?; \
	.venv/bin/pytest -q $(ALONE); alone=$$?; exit $$(( pure | real | alone ))

check: develop  ## format, lint, types, import contracts
	@.venv/bin/ruff format --check -q . && .venv/bin/ruff check -q . && .venv/bin/mypy && .venv/bin/lint-imports | tail -8 && exit $${PIPESTATUS[0]}

bench: develop  ## how fast it is on this machine, beside others: ULTRALYTICS=PYTHON, docs/benchmarks.md
	@$(PYTHON) bootstrap.py test-tools
	@.venv/bin/python -m tests.bench $(if $(ULTRALYTICS),--ultralytics $(ULTRALYTICS))

docs: develop  ## the pictures of the documents: rules out of their scenarios, pages by the browser tests
	@.venv/bin/python -m tests.project.rule_pictures
	@$(PYTHON) bootstrap.py test-tools
	@XUNJIAN_PICTURES=docs/images .venv/bin/pytest -q tests/browser

clean:  ## what can be made again: the demo's run, caches, the environment
	rm -rf .demo .cache .venv .tools .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

develop: python
	@$(PYTHON) bootstrap.py setup --dev

python:
	@test -n '$(PYTHON)' || { echo 'xunjian setup: Python 3.11 or newer is not on PATH; run: apt install python3' >&2; exit 1; }

.PHONY: help demo setup test check bench docs clean develop python
