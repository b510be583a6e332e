# CI runs `make test`. `make` without a target lists the targets.

PYTHON ?= python3
TARGET := $(or $(CARGO_TARGET_DIR),target)
VENV := $(TARGET)/acceptance-venv
SDK := $(TARGET)/acceptance-sdk
TOOLS := $(TARGET)/tools
GO_PROGRAMS := $(TARGET)/go-programs
# Debian's Python can be without pip, which environments have.
BUILD_GO_PROGRAMS = PYTHON=$(abspath $(VENV))/bin/python tests/acceptance/go-programs.sh $(GO_PROGRAMS)
CARGO_AUDITABLE := 0.7.7
CARGO_CYCLONEDX := 0.5.9
CARGO_DENY := 0.20.2
CARGO_MACHETE := 0.9.2
MDBOOK := 0.5.4

# Most tests wait, so more run at a time than there are cores. PROCESSES are those of the acceptance tests.
TWICE_THE_CORES := $(shell expr 2 '*' $$(nproc))
PROCESSES ?= $(shell expr 3 '*' $$(nproc))

.DEFAULT_GOAL := help
include tests/packaging/packaging.mk
.DELETE_ON_ERROR:

.PHONY: help
help: ## Show this list.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

# The cheapest check fails first. Everything is built before the first test runs, so that no build delays a test;
# downloads, Go and Java are built while cargo builds. The test runners' summaries are the last lines.
.PHONY: test
test: ## Run all tests, as CI does.
	$(MAKE) --no-print-directory --jobs=3 --output-sync=line rust programs
	$(MAKE) --no-print-directory unit
	$(MAKE) --no-print-directory acceptance

.PHONY: check
check: ## Check the formatting and lint.
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings

# One recipe: cargo's own lock allows one build at a time. `cargo check` has none of the features that only tests turn on,
# so it finds code that needs them.
.PHONY: rust
rust: check
	cargo check --locked
	cargo test --locked --no-run

# The last two wait most of the time, so they run beside each other.
.PHONY: unit
unit: export RUST_TEST_THREADS := $(TWICE_THE_CORES)
unit: ## Run the tests in Rust.
	cargo test --locked --lib --bins
	cargo test --locked --doc
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target fault-matrix integration

.PHONY: fault-matrix integration
fault-matrix:
	cargo test --locked --test fault_matrix
integration:
	cargo test --locked --test integration

# Each program for SECONDS, or only those in NAMES. libFuzzer needs a feature of the compiler that is not stable yet. New
# inputs are left in $(TARGET)/fuzz; those in `fuzz/corpus/` are read only.
CARGO_FUZZ := 0.13.2
FUZZ_NAMES := $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs)))
.PHONY: fuzz
fuzz: $(TOOLS)/cargo-fuzz-$(CARGO_FUZZ) ## Feed random texts to all readers, for SECONDS (600) each or only to those in NAMES.
	cargo fetch --locked --manifest-path fuzz/Cargo.toml
	@for name in $(or $(NAMES),$(FUZZ_NAMES)); do \
		echo "== $$name"; \
		mkdir -p $(TARGET)/fuzz/$$name; \
		RUSTC_BOOTSTRAP=1 nice $(TOOLS)/bin/cargo-fuzz fuzz run --fuzz-dir fuzz $$name \
			$(TARGET)/fuzz/$$name fuzz/corpus/$$name -- \
			-max_total_time=$(or $(SECONDS),600) -dict=fuzz/dictionary -max_len=65536 -timeout=10 \
			-rss_limit_mb=2048 -print_final_stats=1 || exit 1; \
	done

.PHONY: faults
faults: ## Try all pairs of faults, not only one of each kind.
	FAULT_PAIRS=all cargo test --locked --test fault_matrix

.PHONY: programs
programs: $(VENV)/installed sdks
	$(BUILD_GO_PROGRAMS) actionlint compose helm helm-docs kubeconform
	$(VENV)/bin/python tests/acceptance/kubernetes_schemas.py $(GO_PROGRAMS)

