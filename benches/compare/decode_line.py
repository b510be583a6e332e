"""Decoding pages and making rows, against serde_json reading the same pages into typed structs.

Both are measured in Rust, by the criterion bench `decode`; this file runs it and reads its estimates.
"""

import json
import subprocess
from pathlib import Path

import table

REPOSITORY = Path(__file__).resolve().parents[2]
BENCH = REPOSITORY / "benches" / "decode.rs"
# The names of the two functions of the bench, below target/criterion.
EXPORTER, SERDE_JSON = "decode/rows", "decode/serde_json_typed"


def decode(setting):
    if not BENCH.is_file():
        raise FileNotFoundError(f"{BENCH} does not exist")
    metadata = _cargo("metadata", "--format-version=1", "--no-deps", stdout=subprocess.PIPE)
    criterion = Path(json.loads(metadata)["target_directory"]) / "criterion"
    _cargo("bench", "--locked", "--bench", "decode", stdout=None)
    ours, theirs = (_seconds(criterion / name) for name in (EXPORTER, SERDE_JSON))
    yield table.against("decode and rows of the same pages, against serde_json", [ours], [theirs], "us", 2)


def _cargo(*arguments, stdout):
    # What cargo and criterion print must not be in the table.
    command = ["sh", "-c", 'exec "$@" >&2', "sh", "cargo", *arguments] if stdout is None else ["cargo", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, stdout=stdout, check=True).stdout


def _seconds(directory):
    """The median of a function's time."""
    estimates = json.loads((directory / "new" / "estimates.json").read_text())
    return estimates["median"]["point_estimate"] / 1e9
