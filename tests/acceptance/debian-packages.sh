#!/usr/bin/env bash
# Installs the outside programs of the acceptance tests if they are missing: Prometheus with promtool, Alertmanager with
# amtool, node_exporter, nginx, curl, openssl, systemd-socket-activate, Chromium with a Chinese font, Go, Java with Maven,
# valgrind, and Python's venv module. Starts no service. Arguments are names of packages: only those are installed, if
# missing.
set -euo pipefail

# Debian installs nginx here, which is not on every user's PATH.
PATH="$PATH:/usr/sbin"

readonly POLICY=/usr/sbin/policy-rc.d
# The ports that the packages' own services would listen on.
readonly SERVICE_PORTS=(80 2379 2380 9090 9093 9094 9100)

# Only for `make test-packaging`, which names them.
readonly PACKAGING=('aardvark-dns=1.4.*' 'buildah=1.28.*' 'debootstrap=1.0.*' 'etcd-server=3.4.*' 'lintian=2.116.*'
    'netavark=1.4.*' 'podman=4.3.*' 'runc=1.1.*' 'systemd-container=252.*')

missing_packages() {
    if ! command -v prometheus >/dev/null || ! command -v promtool >/dev/null; then
        echo 'prometheus=2.42.*'
    fi
    if ! command -v prometheus-alertmanager >/dev/null || ! command -v amtool >/dev/null; then
        echo 'prometheus-alertmanager=0.25.*'
    fi
    if ! command -v prometheus-node-exporter >/dev/null; then
        echo 'prometheus-node-exporter=1.5.*'
    fi
    if ! command -v nginx >/dev/null; then
        echo 'nginx-light=1.22.*'
    fi
    if ! command -v curl >/dev/null; then
        echo 'curl=7.88.*'
    fi
    if ! command -v openssl >/dev/null; then
        echo 'openssl=3.0.*'
    fi
    # For systemd-socket-activate; no service is started.
    if ! command -v systemd-socket-activate >/dev/null; then
        echo 'systemd=252.*'
    fi
    # Without a version: Debian replaces it every few weeks and soon removes the older one.
    if ! command -v chromium >/dev/null; then
        echo 'chromium'
    fi
    if [[ -z $(fc-list :lang=zh-cn 2>/dev/null) ]]; then
        # The smallest Chinese font.
        echo 'fontconfig'
        echo 'fonts-wqy-microhei'
    fi
    # Go and Java build the programs with the vendor's SDKs.
    if ! command -v go >/dev/null; then
        echo 'golang-go=2:1.19*'
    fi
    if ! command -v javac >/dev/null; then
        echo 'openjdk-17-jdk-headless=17.0.*'
    fi
    if ! command -v mvn >/dev/null; then
        echo 'maven=3.8.*'
    fi
    # callgrind counts instructions.
    if ! command -v valgrind >/dev/null; then
        echo 'valgrind=1:3.19.*'
    fi
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        echo 'python3-venv'
    fi
    # Any kubectl will do.
    if [[ " $* " == *' kubernetes-client '* ]] && ! command -v kubectl >/dev/null; then
        echo 'kubernetes-client=1.20.*'
    fi
    local package
    for package in "${PACKAGING[@]}"; do
        if [[ " $* " == *" ${package%%=*} "* ]] && ! installed "${package%%=*}"; then
            echo "$package"
        fi
    done
}

installed() {
    dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null | grep --quiet --line-regexp installed
}

listening_ports() {
    local port
    for port in "${SERVICE_PORTS[@]}"; do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
        fi
    done
}

# Debian runs this file before a package starts its service; exit code 101 forbids the start. An existing file stays.
forbid_services() {
    if [[ -e $POLICY ]]; then
        return
    fi
    trap 'rm -f "$POLICY"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
}

# The lines of standard input whose package is one of the arguments; all without arguments.
only() {
    local line
    while read -r line; do
        if (($# == 0)) || [[ " $* " == *" ${line%%=*} "* ]]; then
            echo "$line"
        fi
    done
}

install_packages() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet
    apt-get install --quiet --yes --no-install-recommends "$@"
}

main() {
    local missing before after
    mapfile -t missing < <(missing_packages "$@" | only "$@")
    if ((${#missing[@]} == 0)); then
        return
    fi
    if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
        echo "These Debian packages are needed, and only root can install them: ${missing[*]}" >&2
        return 1
    fi
    before=$(listening_ports)
    forbid_services
    install_packages "${missing[@]}"
    after=$(listening_ports)
    if [[ $after != "$before" ]]; then
        echo "Installing ${missing[*]} started a service; these ports are listened on now: ${after//$'\n'/ }" >&2
        return 1
    fi
}

main "$@"
