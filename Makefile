# The two commands that matter: `make demo` and `make test`. Both do all their own set-up (see tools/setup).
.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help demo test run lint bench corpora setup lock clean

help: ## What can be asked for
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: .venv/.runtime ## The whole story on invented people, in under a minute
	@$(BIN)/gateway demo

test: .venv/.dev ## The test suite, on real SQLite, PostgreSQL and Redis
	@$(BIN)/pytest -n auto --dist worksteal $(PYTEST)

run: .venv/.runtime ## The gateway on this machine, in trial mode
	@$(BIN)/gateway serve

lint: .venv/.dev ## Style, types, import contracts, policies
	@tools/lint

bench: .venv/.dev ## What it costs: prints ratios
	@$(BIN)/python -m bench

corpora: .venv/.dev ## Real material beside the project, when it is there: what is read right, and what is not
	@$(BIN)/python -m bench.corpora

setup: .venv/.dev ## Only the set-up

lock: .venv/.dev ## Recompute the locks from pyproject.toml (needs uv)
	@tools/lock

clean: ## Remove what was built; keeps var/, where an installation lives
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.runtime: requirements.lock requirements-build.lock pyproject.toml tools/setup
	@tools/setup runtime

.venv/.dev: requirements-dev.lock requirements-build.lock requirements-servers.lock pyproject.toml tools/setup
	@tools/setup dev
