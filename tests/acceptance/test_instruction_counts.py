"""Decoding and rendering take as many instructions as recorded in benches/instructions.json, within 5 percent.

Unlike times, counts are the same on a busy machine. `make counts` records them.
"""

import json
import os
import platform
import re
import subprocess

import pytest

from conftest import REPOSITORY
from programs import installed

RECORD = REPOSITORY / "benches" / "instructions.json"
TOLERANCE = 0.05
# Writing takes a quarter of rendering, compression the rest. So writing is also counted alone.
ASSERTED = ("decode", "write_samples", "render_all_new", "render_one_percent_changed")
# Code of other crates. If these change too, the reason is a crate, the compiler or valgrind.
REFERENCES = ("serde_json_typed", "gzip_6")

# An optimized build of the exporter takes minutes. These flags optimize the measured program alone.
BUILD = ["cargo", "rustc", "--locked", "--bench=instructions", "--message-format=json", "--"]
BUILD += ["-Copt-level=2", "-Ccodegen-units=1", "-Cdebuginfo=0", "-Cstrip=none"]
BUILD += ["-Cdebug-assertions=no", "-Coverflow-checks=no"]

# glibc chooses its copies by the CPU, and callgrind counts each byte of the fastest ones as an instruction.
SAME_ON_ALL_CPUS = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-ERMS,-FSRM"}


def test_decoding_and_rendering_take_the_recorded_instructions(tmp_path):
    counted = {"versions": versions(), **count(build(), tmp_path)}
    record = json.loads(RECORD.read_text())
    if os.environ.get("UPDATE_COUNTS"):
        record[platform.machine()] = counted
        RECORD.write_text(json.dumps(record, indent=2) + "\n")
        return

    recorded = record.get(platform.machine())

    assert recorded, f"{RECORD} has no counts for {platform.machine()}: run `make counts`"
    complaint = difference(recorded, counted)
    if complaint:
        pytest.fail(complaint, pytrace=False)


def build():
    # With incremental compilation, counts depend on the builds before.
    environment = {**os.environ, "CARGO_INCREMENTAL": "0"}
    result = subprocess.run(BUILD, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=900)
    assert result.returncode == 0, result.stderr
    artifacts = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    (program,) = [it["executable"] for it in artifacts if it.get("target", {}).get("name") == "instructions"]
    return program


def count(program, directory):
    """The instructions of each function of the module `counted`, with all that it calls."""
    profile = directory / "profile"
    callgrind = [installed("valgrind"), "--tool=callgrind", f"--callgrind-out-file={profile}"]
    callgrind += ["--toggle-collect=instructions::counted::*", program]
    environment = {**os.environ, **SAME_ON_ALL_CPUS}
    result = subprocess.run(callgrind, env=environment, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    annotate = [installed("callgrind_annotate"), "--inclusive=yes", "--threshold=100", profile]
    text = subprocess.run(annotate, check=True, capture_output=True, text=True, timeout=60).stdout
    lines = re.findall(r"^ *([\d,]+) .*:instructions::counted::(\w+)", text, re.MULTILINE)
    counts = {name: int(number.replace(",", "")) for number, name in lines}
    return {name: counts[name] for name in (*ASSERTED, *REFERENCES)}


def versions():
    commands = (["rustc", "--version"], [installed("valgrind"), "--version"])
    outputs = [subprocess.run(it, cwd=REPOSITORY, check=True, capture_output=True, text=True) for it in commands]
    return ", ".join(output.stdout.strip() for output in outputs)


def difference(recorded, counted):
    """What to say about counts that are not as recorded; empty if all are."""
    changed = [name for name in ASSERTED if abs(counted[name] - recorded[name]) > TOLERANCE * recorded[name]]
    if not changed:
        return ""

    def line(name):
        percent = (counted[name] / recorded[name] - 1) * 100
        return f"{name}: {counted[name]:,} instructions, {recorded[name]:,} recorded ({percent:+.1f} percent)"

    return "\n".join([
        f"More than {TOLERANCE:.0%} from the recorded instructions:",
        *(f"  {line(name)}" for name in changed),
        "For comparison, code of other crates:",
        *(f"  {line(name)}" for name in REFERENCES),
        f"Counted with {counted['versions']}; recorded with {recorded['versions']}.",
        "If the change is intended, `make counts` records the new numbers in benches/instructions.json.",
    ])


COUNTS = dict.fromkeys((*ASSERTED, *REFERENCES), 1000) | {"versions": "rustc 1, valgrind-3"}


@pytest.mark.parametrize("name", ASSERTED)
@pytest.mark.parametrize("number", [950, 1000, 1050])
def test_counts_within_5_percent_are_as_recorded(name, number):
    assert difference(COUNTS, {**COUNTS, name: number}) == ""


@pytest.mark.parametrize("name", ASSERTED)
@pytest.mark.parametrize(("number", "percent"), [(949, "-5.1"), (1051, "+5.1")])
def test_counts_beyond_5_percent_are_named_with_the_references(name, number, percent):
    assert difference(COUNTS, {**COUNTS, name: number, "gzip_6": 1002, "versions": "rustc 2, valgrind-3"}) == f"""\
More than 5% from the recorded instructions:
  {name}: {number:,} instructions, 1,000 recorded ({percent} percent)
For comparison, code of other crates:
  serde_json_typed: 1,000 instructions, 1,000 recorded (+0.0 percent)
  gzip_6: 1,002 instructions, 1,000 recorded (+0.2 percent)
Counted with rustc 2, valgrind-3; recorded with rustc 1, valgrind-3.
If the change is intended, `make counts` records the new numbers in benches/instructions.json."""


def test_other_crates_alone_may_change():
    assert difference(COUNTS, {**COUNTS, "gzip_6": 2000, "serde_json_typed": 1}) == ""
