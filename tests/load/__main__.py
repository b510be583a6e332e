"""Puts more load on an exporter than any Prometheus does, and prints what other clients and the memory saw of it.

    make load
    make load SECONDS=10

First a crowd: 200 clients that scrape in a loop and 1,000 connections that do nothing, while the process may open 1,024
files, and polls run every few seconds. It comes twice: with scrapes that are not limited (`--web.max-requests=0`), and
with the default limit, beyond which scrapes are refused with 503. All other scrapes must succeed. Then HTTP/2 over TLS
as no honest client uses it, one kind after the other. The exit code is 1 if a line of the table misses its bound.
"""

import argparse
import sys
import tempfile
from pathlib import Path

# The helpers that start programs and simulated clouds are those of the acceptance tests.
sys.path.append(str(Path(__file__).resolve().parents[1] / "acceptance"))

import figures
import interrupts
from crowd import DEFAULT_LIMIT
from crowd_lines import crowd_lines
from http2_attacks import ATTACKS
from http2_lines import attack_lines
from limited import start_exporter, start_https_exporter

SCRAPERS, IDLE = 200, 1000
# Each attack takes this part of the time of a crowd.
ATTACK = 1 / 6


def main():
    arguments = parse_arguments()
    interrupts.handle()
    with tempfile.TemporaryDirectory(prefix="load-") as directory, interrupts.starting(Path(directory)) as start:
        return figures.show(lines(arguments, start, Path(directory)))


def lines(arguments, start, directory):
    """All lines of the table, as they are measured."""
    chosen = [name for name in ("crowd", *ATTACKS) if not arguments.words or name in arguments.words]
    binary = arguments.binary.resolve()
    if "crowd" in chosen:
        size = (arguments.scrapers, arguments.idle)
        for limit, flags in ((0, ("--web.max-requests=0",)), (DEFAULT_LIMIT, ())):
            interval, patience = arguments.interval, arguments.patience
            exporter, cloud = start_exporter(start, binary, f"--poll.interval={interval:g}s", *flags)
            yield from crowd_lines(exporter, cloud, size, arguments.seconds, limit, interval, patience)
            exporter.program.stop()
    exporter = start_https_exporter(start, binary, directory)
    for name, attack in ATTACKS.items():
        if name in chosen:
            seconds = arguments.seconds * ATTACK * attack.length
            yield from attack_lines(exporter, name, attack, seconds, arguments.patience)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="load", description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True, help="the exporter")
    parser.add_argument("--seconds", type=float, default=60, help="how long each crowd stays")
    parser.add_argument("--scrapers", type=int, default=SCRAPERS)
    parser.add_argument("--idle", type=int, default=IDLE)
    parser.add_argument("--interval", type=float, default=5, help="of polls during a crowd, in seconds")
    parser.add_argument("--patience", type=float, default=1, help="a factor of all bounds of times")
    parser.add_argument("words", nargs="*", metavar="NAME", help=f"only these lines: crowd {' '.join(ATTACKS)}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
