# Two commands do all the set-up: make demo, make test.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# The demo's own addresses.
PORT ?= 8000
IIIF_PORT ?= 8183
MANIFEST ?=

# Two processes, each with a database of its own: twice as fast on two cores.
PYTEST_ARGS ?= -n 2 --dist worksteal

.PHONY: demo test test-long lint bench stop clean

demo: $(INSTALLED)
	@IIIFSEARCH_PUBLIC_URL=http://127.0.0.1:$(PORT) $(BIN)/python manage.py demo \
	  --settings iiifsearch.settings.demo --iiif-port $(IIIF_PORT) $(addprefix --manifest ,$(MANIFEST))

test: $(INSTALLED)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-long: $(INSTALLED)
	$(BIN)/python -m pytest -m "long or not long" $(PYTEST_ARGS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run

bench: $(INSTALLED)
	$(BIN)/python manage.py bench search --settings iiifsearch.settings.demo

stop: $(INSTALLED)
	$(BIN)/python manage.py postgres stop

# Everything that was made at run time goes: database, pictures, exported encoders.
clean: stop
	rm -rf var

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
