"""`make bench-compare`: its table, its exit code and its end, without any time; and its HTTP client."""

import hashlib
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import REPOSITORY
from programs import wait_until

COMPARE = REPOSITORY / "benches" / "compare"
sys.path.append(str(COMPARE))

from client import ChunkedBody  # noqa: E402


def compare(binary, *words):
    command = [sys.executable, COMPARE, "--binary", binary, "--rounds=1", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_line_is_a_row_of_the_table(binary):
    done = compare(binary, "stripped")
    assert done.returncode == 0, done.stderr
    digest = hashlib.sha256(binary.read_bytes()).hexdigest()[:12]
    program = rf"- metastudio-exporter [\d.]+, revision [0-9a-f]+, SHA-256 {digest}; nginx "
    assert re.search(program, done.stdout), done.stdout
    rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert rows[0] == "| what | exporter | reference | ratio | target | verdict |"
    number, verdict = r"[\d.]+", r"(meets|\*\*misses\*\*)"
    row = rf"\| binary, stripped, .* \| {number} MB \| {number} MB \| {number} \| at most 0.5 \| {verdict} \|"
    assert re.fullmatch(row, rows[2]), rows[2]
    assert len(rows) == 3


def test_a_line_that_cannot_be_measured_is_in_the_table_and_the_exit_code_is_1(binary):
    done = compare(Path("/bin/true"), "stripped", "idle_memory")
    assert done.returncode == 1
    failed, measured = done.stdout.splitlines()[-4:-2]
    assert failed.startswith("| idle_memory | FAILED: RuntimeError: true ended with 0: |"), failed
    assert measured.startswith("| binary, stripped, against node_exporter | 0.0"), measured


def test_an_unknown_name_lists_the_lines(binary):
    done = compare(binary, "nothing")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("no line has such a name; the lines are: memory_at_100_000_users "), done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_everything_that_was_started_ends_with_it(binary, number):
    command = [sys.executable, COMPARE, "--binary", binary, "wake_ups"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        # The cloud, nginx, the exporter and node_exporter.
        wait_until(lambda: len(children(process.pid)) == 4, "all programs run")
        started = children(process.pid)
        process.send_signal(number)
        assert process.wait(timeout=30) != 0
    assert not [child for child in started if Path(f"/proc/{child}").exists()]


def children(process_id):
    return Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()


def test_a_body_in_chunks_is_read_whole_wherever_it_is_split():
    body = b"5\r\nhello\r\n10;name=value\r\n, how are you to\r\n4\r\nday?\r\n0\r\n\r\n"
    for size in range(1, len(body) + 1):
        parts = []
        chunks = ChunkedBody(lambda part: parts.append(bytes(part)))
        for start in range(0, len(body), size):
            assert not chunks.complete
            chunks.take(memoryview(body)[start : start + size])
        assert (b"".join(parts), chunks.length, chunks.complete) == (b"hello, how are you today?", 25, True)
