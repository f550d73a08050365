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

# Mirador with the panel that searches, for our own pages (viewer/README.md).
VIEWER := iiifsearch/static/iiifsearch/viewer/viewer.js
VIEWER_SOURCES := $(shell find viewer/src -type f) viewer/package-lock.json viewer/vite.config.js

# What the pages and the admin say in other languages than English (docs/translating.md).
TRANSLATIONS := $(patsubst %.po,%.mo,$(wildcard */locale/*/LC_MESSAGES/django.po))

.PHONY: demo viewer translations messages test test-long test-viewer lint bench stop clean

demo: $(INSTALLED) $(VIEWER) $(TRANSLATIONS)
	@IIIFSEARCH_PUBLIC_URL=http://127.0.0.1:$(PORT) $(BIN)/python manage.py demo \
	  --settings iiifsearch.settings.demo --iiif-port $(IIIF_PORT) $(addprefix --manifest ,$(MANIFEST))

viewer: $(VIEWER)

translations: $(TRANSLATIONS)

# Texts that are new or changed go to the translators' files; this takes GNU gettext.
messages: $(INSTALLED)
	cd catalog && ../$(BIN)/django-admin makemessages $(MESSAGES)
	cd iiifsearch && ../$(BIN)/django-admin makemessages $(MESSAGES)
MESSAGES := -l de -l fr -l it --no-obsolete --no-wrap --add-location file

test: test-viewer $(TRANSLATIONS)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-viewer: $(INSTALLED) $(VIEWER)
	$(BIN)/python viewer/npm.py test

test-long: test-viewer $(TRANSLATIONS)
	$(BIN)/python -m pytest -m "long or not long" $(PYTEST_ARGS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run

bench: $(INSTALLED) $(TRANSLATIONS)
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

stop: $(INSTALLED)
	$(BIN)/python manage.py postgres stop

# Everything that was made at run time goes: database, pictures, exported encoders.
clean: stop
	rm -rf var

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(VIEWER): $(INSTALLED) $(VIEWER_SOURCES)
	$(BIN)/python viewer/npm.py run build

%.mo: %.po | $(INSTALLED)
	$(BIN)/python translations.py
