# CI runs `make test`. `make` without a target lists the targets.

PYTHON ?= python3
TARGET := $(or $(CARGO_TARGET_DIR),target)
VENV := $(TARGET)/acceptance-venv
SDK := $(TARGET)/acceptance-sdk

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
acceptance: $(VENV)/installed sdks ## Run the tests with outside programs (Prometheus, Alertmanager, nginx, Chromium, the vendor's SDKs).
	cargo build --locked
	METASTUDIO_EXPORTER_BINARY=$(TARGET)/debug/metastudio-exporter METASTUDIO_SDK_PROGRAMS=$(SDK) \
		$(VENV)/bin/python -m pytest tests/acceptance

.PHONY: sdks
sdks: $(SDK)/go/vendor-sdk $(SDK)/java/built ## Build the programs with the vendor's SDKs for Go and Java.

# All downloads and caches of Go and Maven stay in $(SDK). With `modcacherw`, `cargo clean` can delete them. Without
# optimization, Go compiles the SDK in two thirds of the time.
$(SDK)/go/vendor-sdk: $(wildcard tests/acceptance/sdk/go/*) | debian-packages
	cd tests/acceptance/sdk/go && \
		GOPATH=$(abspath $(SDK))/go/path GOMODCACHE=$(abspath $(SDK))/go/path/pkg/mod \
		GOCACHE=$(abspath $(SDK))/go/cache GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0 \
		GOFLAGS='-mod=readonly -modcacherw -trimpath -buildvcs=false' \
		go build -gcflags='all=-N -l' -ldflags='-s -w' -o $(abspath $@) .

$(SDK)/java/built: $(wildcard tests/acceptance/sdk/java/*) | debian-packages
	rm -rf $(SDK)/java/classes $(SDK)/java/dependencies
	mvn --quiet --batch-mode --file tests/acceptance/sdk/java/pom.xml \
		-Dmaven.repo.local=$(abspath $(SDK))/java/repository -Doutput=$(abspath $(SDK))/java
	touch $@

.PHONY: screenshots
screenshots: $(VENV)/installed ## Update the README's screenshots.
	cargo build --release --locked
	$(VENV)/bin/python tests/acceptance/screenshots.py $(TARGET)/release/metastudio-exporter .github/screenshots

.PHONY: counts
counts: $(VENV)/installed ## Record the instructions of decoding and rendering in benches/instructions.json.
	UPDATE_COUNTS=1 $(VENV)/bin/python -m pytest tests/acceptance/test_instruction_counts.py

# Standard output is the table alone.
.PHONY: bench-compare
bench-compare: ## Measure the exporter against nginx, node_exporter, gzip and Prometheus; see benches/compare/__main__.py.
	@tests/acceptance/debian-packages.sh nginx-light prometheus prometheus-node-exporter openssl >&2
	@$(if $(BINARY),,cargo build --release --locked)
	@$(PYTHON) benches/compare --binary=$(or $(BINARY),$(TARGET)/release/metastudio-exporter) \
		$(ROUNDS:%=--rounds=%) $(POLLS:%=--polls=%) $(INTERVAL:%=--interval=%) $(LINES)

# Standard output is the table alone.
.PHONY: soak
soak: $(VENV)/installed ## Run the exporter for MINUTES=30 while everything around it changes and fails (SEED=).
	@$(if $(BINARY),,cargo build --release --locked)
	@$(VENV)/bin/python tests/soak --binary=$(or $(BINARY),$(TARGET)/release/metastudio-exporter) \
		--directory=$(TARGET)/soak $(MINUTES:%=--minutes=%) $(SEED:%=--seed=%)

.PHONY: load
load: $(VENV)/installed ## Put more load on the exporter than any Prometheus does, for SECONDS=60 in each of two crowds.
	@$(if $(BINARY),,cargo build --release --locked)
	@$(VENV)/bin/python tests/load --binary=$(or $(BINARY),$(TARGET)/release/metastudio-exporter) \
		$(SECONDS:%=--seconds=%) $(LINES)

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
