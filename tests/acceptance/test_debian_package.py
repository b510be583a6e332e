"""The contents of the Debian package. `make test-packaging` installs it in a booted Debian, and runs lintian."""

import gzip
import hashlib
import subprocess

import pytest

from conftest import REPOSITORY
from debian_package import build, dpkg_deb
from programs import run_to_end

DEPLOY = REPOSITORY / "deploy"
SHARE = "usr/share/metastudio-exporter"
DOC = "usr/share/doc/metastudio-exporter"
# Paths in the package, and the files that they are copies of.
COPIES = {
    "etc/default/metastudio-exporter": DEPLOY / "debian" / "default",
    "etc/metastudio-exporter/config.yml": DEPLOY / "debian" / "config.yml",
    **{f"usr/lib/systemd/system/{unit.name}": unit for unit in (DEPLOY / "systemd").iterdir()},
    "usr/share/bash-completion/completions/metastudio-exporter": DEPLOY / "completions" / "metastudio-exporter.bash",
    "usr/share/fish/vendor_completions.d/metastudio-exporter.fish": DEPLOY / "completions" / "metastudio-exporter.fish",
    "usr/share/zsh/vendor-completions/_metastudio-exporter": DEPLOY / "completions" / "_metastudio-exporter",
    **{f"{SHARE}/dashboards/{dashboard.name}": dashboard for dashboard in (REPOSITORY / "dashboards").glob("*.json")},
    f"{SHARE}/prometheus/metastudio.rules.yml": DEPLOY / "prometheus" / "metastudio.rules.yml",
    f"{SHARE}/metastudio-exporter.schema.json": DEPLOY / "metastudio-exporter.schema.json",
    f"{DOC}/copyright": DEPLOY / "debian" / "copyright",
    **{f"{DOC}/{name}": DEPLOY / "prometheus" / name for name in ("RUNBOOK.md", "RUNBOOK.zh-CN.md")},
    **{f"{DOC}/{name}": REPOSITORY / name for name in ("README.md", "README.zh-CN.md", "CHANGELOG.md", "SECURITY.md")},
    **{f"{DOC}/{page.relative_to(REPOSITORY)}": page for page in (REPOSITORY / "docs").glob("**/*.md")},
    f"{DOC}/examples/metastudio-exporter.yml": DEPLOY / "metastudio-exporter.yml",
    f"{DOC}/examples/prometheus.yml": DEPLOY / "prometheus" / "prometheus.yml",
    **{f"{DOC}/examples/{file.name}": file for file in (DEPLOY / "alertmanager").iterdir()},
    "usr/share/lintian/overrides/metastudio-exporter": DEPLOY / "debian" / "lintian-overrides",
}
COMPRESSED = {f"usr/share/man/man1/{page.name}.gz": page for page in (DEPLOY / "man").iterdir()}


@pytest.fixture(scope="module")
def package(binary, tmp_path_factory):
    return build(binary, tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def root(package, tmp_path_factory):
    """A directory with the files of the package, and its control files in DEBIAN."""
    root = tmp_path_factory.mktemp("root")
    dpkg_deb("--raw-extract", package, root)
    return root


def test_the_fields(package, root):
    architecture = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True).stdout.strip()
    assert package.name == f"metastudio-exporter_1.2.3_{architecture}.deb"
    assert dpkg_deb("--field", package) == (
        "Package: metastudio-exporter\n"
        "Version: 1.2.3\n"
        f"Architecture: {architecture}\n"
        "Maintainer: metastudio-exporter <metastudio-exporter@users.noreply.github.com>\n"
        f"Installed-Size: {installed_size(root)}\n"
        "Recommends: ca-certificates\n"
        "Suggests: prometheus, prometheus-alertmanager, prometheus-node-exporter\n"
        "Section: net\n"
        "Priority: optional\n"
        "Homepage: https://github.com/metastudio-exporter/metastudio-exporter\n"
        "Description: Prometheus exporter for Huawei Cloud MetaStudio\n"
        " It polls the resources and the user quotas of Huawei Cloud MetaStudio (digital\n"
        " humans, voice cloning) for any number of projects, and exposes them as metrics.\n"
        " The package also has alerting rules, dashboards for Grafana, and a timer that\n"
        " writes a file for node_exporter in place of a running exporter.\n"
    )


