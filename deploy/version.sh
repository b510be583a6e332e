#!/usr/bin/env bash
# Changes the version everywhere: the crate, the chart, the image of the compose file, the man page and the changelog.
#
# Usage: deploy/version.sh VERSION
set -euo pipefail

readonly VERSION=${1:?usage: deploy/version.sh VERSION}
readonly IMAGE=ghcr.io/metastudio-exporter/metastudio-exporter

main() {
    local old
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    if [[ ! $VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[a-z]+\.[0-9]+)?$ ]]; then
        echo "$VERSION is not a version such as 0.2.0 or 0.2.0-rc.1" >&2
        exit 1
    fi
    # What a regular expression reads as one character is a full stop here.
    old=$(sed -n '/^\[package\]/,/^version/s/^version = "\(.*\)"/\1/p' Cargo.toml | sed 's/\./\\./g')

    replace "s/^version = \"$old\"/version = \"$VERSION\"/" Cargo.toml
    replace "/^name = \"metastudio-exporter\"/{n;s/^version = \"$old\"/version = \"$VERSION\"/}" Cargo.lock fuzz/Cargo.lock
    replace "s/\(metastudio-exporter \|^v\)$old/\1$VERSION/" deploy/man/metastudio-exporter.1
    replace "s/^\(version: *\|appVersion: *\)\([\"']\?\)$old\([\"']\?\) *$/\1\2$VERSION\3/" \
        deploy/helm/metastudio-exporter/Chart.yaml
    replace "s|$IMAGE:v\?$old|$IMAGE:$VERSION|" deploy/compose/compose.yaml
    replace "s/^## \[Unreleased\]/&\n\n## [$VERSION] - $(date --utc --iso-8601)/" CHANGELOG.md
}

# replace EXPRESSION FILE...
replace() {
    local file
    for file in "${@:2}"; do
        sed --in-place "$1" "$file"
    done
}

main