# The program is the one that `cargo test` builds. `cargo build` would compile half of the crates again, without the
# features of tests, and `test_instruction_counts.py` would replace its program while other tests start it.
.PHONY: acceptance
acceptance: programs ## Run the tests with outside programs (Prometheus, Alertmanager, nginx, Chromium, the vendor's SDKs).
	cargo test --locked --no-run
	METASTUDIO_EXPORTER_BINARY=$(TARGET)/debug/metastudio-exporter METASTUDIO_SDK_PROGRAMS=$(SDK) \
		GO_PROGRAMS=$(GO_PROGRAMS) $(VENV)/bin/python -m pytest --numprocesses=$(PROCESSES) --dist=loadscope \
		--no-loadscope-reorder tests/acceptance

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

# cargo finds its subcommands on the PATH.
.PHONY: dist
dist: $(TOOLS)/cargo-auditable-$(CARGO_AUDITABLE) $(TOOLS)/cargo-cyclonedx-$(CARGO_CYCLONEDX) ## Build the release: a static program, a Debian package, an SBOM, checksums.
	PATH="$(abspath $(TOOLS))/bin:$$PATH" deploy/dist.sh $(TARGET)/dist

.PHONY: version
version: ## Change the version everywhere, to VERSION.
	deploy/version.sh $(VERSION)

# For example: make image DOCKER=podman
DOCKER ?= docker
.PHONY: image
image: ## Build the container image with Docker or what DOCKER says.
	version=$$(cargo pkgid --locked | sed 's/.*[#@]//') && $(DOCKER) build $(DOCKER_FLAGS) --file=deploy/docker/Dockerfile \
		--build-arg=VERSION=$$version --build-arg=REVISION=$$(git rev-parse HEAD) \
		--tag=ghcr.io/metastudio-exporter/metastudio-exporter:$$version .

.PHONY: screenshots
screenshots: $(VENV)/installed ## Update the README's screenshots.
	cargo build --release --locked
	$(VENV)/bin/python tests/acceptance/screenshots.py $(TARGET)/release/metastudio-exporter .github/screenshots

.PHONY: docs
docs: $(TOOLS)/mdbook-$(MDBOOK) ## Build the site of the documents in both languages, and check its links.
	$(PYTHON) deploy/site/build.py $(TOOLS)/bin/mdbook $(TARGET)/site

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

# `unmatched-skip` is about the known duplicates. The database of vulnerabilities is a repository on GitHub.
.PHONY: deny
deny: $(TOOLS)/cargo-deny-$(CARGO_DENY) $(TOOLS)/cargo-machete-$(CARGO_MACHETE) ## Check the dependencies: licences, sources, duplicates, unused ones, known vulnerabilities.
	$(TOOLS)/bin/cargo-machete
	$(TOOLS)/bin/cargo-deny --locked check --deny unmatched-skip --deny license-not-encountered bans licenses sources
	@if $(TOOLS)/bin/cargo-deny --locked fetch db; then \
		$(TOOLS)/bin/cargo-deny --locked check --disable-fetch advisories; \
	else \
		echo 'make deny: known vulnerabilities are NOT checked, because their database cannot be fetched' >&2; \
		test -z '$(ADVISORIES)'; \
	fi

# mdBook without its web server.
$(TOOLS)/mdbook-%: FEATURES := --no-default-features --features=search

# The name of the file has the version, so that a new version is installed.
$(TOOLS)/%:
	cargo install --quiet --locked --debug --root $(TOOLS) --target-dir $(TOOLS)/build $(FEATURES) \
		$(shell echo $* | sed 's/-\([0-9.]*\)$$/@\1/')
	rm -rf $(TOOLS)/build
	touch $@

.PHONY: demo
demo: ## Run the exporter on a simulated cloud, without an account.
	cargo run --release --locked -- demo

.PHONY: clean-venv
clean-venv: ## Remove the virtual environment of the acceptance tests.
	rm -rf $(VENV)
