#!/usr/bin/env bash
# Packages a program for Debian and Ubuntu, for the architecture of this machine.
#
# Usage: deploy/debian/build.sh PROGRAM VERSION DIRECTORY [OPTION OF dpkg-deb]...
#
# Writes DIRECTORY/metastudio-exporter_VERSION_ARCHITECTURE.deb. The same program and SOURCE_DATE_EPOCH (default: the time
# of the commit) give the same bytes. dpkg-deb does it alone; cargo-deb takes longer to install than all of this.
set -euo pipefail

readonly PROGRAM=$(realpath "${1:?usage: deploy/debian/build.sh PROGRAM VERSION DIRECTORY}")
# A pre-release is older than the release.
readonly VERSION=${2/-/\~}
readonly DIRECTORY=$(realpath --canonicalize-missing "$3")
readonly OPTIONS=("${@:4}")
readonly ARCHITECTURE=$(dpkg --print-architecture)

main() {
    cd "$(dirname "${BASH_SOURCE[0]}")/../.."
    export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
    ROOT=$(mktemp --directory)
    trap 'rm -rf "$ROOT"' EXIT
    umask 022
    export LC_ALL=C

    add_program
    add_configuration
    add_documents
    add_control
    mkdir -p "$DIRECTORY"
    # With SOURCE_DATE_EPOCH, no file is newer. The number of threads changes the bytes.
    dpkg-deb --root-owner-group --threads-max=1 -Zxz "${OPTIONS[@]}" --build "$ROOT" \
        "$DIRECTORY/metastudio-exporter_${VERSION}_$ARCHITECTURE.deb"
}

# add MODE DIRECTORY FILE...
add() {
    install -D --mode="$1" --target-directory="$ROOT$2" "${@:3}"
}

# add_as MODE PATH FILE
add_as() {
    install -D --mode="$1" "$3" "$ROOT$2"
}

add_program() {
    local bash=/usr/share/bash-completion/completions/metastudio-exporter
    chmod 755 "$ROOT"
    add_as 755 /usr/bin/metastudio-exporter "$PROGRAM"
    add 644 /usr/lib/systemd/system deploy/systemd/*
    add_as 644 "$bash" deploy/completions/metastudio-exporter.bash
    add 644 /usr/share/fish/vendor_completions.d deploy/completions/metastudio-exporter.fish
    add 644 /usr/share/zsh/vendor-completions deploy/completions/_metastudio-exporter
    add 644 /usr/share/man/man1 deploy/man/*.1
    gzip --no-name --best "$ROOT"/usr/share/man/man1/*
}

add_configuration() {
    add 644 /etc/metastudio-exporter deploy/debian/config.yml
    add_as 644 /etc/default/metastudio-exporter deploy/debian/default
    install --directory --mode=700 "$ROOT/etc/metastudio-exporter/secrets"
}

# Prometheus and Grafana read what is in /usr/share/metastudio-exporter; /usr/share/doc is for people.
add_documents() {
    local share=/usr/share/metastudio-exporter doc=/usr/share/doc/metastudio-exporter
    add 644 $share deploy/metastudio-exporter.schema.json
    add 644 $share/dashboards dashboards/*.json
    add 644 $share/prometheus deploy/prometheus/metastudio.rules.yml
    add 644 $doc deploy/debian/copyright README*.md CHANGELOG.md SECURITY.md deploy/prometheus/RUNBOOK*.md
    add 644 $doc/docs docs/*.md
    add 644 $doc/docs/zh-CN docs/zh-CN/*.md
    add 644 $doc/examples deploy/metastudio-exporter.yml deploy/prometheus/prometheus.yml deploy/alertmanager/*
    debian_changelog | gzip --no-name --best >"$ROOT$doc/changelog.gz"
    add_as 644 /usr/share/lintian/overrides/metastudio-exporter deploy/debian/lintian-overrides
}

debian_changelog() {
    printf 'metastudio-exporter (%s) stable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- %s  %s\n' "$VERSION" \
        "$(sed -n 's/^Maintainer: //p' deploy/debian/control)" "$(date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")"
}

add_control() {
    local size
    # In KiB, as Debian's policy says: each file is rounded up, and all else is one.
    size=$(find "$ROOT" \( -type f -printf '%s\n' -o -printf '1\n' \) \
        | awk '{ sum += int(($1 + 1023) / 1024) } END { print sum }')
    (cd "$ROOT" && find . -type f ! -path './etc/*' -printf '%P\0' | sort --zero-terminated | xargs --null md5sum) \
        >"$ROOT.md5sums"
    add 755 /DEBIAN deploy/debian/{postinst,prerm,postrm}
    add 644 /DEBIAN deploy/debian/conffiles
    sed "s/@VERSION@/$VERSION/; s/@ARCHITECTURE@/$ARCHITECTURE/; s/@SIZE@/$size/" deploy/debian/control >"$ROOT/DEBIAN/control"
    mv "$ROOT.md5sums" "$ROOT/DEBIAN/md5sums"
}

main
