"""Configuration files, validated by the program and by the JSON Schema that editors use."""

import json
import re
import subprocess

import jsonschema
import pytest
import yaml

from programs import run_to_end
from shipped import DEPLOY

EXAMPLE = DEPLOY / "metastudio-exporter.yml"
SCHEMA = json.loads((DEPLOY / "metastudio-exporter.schema.json").read_text())
GOOD = """\
poll: {interval: 5m}
projects:
  - name: production
    region: cn-north-4
    credentials: {access_key: {ak: AK, sk_file: sk}}
  - region: cn-east-3
    credentials: {agency: {}}
    collectors: [voice_training]
"""
# Bad files: GOOD with one replaced text, and the line and key of the error. The schema finds all of them.
BAD = {
    "unknown-key": ("collectors:", "collector:", 8, "projects[1].collector"),
    "unknown-key-of-a-kind": ("agency: {}", "agency: {url: a}", 7, "projects[1].credentials.agency.url"),
    "two-kinds": ("agency: {}", "agency: {}, token: {file: sk}", 7, "projects[1].credentials"),
    "no-kind": ("{agency: {}}", "{}", 7, "projects[1].credentials"),
    "half-a-key": ("ak: AK, ", "", 5, "projects[0].credentials.access_key.ak"),
    "secret-twice": ("sk_file: sk", "sk_file: sk, sk: SK", 5, "projects[0].credentials.access_key.sk_file"),
    "unknown-collector": ("[voice_training]", "[voices]", 8, "projects[1].collectors[0]"),
    "no-collector": ("[voice_training]", "[]", 8, "projects[1].collectors"),
    "no-unit": ("interval: 5m", "interval: 5", 1, "poll.interval"),
    "too-many-at-once": ("interval: 5m", "concurrency: 101", 1, "poll.concurrency"),
    "no-number": ("interval: 5m", "requests_per_second: ten", 1, "poll.requests_per_second"),
    "no-text": ("name: production", "name: [production]", 3, "projects[0].name"),
    "no-region": ("region: cn-east-3", "name: a", 6, "projects[1].region"),
    "bad-region": ("region: cn-east-3", "region: cn/east", 6, "projects[1].region"),
    "no-users": (
        "collectors: [voice_training]",
        "user_quotas: {max_users: 0}",
        8,
        "projects[1].user_quotas.max_users",
    ),
}


@pytest.fixture
def run(binary, tmp_path):
    """Runs the exporter with flags until it exits."""
    return lambda *flags: run_to_end([binary, *flags], tmp_path)


@pytest.fixture
def put(tmp_path):
    """Writes a configuration file to the directory of the secret that it names; returns its path."""
    (tmp_path / "sk").write_text("a-secret-key\n")

    def write_file(text):
        path = tmp_path / "exporter.yml"
        path.write_text(text)
        return path

    return write_file


def complaints(text):
    """The schema's errors about a file."""
    return [error.message for error in jsonschema.Draft7Validator(SCHEMA).iter_errors(yaml.safe_load(text))]


def test_a_valid_file_passes_the_program_and_the_schema(run, put):
    file = put(GOOD)

    result = run("--config.check", f"--config.file={file}")

    assert (result.returncode, result.stdout, result.stderr) == (0, f"{file}: good, 2 projects\n", "")
    assert complaints(GOOD) == []


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_file_is_rejected_by_the_program_and_by_the_schema(run, put, bad):
    good_part, bad_part, line, key = BAD[bad]
    assert GOOD.count(good_part) == 1
    text = GOOD.replace(good_part, bad_part)
    file = put(text)

    result = run("--config.check", f"--config.file={file}")

    assert (result.returncode, result.stdout) == (1, "")
    (error,) = [said for said in result.stderr.splitlines() if str(file) in said]
    assert f"{file}:{line}: {key}: " in error, result.stderr
    assert complaints(text) != []


def test_all_errors_are_told_at_once_and_keep_the_exporter_from_starting(run, put):
    file = put("poll: {interval: 5}\nprojects:\n- name: a\n- region: b\n- {region: b, collectors: [c]}\n")
    # A project without a region, and another without a name of its own, are errors too.
    places = [(1, "poll.interval"), (3, "projects[0].region")]
    places += [(5, "projects[2].collectors[0]"), (5, "projects[2].name")]

    for flags, code in ((["--config.check"], 1), ([], 2)):
        result = run(*flags, f"--config.file={file}")

        assert (result.returncode, result.stdout) == (code, ""), result.stderr
        messages = re.findall(rf"{re.escape(str(file))}:(\d+): ([^:]+): ", result.stderr)
        assert sorted((int(line), key) for line, key in messages) == sorted(places), result.stderr


def test_a_missing_file_prevents_the_exporter_from_starting(run, tmp_path):
    for flags, code in ((["--config.check"], 1), ([], 2)):
        result = run(*flags, f"--config.file={tmp_path / 'none.yml'}")
        assert (result.returncode, "none.yml: cannot be read: No such file" in result.stderr) == (code, True)


@pytest.mark.parametrize("flag", ["id", "region", "endpoint", "iam-endpoint"])
def test_a_project_is_configured_by_flags_or_by_a_file(run, put, flag):
    result = run(f"--config.file={put(GOOD)}", f"--project.{flag}=http://127.0.0.1")

    assert result.returncode == 2
    assert "--config.file" in result.stderr and f"--project.{flag}" in result.stderr


def test_the_example_passes_the_program_and_the_schema(run, put, tmp_path):
    text = EXAMPLE.read_text()
    assert complaints(text) == []
    (tmp_path / "run").mkdir()
    secrets = set(re.findall(r"/run/secrets/[\w-]+", text))
    for secret in secrets:
        (tmp_path / "run" / secret.rsplit("/", 1)[1]).write_text("a-secret\n")
    text = text.replace("/run/secrets/", f"{tmp_path}/run/")
    text = text.replace("/etc/ssl/private-cloud.pem", make_authority(tmp_path / "private-cloud.pem"))

    result = run("--config.check", f"--config.file={put(text)}")

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.endswith("good, 7 projects\n")


def test_every_key_of_the_schema_is_in_the_example():
    text = EXAMPLE.read_text()
    assert [key for key in keys(SCHEMA) if not re.search(rf"\b{key}\b", text)] == []


def keys(schema):
    """The names of all properties at any depth."""
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from keys(inner)
    if "items" in schema:
        yield from keys(schema["items"])


def make_authority(path):
    """Creates a certificate authority; returns its path."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        + ["-subj", "/CN=nobody", "-keyout", "/dev/null", "-out", str(path)],
        check=True,
        capture_output=True,
        timeout=30,
    )
    return str(path)
