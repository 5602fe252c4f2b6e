# make setup | make demo [SEED=0] | make test | make lint | make base | make table4
# Every target sets up what it needs; what is set up already costs nothing.

SEED ?= 0
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: setup demo test lint base table4 ffmpeg chromium

setup: $(READY) ffmpeg

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) --version); set PYTHON=…"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,spaces]'
	@touch $@

ffmpeg:
	@command -v ffmpeg >/dev/null || ./install_packages.sh ffmpeg

chromium:
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || \
		./install_packages.sh chromium chromium-driver || echo "the tests of web pages will be skipped"

demo: setup
	@$(BIN)/python -m trainer.demo --seed $(SEED)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

test: setup chromium lint
	$(BIN)/python -m pytest

base: setup
	$(BIN)/python -m trainer.demo_base

table4: setup
	@$(BIN)/python -m trainer.baselines.table4
