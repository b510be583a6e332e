"""`make load` for some seconds: a crowd of clients, and HTTP/2 that no honest client sends."""

import asyncio
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import loopback
from conftest import REPOSITORY

LOAD = REPOSITORY / "tests" / "load"
sys.path.append(str(LOAD))

from crowd import REFUSAL, Crowd  # noqa: E402
from http2_attacks import ATTACKS  # noqa: E402
from limited import LIMIT, start_exporter  # noqa: E402

# What the server does about each attack.
REACTIONS = {
    "rapid_resets": r"frames; connections: [\d,]+ ENHANCE_YOUR_CALM",
    # 4 times 100 requests are answered, and 40 of them are scrapes in progress.
    "too_many_streams": r"\(1,600 frames; connections: 4 open at the end; ANSWERS; 1,200 streams reset: REFUSED",
    "closed_windows": r"\(400 frames; connections: 4 open at the end; ANSWERS\)",
    "slow_windows": r"frames; connections: 4 open at the end; ANSWERS\)",
    "settings": r"frames; connections: 4 open at the end\)",
    "settings_unread": r"frames; connections: 4 (the server reads nothing more|open at the end)\)",
    "pings": r"frames; connections: 4 open at the end\)",
    "pings_unread": r"frames; connections: 4 (the server reads nothing more|open at the end)\)",
    "continuations": r"frames; connections: [\d,]+ ENHANCE_YOUR_CALM",
    "large_heads": r"frames; connections: 4 open at the end; [\d,]+ with status 431\)",
    "growing_heads": r"frames; connections: [\d,]+ ENHANCE_YOUR_CALM",
}
# Another client may have had some of the places.
ANSWERS = r"3[6-9]\d with status 503; (40|3\d|2\d) with status 200"


def load(binary, *flags):
    """Runs `make load`; times depend on the machine, so that their bounds are far away."""
    command = [sys.executable, LOAD, "--binary", binary, "--patience=30", *flags]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=180, check=False)
    return done, [line for line in done.stdout.splitlines() if line.startswith("|")][2:]


def test_a_crowd_is_served_within_the_limits(binary):
    done, rows = load(binary, "--seconds=3", "--interval=1", "--scrapers=50", "--idle=600", "crowd")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(rows) == 2 * 9 and all(row.endswith("| meets |") for row in rows)
    assert re.match(r"\| 50 scrapers, limit of none: failed, besides [\d,]{2,} scrapes", rows[0]), rows[0]
    assert re.match(r"\| 50 scrapers, limit of 40: refused with 503 as documented \| [\d,]+ \| any ", rows[10])


def test_an_attack_with_http_2_does_not_affect_others(binary):
    done, rows = load(binary, "--seconds=4", *ATTACKS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(rows) == 3 * len(ATTACKS) and REACTIONS.keys() == ATTACKS.keys()
    for place, name in enumerate(ATTACKS):
        assert rows[3 * place].startswith(f"| {name} ("), rows[3 * place]
        assert re.search(REACTIONS[name].replace("ANSWERS", ANSWERS), rows[3 * place]), rows[3 * place]


def scrape(crowd):
    """One client scrapes for 0.2 s. It has a thread of its own, because Playwright keeps an event loop in this one."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, crowd.run(1, 0, 0.2)).result()


@pytest.mark.parametrize(
    ("status", "body", "length", "failure"),
    [
        (500, b"broken\n", 7, r"500 b'broken\\n'"),
        (503, b"broken\n", 7, r"503 b'broken\\n'"),
        (200, b"", 1, r"IncompleteReadError\('0 bytes read on a total of 1 expected bytes'\)"),
    ],
)
def test_a_scrape_that_fails_is_noticed(status, body, length, failure):
    class Wrong(loopback.Handler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = len(body) < length

    with loopback.serving(Wrong) as address:
        crowd = Crowd(address)
        scrape(crowd)
    assert crowd.failures and all(re.fullmatch(failure, found) for found in crowd.failures), crowd.failures


def test_a_connection_that_ends_between_two_scrapes_is_no_failure_and_a_new_one_is():
    class Closing(loopback.Handler):
        protocol_version = "HTTP/1.1"
        requests = 0

        def do_GET(self):
            self.requests += 1
            if self.requests > most:
                self.close_connection = True
            else:
                self.respond(503, REFUSAL)

    failure = "IncompleteReadError('0 bytes read on a total of undefined expected bytes')"
    for most, failures in ((1, set()), (0, {failure})):
        with loopback.serving(Closing) as address:
            crowd = Crowd(address)
            scrape(crowd)
        assert (set(crowd.failures), bool(crowd.seen["reconnected"])) == (failures, not failures)


def test_the_exporter_has_1024_files_and_half_of_them_are_for_clients(binary, start):
    exporter, _ = start_exporter(start, binary)
    with open(f"/proc/{exporter.program.process_id}/limits") as limits:
        assert LIMIT.search(limits.read()).groups() == ("1024", "1024")
