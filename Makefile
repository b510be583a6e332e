# CI runs `make test`. `make` without a target lists the targets.

PYTHON ?= python3
TARGET := $(or $(CARGO_TARGET_DIR),target)
VENV := $(TARGET)/acceptance-venv

.DEFAULT_GOAL := help
# The order of the prerequisites of `test` matters: the cheapest check fails first.
.NOTPARALLEL:
.DELETE_ON_ERROR:

.PHONY: help
help: ## Show this list.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

.PHONY: test
test: check unit acceptance ## Run all tests, as CI does.

.PHONY: check
check: ## Check the formatting and lint.
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings

.PHONY: unit
unit: ## Run the tests in Rust.
	cargo test --locked

.PHONY: acceptance
acceptance: $(VENV)/installed ## Run the tests with outside programs (Prometheus, Alertmanager, nginx, Chromium, the vendor's SDK).
	cargo build --locked
	METASTUDIO_EXPORTER_BINARY=$(TARGET)/debug/metastudio-exporter $(VENV)/bin/python -m pytest tests/acceptance

.PHONY: screenshots
screenshots: $(VENV)/installed ## Update the README's screenshots.
	cargo build --release --locked
	$(VENV)/bin/python tests/acceptance/screenshots.py $(TARGET)/release/metastudio-exporter .github/screenshots

# Only requirements.txt is installed, so `pip check` fails if it does not pin all dependencies.
$(VENV)/installed: tests/acceptance/requirements.txt | debian-packages
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	$(VENV)/bin/pip check --disable-pip-version-check
	touch $@

.PHONY: debian-packages
debian-packages:
	tests/acceptance/debian-packages.sh

.PHONY: deny
deny: ## Check the licences and sources of the dependencies; needs cargo-deny.
	cargo deny --locked check bans licenses sources

.PHONY: demo
demo: ## Run the exporter on a simulated cloud, without an account.
	cargo run --release --locked -- demo

.PHONY: clean-venv
clean-venv: ## Remove the virtual environment of the acceptance tests.
	rm -rf $(VENV)
