"""Other programs read what the exporter exposes of random worlds: Prometheus' Python parser, and promtool.

The worlds are those of `tests/integration/properties/`, which also reads them, with a parser of its own.
"""

import os
import subprocess

import pytest

from conftest import REPOSITORY
from exposition import parse
from programs import installed

CASES = "80"
PROPERTY = "properties::worlds::what_is_exposed_is_the_list_of_the_last_good_walk"


@pytest.fixture(scope="module")
def expositions(tmp_path_factory):
    directory = tmp_path_factory.mktemp("expositions")
    environment = {**os.environ, "METASTUDIO_EXPOSITIONS": str(directory)}
    environment.setdefault("PROPTEST_CASES", CASES)
    command = ["cargo", "test", "--locked", "--test=integration", "--", "--exact", PROPERTY]
    result = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, errors="replace", timeout=3600
    )
    assert result.returncode == 0, result.stdout[-4000:]
    # A universal newline would change the label values.
    texts = [path.read_bytes().decode() for path in directory.iterdir()]
    assert len(texts) >= 6 and all("metastudio_up{" in text for text in texts)
    return texts


def test_prometheus_library_reads_each_series_once(expositions):
    for text in expositions:
        samples = [line for line in text.split("\n") if line and not line.startswith("#")]

        assert len(parse(text)) == len(samples)


def test_promtool_accepts_them(expositions):
    for text in expositions:
        command = [installed("promtool"), "check", "metrics"]
        result = subprocess.run(command, input=text.encode(), capture_output=True, timeout=60)

        assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
