#!/usr/bin/env bash
# Prints the changelog's section of a tag. Fails if the tag is not the version of Cargo.toml, or has no section.
#
# Usage: deploy/release-notes.sh TAG
set -euo pipefail

readonly TAG=${1:?usage: deploy/release-notes.sh TAG}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=$(sed -n '/^\[package\]/,/^version/s/^version = "\(.*\)"/\1/p' Cargo.toml)
if [[ $TAG != "v$version" ]]; then
    echo "The tag is $TAG, but Cargo.toml has the version $version" >&2
    exit 1
fi
# Between the heading of this version and the next one, without the empty lines around it.
notes=$(awk -v heading="## [$version] - " '/^## / { inside = index($0, heading) == 1; next } inside' CHANGELOG.md \
    | sed '/./,$!d')
if [[ -z $notes ]]; then
    echo "CHANGELOG.md has no section of $version" >&2
    exit 1
fi
echo "$notes"
