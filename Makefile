# Everything a checkout can do. Only Python 3.11 or newer, git and GNU make are assumed.
# PYTHON and VENV may be set: make demo PYTHON=/opt/python3.12/bin/python3 VENV=/tmp/venv

VENV ?= .venv
RUN = $(VENV)/bin
NEW_ENOUGH = import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$p && break; done)
# One step and pinned, so that two checkouts of one commit run the same code.
INSTALL = $(RUN)/python -m pip install --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test browser lint bench docs golden wheel clean

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null \
		|| sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1  \2/p' Makefile

demo: $(VENV)/installed-demo ## Install, then show the gate on photographs: ends with a report
	$(RUN)/moderation demo

test: $(VENV)/installed-test browser ## Install, then run every test
	$(RUN)/pytest

# Called, not only looked up: the one of Ubuntu's images is a note that there is none. Whatever
# happens here fails nothing; the tests that open pages are skipped then, and say so.
browser: ## Chromium for the tests that open pages, where root has apt-get
	@for name in "$$MODERATION_CHROMIUM" chromium chromium-browser google-chrome; do \
		"$$name" --version >/dev/null 2>&1 && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing Chromium, for the tests that open pages"; \
		export DEBIAN_FRONTEND=noninteractive; \
		get="apt-get -qq -o Acquire::http::Timeout=30 -o Acquire::Retries=1"; \
		install="$$get install -y --no-install-recommends chromium fonts-noto-cjk"; \
		$$install >/dev/null 2>&1 && exit 0; \
		$$get update >/dev/null 2>&1; \
		$$install >/dev/null 2>&1 && exit 0; \
	fi; \
	echo "no Chromium on the PATH: tests in a browser are skipped, unless Playwright has its own"

lint: $(VENV)/installed-test ## Style, types, import floors
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports

bench: $(VENV)/installed-bench ## Every benchmark, four hours or more; writes benchmarks/results
	$(RUN)/python benchmarks/run_all.py

docs: $(VENV)/installed-test ## Reference pages and benchmark tables from code and results
	$(RUN)/python docs/generate.py
	$(RUN)/python benchmarks/tables.py

golden: $(VENV)/installed-test ## Rewrite the golden files; read the difference before you commit
	$(RUN)/pytest --write-golden

wheel: $(VENV)/created ## dist/notegate-….whl
	$(RUN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

clean: ## Remove what these commands made, also the virtual environment
	rm -rf $(VENV) dist build demo-report demo-register demo-desk work
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp newer than both files means: installed as they say. Each lists all it needs.
$(VENV)/installed-demo: $(VENV)/created pyproject.toml constraints.txt
	@echo "installing into $(VENV): a few minutes the first time, most of it PyTorch"
	$(INSTALL) -e '.[demo,heic,ocr,provenance,console]'
	@touch $@

$(VENV)/installed-test: $(VENV)/created pyproject.toml constraints.txt
	@echo "installing into $(VENV): a few minutes the first time, most of it PyTorch"
	$(INSTALL) -e '.[demo,heic,ocr,provenance,console,train,test,lint]'
	@touch $@ $(VENV)/installed-demo

$(VENV)/installed-bench: $(VENV)/created pyproject.toml constraints.txt
	@echo "installing into $(VENV): a few minutes the first time, most of it PyTorch"
	$(INSTALL) -e '.[demo,heic,ocr,provenance,console,train,test,lint,bench]'
	@touch $@ $(VENV)/installed-demo $(VENV)/installed-test

$(VENV)/created:
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(NEW_ENOUGH)' || { \
		echo "Python 3.11 or newer is needed, $(or $(PYTHON),python3) is $$($(or $(PYTHON),python3) --version 2>&1)"; \
		echo "Install a newer one and name it: make demo PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
		echo "$(PYTHON) comes without venv; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@
