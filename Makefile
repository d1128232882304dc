# The commands of the portal. `make` alone lists them.
PYTHON ?=                                   # the Python to use; else the first that is new enough
VENV := .venv
unexport PYTHONDONTWRITEBYTECODE            # what is compiled once stays compiled: many tests start the program anew
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check
READY := $(VENV)/ready $(VENV)/tests-ready $(VENV)/tools/ready
$(shell test -x $(RUN) || rm -f $(READY))   # after an upgrade of the system the old Python is gone, and what was for it

.DELETE_ON_ERROR:
.PHONY: help install run demo test lint format test-postgres soak backup drill restore upgrade migration readme pins audit sbom release mutants bench keys pictures
help:
	@echo "make run        start the portal (installs, creates or upgrades what is missing)"
	@echo "make install    install the packages of the portal, and start nothing"
	@echo "make demo       start a fictional school, in its own folder"
	@echo "make test       run every test, make lint before them"
	@echo "make lint       see that the code is formatted and has no known slip; make format formats it"
	@echo "make backup     make a backup now; make drill tries the newest one out; make restore puts it back"
	@echo "make upgrade    bring the program to its newest version, or leave all as it was"
	@echo "make test-postgres  run every test that needs no browser on a real PostgreSQL"
	@echo "make soak       the long runs with their full figures: kills, full disk, load, a school year (about half an hour)"
	@echo "make migration  after adding a question to models.py"
	@echo "make readme     write the generated parts of README.md and docs/letters.md again"
	@echo "make pins       after changing a package in requirements.txt: write the hashes again"
	@echo "make audit      ask whether a package has a known hole (needs the internet)"
	@echo "make sbom       list every package in sbom.json (CycloneDX), for a release"
	@echo "make release    sbom.json, a seeded school in tests/released, and the tag of the version"
	@echo "make mutants    change each guard in turn and see that a test notices (long)"
	@echo "make keys       count the keys that the usual forms take, beside Flask-Admin's own forms"
	@echo "make pictures   take the pictures in docs/pictures again, of a fictional school"
	@echo "make bench      how long each page takes in two sizes of school, beside a Django admin"

install: $(VENV)/ready
	@echo "The portal is installed. Start it with: make run"

run: $(VENV)/ready
	@$(RUN) commands.py run

demo: $(VENV)/ready
	@$(RUN) commands.py demo

migration: $(VENV)/ready
	@$(RUN) commands.py migration

readme: $(VENV)/ready
	@$(RUN) commands.py readme

backup drill restore upgrade: $(VENV)/ready
	@$(RUN) commands.py $@

lint: $(VENV)/tests-ready
	@$(RUN) -m ruff format --check --quiet . || { echo "Run: make format"; exit 1; }
	@$(RUN) -m ruff check --quiet .
	@$(RUN) -m djlint --lint --quiet templates

format: $(VENV)/tests-ready
	@$(RUN) -m ruff format --quiet .
	@$(RUN) -m ruff check --fix .

test: lint
	@$(RUN) tests/need_chromium.py
	@$(RUN) -m pytest

test-postgres: $(VENV)/tests-ready
	@$(RUN) tests/postgres.py --ignore tests/browser

soak: $(VENV)/tests-ready
	@$(RUN) tests/soak $(ONLY)

pins: $(VENV)/tools/ready
	@$(VENV)/tools/bin/python tests/pins.py

audit: $(VENV)/ready $(VENV)/tools/ready
	@$(VENV)/tools/bin/pip-audit --strict --disable-pip --progress-spinner off -r requirements.txt

sbom: $(VENV)/tools/ready
	@$(VENV)/tools/bin/cyclonedx-py requirements --output-reproducible --validate --output-file sbom.json requirements.txt
	@$(RUN) -c 'import json; print("sbom.json:", len(json.load(open("sbom.json"))["components"]), "components")'

release: sbom $(VENV)/tests-ready
	@$(RUN) tests/release.py

mutants: $(VENV)/mutants-ready
	@$(RUN) -m mutmut run

keys: $(VENV)/tests-ready
	@$(RUN) tests/keys.py

pictures: $(VENV)/pictures-ready
	@$(RUN) tests/need_chromium.py
	@$(RUN) tools/pictures.py

bench: $(VENV)/tests-ready $(VENV)/peer/ready
	@$(RUN) benchmarks/lists.py --peer $(VENV)/peer/bin/python

$(VENV)/mutants-ready: tests/mutants.txt $(VENV)/tests-ready
	@$(PIP) -r tests/mutants.txt && touch $@

$(VENV)/pictures-ready: tests/pictures.txt $(VENV)/tests-ready
	@$(PIP) -r tests/pictures.txt && touch $@

$(VENV)/bin/python:
	@python="$$(sh tests/need-python.sh "$(PYTHON)")" && "$$python" -m venv $(VENV)

$(VENV)/ready: requirements.txt | $(VENV)/bin/python
	@echo "Installing the packages of the portal (once, about a minute) ..."
	@$(PIP) -r requirements.txt || { echo "The packages could not be fetched. Behind a web filter: docs/technician.md, When something goes wrong." >&2; exit 1; }
	@touch $@

$(VENV)/tests-ready: requirements.txt tests/requirements.txt $(VENV)/ready
	@echo "Installing what the tests need (once) ..."
	@$(PIP) -r tests/requirements.txt && touch $@

$(VENV)/tools/ready: tests/tools.txt | $(VENV)/bin/python
	@echo "Installing the tools of a release (once) ..."
	@$(RUN) -m venv $(VENV)/tools && $(VENV)/tools/bin/python -m pip install --quiet --disable-pip-version-check -r tests/tools.txt && touch $@

$(VENV)/peer/ready: benchmarks/requirements.txt | $(VENV)/bin/python
	@echo "Installing what our pages are measured beside (once) ..."
	@$(RUN) -m venv $(VENV)/peer && $(VENV)/peer/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt && touch $@
