"""The shipped completions in a real shell."""

import subprocess

import pytest

from conftest import REPOSITORY

FILE = REPOSITORY / "deploy" / "completions" / "metastudio-exporter.bash"


def completed(*words):
    """What bash completes the last word to."""
    script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _metastudio__exporter "$1" "${@: -1}" "${@: -2:1}"; echo "${COMPREPLY[@]}"'
    command = ["bash", "--norc", "-c", script, "bash", FILE, "metastudio-exporter", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--web.li"], ["--web.listen-address"]),
        (["he"], ["healthcheck"]),
        (["once", "--out"], ["--output"]),
        (["check", "--format", ""], ["table", "json"]),
        (["check", "--nothing"], []),
    ],
)
def test_bash_completes_commands_flags_and_values(words, expected):
    assert completed(*words) == expected
