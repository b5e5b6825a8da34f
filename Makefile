# make demo: a real Glue pipeline on real data.   make test: everything CI runs.
# Both create what they need in this folder (.venv, .venv-clients, .runtimes); nothing global but Debian packages.
.PHONY: demo test databases check bench clean
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
export MASTIC_RUNTIMES ?= $(CURDIR)/.runtimes
# Compiled once here, not at every import of every process: an import of pandas takes 0.3 s instead of 2.
export UV_COMPILE_BYTECODE := 1

demo: $(VENV)/.installed
	@$(BIN)/mastic demo

test: $(VENV)/.dev
	@$(MAKE) --no-print-directory --jobs=2 .runtimes/.spark .venv-clients/.installed databases check
	$(BIN)/pytest -n 2 --dist loadgroup

databases:
	@scripts/install-postgresql
	@scripts/install-mariadb

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m mastic.protocol.coverage --check
	$(BIN)/python -m mastic.cli.reference --check

bench: $(VENV)/.dev .runtimes/.spark
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv .venv-clients .runtimes

$(VENV)/.installed: pyproject.toml scripts/create-venv
	@scripts/create-venv $(VENV)
	@$(BIN)/uv pip install -q --python $(BIN)/python -e '.[demo]'
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	@$(BIN)/uv pip install -q --python $(BIN)/python -e '.[demo]' --group dev
	@$(BIN)/python -m compileall -q src
	@touch $@

# S3 clients that pin an older botocore than ours live in an environment of their own.
.venv-clients/.installed: $(VENV)/.installed
	@scripts/create-venv .venv-clients
	@$(BIN)/uv pip install -q --python .venv-clients/bin/python --group clients
	@touch $@

.runtimes/.spark: $(VENV)/.installed
	@mkdir -p .runtimes
	@$(BIN)/mastic runtime install spark
	@touch $@
