#!/usr/bin/env bash
# Builds the release for this machine's architecture: an archive with a static program and the files for it, and checksums.
#
# Usage: deploy/dist.sh DIRECTORY
#
# The same commit, compiler and C compiler give the same bytes, wherever the sources are.
set -euo pipefail

readonly DIRECTORY=${1:?usage: deploy/dist.sh DIRECTORY}
# What the archive has beside the program.
readonly FILES=(LICENSE README.md CHANGELOG.md SECURITY.md dashboards deploy/alertmanager deploy/completions deploy/man
    deploy/prometheus deploy/systemd deploy/metastudio-exporter.schema.json deploy/metastudio-exporter.yml)

main() {
    local version target name program
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    version=$(cargo pkgid --locked | sed 's/.*[#@]//')
    target=$(rustc --version --verbose | sed -n 's/^host: //p')
    name=metastudio-exporter-$version-$target
    program=${CARGO_TARGET_DIR:-target}/$target/release/metastudio-exporter

    build "$target"
    rm -rf "${DIRECTORY:?}/$name"
    install -D --mode=755 "$program" "$DIRECTORY/$name/metastudio-exporter"
    cp --parents --recursive "${FILES[@]}" "$DIRECTORY/$name"
    archive "$name"
    rm -r "${DIRECTORY:?}/$name"
    (cd "$DIRECTORY" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256" && cat "$name.tar.gz.sha256")
}

# Paths of this machine would make each machine's program another one.
build() {
    local cargo_home=${CARGO_HOME:-$HOME/.cargo}
    RUSTFLAGS="-C target-feature=+crt-static --remap-path-prefix=$PWD=. --remap-path-prefix=$cargo_home=/cargo" \
        CFLAGS="-ffile-prefix-map=$PWD=. -ffile-prefix-map=$cargo_home=/cargo" \
        cargo build --release --locked --target "$1"
}

# With the time of the commit, and without users and the order of the directory.
archive() {
    local time
    time=$(git log -1 --format=%ct)
    tar --create --directory="$DIRECTORY" --sort=name --mtime="@$time" --owner=0 --group=0 --numeric-owner \
        --mode='u=rwX,go=rX' "$1" | gzip --no-name --best >"$DIRECTORY/$1.tar.gz"
}

main
