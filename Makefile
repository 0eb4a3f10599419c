# `make demo` and `make test` are all there is to know. Each makes .venv on its first call.
PYTHON ?= python3
# PyTorch without CUDA, a tenth of the download; `make TORCH_INDEX= …` takes the default build.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

BIN := .venv/bin
READY := .venv/.ready
RUN := runs/demo
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-all lint install clean
.DELETE_ON_ERROR:

demo: $(READY)
	@if [ -e $(RUN)/config.yaml ]; then $(BIN)/soundwalk resume $(RUN); \
	else $(BIN)/soundwalk train quick --run-dir $(RUN); fi
	@$(BIN)/soundwalk evaluate --agents $(RUN) direction_follower random oracle \
	  --split val --episodes 200 --seed 0 --json $(RUN)/results.json --video 3
	@echo "The table is in $(RUN)/results.json. Watch and listen: $(RUN)/video.mp4"

test: lint
	$(BIN)/python -m pytest -q

test-all: lint
	$(BIN)/python -m pytest -q --durations=20 -m "not gpu and not habitat"

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

install: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "soundwalk needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1)."; \
	  echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt $$($(BIN)/python .ci/torch_index.py $(TORCH_INDEX)) \
	  --editable . --group dev
	@touch $@

clean:
	rm -rf build dist *.egg-info src/*.egg-info .venv/.ready
	find agents envs perception training -name '*.nb[ic]' -delete