def installed_size(root):
    """In KiB: each file is rounded up, and each directory is one."""
    paths = [root, *(path for path in root.rglob("*") if path.relative_to(root).parts[0] != "DEBIAN")]
    return sum(-(-path.stat().st_size // 1024) if path.is_file() else 1 for path in paths)


def test_modes_and_owners(package):
    programs = {"usr/bin/metastudio-exporter": "-rwxr-xr-x"}
    files = programs | dict.fromkeys([*COPIES, *COMPRESSED, f"{DOC}/changelog.gz"], "-rw-r--r--")
    directories = {f"{parent}/": "drwxr-xr-x" for file in files for parent in _parents(file)}
    expected = files | directories | {"": "drwxr-xr-x", "etc/metastudio-exporter/secrets/": "drwx------"}
    listed = [line.split() for line in dpkg_deb("--contents", package).splitlines()]
    assert {path.removeprefix("./"): mode for mode, *_, path in listed} == expected
    assert {tuple(fields[1:2] + fields[3:5]) for fields in listed} == {("root/root", "2026-01-02", "03:04")}


def _parents(file):
    parts = file.split("/")[:-1]
    return ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]


def test_the_files_are_those_of_the_repository(root, binary):
    for path, source in {**COPIES, "usr/bin/metastudio-exporter": binary}.items():
        assert (root / path).read_bytes() == source.read_bytes(), path
    for path, source in COMPRESSED.items():
        assert gzip.decompress((root / path).read_bytes()) == source.read_bytes(), path


def test_the_configuration_stays_when_the_package_is_upgraded(root):
    configuration = sorted(f"/{path.relative_to(root)}" for path in (root / "etc").rglob("*") if path.is_file())
    assert (root / "DEBIAN" / "conffiles").read_text().splitlines() == configuration
    assert configuration == ["/etc/default/metastudio-exporter", "/etc/metastudio-exporter/config.yml"]


def test_the_sums_of_all_other_files(root):
    files = sorted(str(path.relative_to(root)) for path in (root / "usr").rglob("*") if path.is_file())
    sums = [f"{hashlib.md5((root / file).read_bytes()).hexdigest()}  {file}" for file in files]
    assert (root / "DEBIAN" / "md5sums").read_text().splitlines() == sums


def test_the_scripts_are_for_a_posix_shell(root):
    scripts = [path for path in (root / "DEBIAN").iterdir() if path.stat().st_mode & 0o111]
    assert sorted(script.name for script in scripts) == ["postinst", "postrm", "prerm"]
    for script in scripts:
        assert script.read_text().startswith("#!/bin/sh\n")
        assert subprocess.run(["sh", "-n", script], capture_output=True).returncode == 0, script


def test_the_changelog_of_debian(root):
    assert gzip.decompress((root / DOC / "changelog.gz").read_bytes()).decode() == (
        "metastudio-exporter (1.2.3) stable; urgency=medium\n\n"
        "  * See CHANGELOG.md.\n\n"
        " -- metastudio-exporter <metastudio-exporter@users.noreply.github.com>  Fri, 02 Jan 2026 03:04:05 +0000\n"
    )


def test_the_configuration_needs_the_access_key_and_nothing_else(root, binary, tmp_path):
    config = tmp_path / "config.yml"
    shipped = (root / "etc/metastudio-exporter/config.yml").read_text()
    secret = "/run/credentials/metastudio-exporter.service/secrets_sk"
    (tmp_path / "sk").write_text("secret")
    config.write_text(shipped.replace(secret, str(tmp_path / "sk")))
    line = next(number for number, text in enumerate(shipped.splitlines(), start=1) if text.endswith("ak:"))
    check = [binary, f"--config.file={config}", "--config.check"]
    checked = run_to_end(check, tmp_path)
    assert (checked.returncode, checked.stderr) == (
        1,
        f"metastudio-exporter: {config}:{line}: projects[0].credentials.access_key.ak: is empty: write a text, or remove "
        "the key\n",
    )

    config.write_text(config.read_text().replace("ak:\n", "ak: HPUAEXAMPLEEXAMPLE01\n"))
    assert run_to_end(check, tmp_path).returncode == 0


def test_the_same_program_and_time_give_the_same_bytes(package, binary, tmp_path):
    assert build(binary, tmp_path).read_bytes() == package.read_bytes()
    (tmp_path / "later").mkdir()
    assert build(binary, tmp_path / "later", time=1767323046).read_bytes() != package.read_bytes()


def test_a_release_is_newer_than_its_pre_release(tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    version = dpkg_deb("--field", build(program, tmp_path, "1.2.3-rc.1"), "Version").strip()
    assert version == "1.2.3~rc.1"
    assert subprocess.run(["dpkg", "--compare-versions", version, "lt", "1.2.3"]).returncode == 0
