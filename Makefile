# What one can do here. Nothing but Python 3.11 or newer and make is needed beforehand.

.DEFAULT_GOAL := help
.PHONY: help run test bench messages lint types clean environment environment-tests

# The first Python on the path that is new enough; `make PYTHON=/path/to/python3 run` names another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)
VENV := .venv/bin

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

run: environment ## install what is missing and start everything; Ctrl-C stops it
	@exec $(VENV)/python scripts/supervise.py

test: ## run all tests, in browsers and on both databases; TESTS="tests/mail -k quota" runs some
	@exec $(or $(PYTHON),python3) scripts/run_tests.py $(TESTS)

bench: environment-tests ## measure speed and memory; results go to docs/benchmarks.md
	@exec $(VENV)/python -m bench

messages: environment ## collect the texts of the interface into locale/, for translators
	@exec $(VENV)/python manage.py make_messages

lint: environment-tests ## check style, migrations and the direction of imports
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/python manage.py makemigrations --check --dry-run
	PYTHONPATH=calendar $(VENV)/lint-imports

types: environment-tests ## check the types (mypy)
	$(VENV)/mypy workmail mailapp calendar/calendarapp admin_console gateways

clean: ## remove what was made from sources; data/ and .venv/ stay
	rm -rf .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis build
	find . -path ./.venv -prune -o -path ./data -prune -o -name __pycache__ -type d -print | xargs rm -rf
	find locale -name '*.mo' -delete

environment:
	@$(or $(PYTHON),python3) scripts/environment.py

environment-tests:
	@$(or $(PYTHON),python3) scripts/environment.py --tests
