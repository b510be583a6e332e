#!/usr/bin/env bash
# Changes the version everywhere: the crate, the chart, the image, the man page, the README and the changelog.
#
# Usage: deploy/version.sh VERSION
set -euo pipefail

readonly VERSION=${1:?usage: deploy/version.sh VERSION}

main() {
    local old
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    if [[ ! $VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[a-z]+\.[0-9]+)?$ ]]; then
        echo "$VERSION is not a version such as 0.2.0 or 0.2.0-rc.1" >&2
        exit 1
    fi
    # For regular expressions.
    old=$(sed -n '/^\[package\]/,/^version/s/^version = "\(.*\)"/\1/p' Cargo.toml | sed 's/\./\\./g')

    sed --in-place "s/^version = \"$old\"/version = \"$VERSION\"/" Cargo.toml
    sed --in-place "/^name = \"metastudio-exporter\"/{n;s/^version = \"$old\"/version = \"$VERSION\"/}" Cargo.lock fuzz/Cargo.lock
    sed --in-place "s/^v$old$/v$VERSION/" deploy/man/metastudio-exporter.1
    sed --in-place "s/^\(version\|appVersion\): *\([\"']\?\)$old\2$/\1: \2$VERSION\2/" \
        deploy/helm/metastudio-exporter/Chart.yaml
    # Names of files and images, such as metastudio-exporter:0.1.0.
    sed --in-place "s/\(metastudio-exporter[:_ -]v\?\)$old\($\|[^0-9]\)/\1$VERSION\2/g" \
        README*.md docs/*.md docs/zh-CN/*.md deploy/man/metastudio-exporter.1 deploy/compose/compose.yaml
    # They name the version alone, too.
    sed --in-place "s/\(^\|[^0-9.]\)$old\($\|[^0-9]\)/\1$VERSION\2/g" docs/installing.md docs/zh-CN/installing.md
    sed --in-place "s/^## \[Unreleased\]$/&\n\n## [$VERSION] - $(date --utc --iso-8601)/" CHANGELOG.md
}

main
