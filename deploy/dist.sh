#!/usr/bin/env bash
# Builds the release for this machine's architecture: an archive with a static program and the files for it, a Debian
# package with the same program, the list of all crates in it (SBOM), and checksums.
#
# Usage: deploy/dist.sh DIRECTORY
#
# The same commit, compiler and C compiler give the same bytes, wherever the sources are. cargo-auditable and cargo-cyclonedx
# are on the PATH; `make dist` installs them.
set -euo pipefail

readonly DIRECTORY=$(realpath --canonicalize-missing "${1:?usage: deploy/dist.sh DIRECTORY}")
# What the archive has beside the program.
readonly FILES=(LICENSE README.md README.zh-CN.md CHANGELOG.md SECURITY.md dashboards docs deploy/alertmanager deploy/completions
    deploy/compose deploy/debian/config.yml deploy/debian/default deploy/man deploy/prometheus deploy/scrape deploy/systemd
    deploy/metastudio-exporter.schema.json deploy/metastudio-exporter.yml)

main() {
    local version target name program sums
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    version=$(cargo pkgid --locked | sed 's/.*[#@]//')
    target=$(rustc --print=host-tuple)
    name=metastudio-exporter-$version-$target
    program=${CARGO_TARGET_DIR:-target}/$target/release/metastudio-exporter
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
    export SOURCE_DATE_EPOCH

    build "$target"
    rm -rf "$DIRECTORY"/metastudio-exporter[-_]*
    install -D --mode=755 "$program" "$DIRECTORY/$name/metastudio-exporter"
    cp --parents --recursive "${FILES[@]}" "$DIRECTORY/$name"
    archive "$name"
    rm -r "${DIRECTORY:?}/$name"
    list_crates "$name" "$target"
    deploy/debian/build.sh "$program" "$version" "$DIRECTORY"
    cd "$DIRECTORY"
    sums=$(sha256sum -- metastudio-exporter[-_]*)
    tee "$name.sha256" <<<"$sums"
}

# Paths of this machine would make each machine's program another one. cargo-auditable adds the crates and their versions,
# in which scanners look for known vulnerabilities.
build() {
    local cargo_home=${CARGO_HOME:-$HOME/.cargo}
    RUSTFLAGS="-C target-feature=+crt-static --remap-path-prefix=$PWD=. --remap-path-prefix=$cargo_home=/cargo" \
        CFLAGS="-ffile-prefix-map=$PWD=. -ffile-prefix-map=$cargo_home=/cargo" \
        cargo auditable build --release --locked --target "$1"
}

# With the time of the commit, and without users and the order of the directory.
archive() {
    tar --create --directory="$DIRECTORY" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
        --mode='u=rwX,go=rX' "$1" | gzip --no-name --best >"$DIRECTORY/$1.tar.gz"
}

# cargo-cyclonedx writes it beside Cargo.toml, with the path of the sources.
list_crates() {
    cargo cyclonedx --quiet --format=json --spec-version=1.5 --target="$2" --override-filename="$1.cdx"
    sed "s|file://$PWD|file:///metastudio-exporter|g" "$1.cdx.json" >"$DIRECTORY/$1.cdx.json"
    rm "$1.cdx.json"
}

main
