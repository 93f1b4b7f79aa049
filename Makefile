# Each target sets up what it needs (.venv; for tests a browser too) and runs. PYTHON=python3.12 chooses the Python.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN = .venv/bin
EXAMPLES = 20000
SECONDS = 1800

.PHONY: site serve pdf test torture fuzz sbom audit clean

site: .venv/site
	@$(BIN)/briefbook build --strict

serve: .venv/site
	@$(BIN)/briefbook serve

pdf: .venv/site
	@$(BIN)/briefbook pdf --strict

# The browser's tests take longest, and come first: files are not put in another order.
test: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/briefbook check --strict
	$(BIN)/mkdocs build --strict
	$(BIN)/briefbook build --strict --verify
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

# The long form of what tests do to builds: 200 kills, 10,000 readings, a disk that is full at 40 moments. Ten minutes.
torture: .venv/test
	KILLS=200 $(BIN)/pytest tests/test_integrity.py tests/test_disk.py tests/test_faults.py tests/test_reproducible.py

# Random text, other each time, for an hour or so; what fails is printed, and tried first the next time (.hypothesis).
# Then text that is guided by the lines it reaches, for so many seconds of each kind; what it found is in build/fuzz.
fuzz: .venv/test
	BRIEFBOOK_FUZZ=$(EXAMPLES) $(BIN)/pytest tests/test_fuzz.py tests/test_prose.py
	@if $(BIN)/python -m pip install --quiet --disable-pip-version-check atheris==3.0.0 2>/dev/null; then \
		for kind in yaml markdown; do $(BIN)/python -m tests.guided $$kind -max_total_time=$(SECONDS) || exit 1; done; \
	else echo "Not guided by the lines it reaches: atheris cannot be installed for this Python."; fi

# What Briefbook runs with, for those who must know (CycloneDX); the same from the same requirements.txt.
sbom: .venv/test
	@mkdir -p build
	@grep -v '^-e' requirements.txt | $(BIN)/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml \
		--output-reproducible --output-format JSON --output-file build/sbom.json -
	@echo "The bill of materials lies in build/sbom.json"

# Known weaknesses of what is pinned, for the tests too. Asks pypi.org; an environment of its own keeps pip-audit apart.
audit:
	@mkdir -p build
	@$(PYTHON) -m venv build/audit
	@build/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	@grep -h '==' requirements.txt requirements-dev.txt > build/audit/pinned.txt
	@build/audit/bin/pip-audit --strict --no-deps --disable-pip -r build/audit/pinned.txt

.venv/site: requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Briefbook needs Python 3.11 or later: install it, or name it with PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || bash tests/machine.sh python3-venv
	@$(PYTHON) -m venv .venv
	@echo "Installing what Briefbook runs with into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/test: .venv/site requirements-dev.txt tests/machine.sh
	@bash tests/machine.sh
	@echo "Installing what the tests need into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

clean:
	rm -rf build .venv
