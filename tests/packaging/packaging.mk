# `make test-packaging`: everything by which users get the exporter, with the real programs.

PACKAGING := $(TARGET)/packaging
# A minimal Debian, which the tests boot.
DEBIAN := $(PACKAGING)/bookworm
# In place of the image `rust`: this machine's Rust on a minimal Debian.
RUST_ROOT := $(PACKAGING)/rust
# The storage of images and containers.
CONTAINERS := $(PACKAGING)/containers
# What reads the exporter, and a control plane of Kubernetes.
READERS := operator-config otelcol prometheus promtool victoria-metrics vmagent vmalert
CLUSTER := helm kubernetes kwok

# The tests compare the release with that of a clone, so commit changes first. The program is that of the release.
.PHONY: test-packaging
test-packaging: $(VENV)/installed $(DEBIAN).installed $(RUST_ROOT).installed dist ## Test all ways to install and to scrape the exporter. Needs root, takes more than an hour.
	tests/acceptance/debian-packages.sh aardvark-dns buildah etcd-server kubernetes-client lintian netavark podman runc systemd-container
	$(BUILD_GO_PROGRAMS) $(READERS) $(CLUSTER)
	$(PYTHON) tests/packaging/build_image.py $(CONTAINERS) $(RUST_ROOT)
	PATH="$(abspath $(TOOLS))/bin:$$PATH" DIST=$(abspath $(TARGET))/dist DEBIAN_ROOT=$(abspath $(DEBIAN)) \
		METASTUDIO_EXPORTER_BINARY=$(abspath $(TARGET))/$$(rustc --print=host-tuple)/release/metastudio-exporter \
		CONTAINERS=$(abspath $(CONTAINERS)) GO_PROGRAMS=$(abspath $(GO_PROGRAMS)) $(VENV)/bin/python -m pytest tests/packaging

$(DEBIAN).installed:
	tests/acceptance/debian-packages.sh debootstrap
	rm -rf $(DEBIAN)
	mkdir -p $(DEBIAN)
	debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus bookworm $(DEBIAN)
	touch $@

$(RUST_ROOT).installed:
	tests/acceptance/debian-packages.sh debootstrap
	rm -rf $(RUST_ROOT)
	mkdir -p $(RUST_ROOT)
	debootstrap --variant=minbase --include=ca-certificates,gcc,libc6-dev,make bookworm $(RUST_ROOT)
	cd "$$(rustc --print sysroot)" && cp --parents --recursive bin/cargo bin/rustc lib $(abspath $(RUST_ROOT))/usr/local
	touch $@
