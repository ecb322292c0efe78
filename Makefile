# Everything that a newcomer types. The environment is made once, in .venv, from a lock with hashes.
PYTHON ?= python3
CORES ?= 2
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r
COMPILE := $(BIN)/python -m compileall -q -j 0 -x 'site-packages/.*/tests/' .venv scripts || true  # on all cores
.DEFAULT_GOAL := help
BLANK := $(subst x,,x x)
ifneq (,$(findstring $(BLANK),$(CURDIR)))
$(error The path of this folder has a blank, and Snakemake cannot run from there: $(CURDIR). Move the folder)
endif
.PHONY: help demo real test check lint docs mutation graph bench lock clean

help:  ## what there is to type
	@grep -hE '^[a-z]+:.*##' Makefile | awk -F ':.*## ' '{printf "make %-9s %s\n", $$1, $$2}'

.venv/reduction: envs/reduction.lock
	@echo "Making the environment in .venv (about a minute) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "helioreduce needs Python 3.11 or later: make demo PYTHON=python3.12")'
	@$(PYTHON) -m venv .venv
	@$(INSTALL) $<
	@$(COMPILE)
	@touch $@

.venv/test: envs/test.lock .venv/reduction
	@echo "Adding the tests' packages ..."
	@$(INSTALL) $<
	@$(COMPILE)
	@touch $@

demo: .venv/reduction  ## reduce two images of the embedded archive, from level 1 to DN/s
	@$(BIN)/snakemake --cores $(CORES) --quiet rules

real: .venv/reduction  ## reduce real cut-outs of a flare in six channels, downloaded by package name
	@$(BIN)/python workflow/real_data.py results/real
	@$(BIN)/snakemake light_curves --directory results/real --cores $(CORES) --quiet rules
	@echo "Look at results/real/results/figures/channels.png"

test: .venv/test  ## the tests
	@$(BIN)/python -m pytest -n $(CORES) -m "not full" --durations=10

check: .venv/test  ## the tests with the full-size and long ones
	@$(BIN)/python -m pytest -n $(CORES) --durations=10

lint: .venv/test  ## style, types, layers, spelling, rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=scripts $(BIN)/lint-imports --no-logo
	$(BIN)/numpydoc lint scripts/helioreduce/image.py $(filter-out %/values.py,$(wildcard scripts/helioreduce/api/*.py))
	$(BIN)/codespell
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

.venv/docs: envs/docs.lock .venv/reduction
	@echo "Adding the site's packages ..."
	@$(INSTALL) $<
	@$(COMPILE)
	@touch $@

docs: .venv/docs  ## the site, in docs/_build
	@$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going -j $(CORES) docs docs/_build
	@echo "Look at docs/_build/index.html"

mutation: .venv/test  ## small changes of numerical modules: which do their tests miss? (MODULES="aia/error numerics")
	@$(BIN)/python tests/mutation/run.py $(MODULES)

graph: .venv/reduction  ## draw the graph of the rules in docs/steps/rules.md anew
	@$(BIN)/snakemake --rulegraph mermaid-js 2>/dev/null | $(BIN)/python workflow/graph.py docs/steps/rules.md

bench: .venv/test  ## kernels against their peers, as ratios in one run
	@for script in tests/benchmarks/[a-z]*.py; do PYTHONPATH=scripts:tests/support $(BIN)/python $$script || exit 1; done

lock:  ## resolve the dependencies anew (needs uv)
	uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-header pyproject.toml -o envs/reduction.lock
	uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-header --extra test -c envs/reduction.lock pyproject.toml -o envs/test.lock
	uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-header --extra docs -c envs/test.lock pyproject.toml -o envs/docs.lock

clean:  ## remove the environment (the results stay)
	rm -rf .venv
