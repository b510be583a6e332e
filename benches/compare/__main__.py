"""Measures the exporter against reference programs in one run, and prints the table as Markdown.

    make bench-compare                                    # all lines, about a quarter of an hour
    make bench-compare LINES="memory gzip" ROUNDS=3       # the lines whose names contain a word
    make bench-compare BINARY=/another/metastudio-exporter

Exporter and reference run in turn for several rounds; a cell is the median of the rounds, with the minimum and the
maximum in brackets, and a ratio is the median of the ratios of the rounds. Memory is read between two polls. All
programs use loopback and free ports, and end with this one. The exit code is 1 if a line could not be measured; a target
that is missed changes only the verdict. The table is written to standard output, and what runs to standard error.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

# The helpers that start programs, nginx and the simulated cloud are those of the acceptance tests.
sys.path.append(str(Path(__file__).resolve().parents[2] / "tests" / "acceptance"))

import interrupts
import machine
import table
from lines import LINES
from setting import Options, new_setting


def main():
    arguments = parse_arguments()
    chosen = [line for line in LINES if not arguments.words or any(word in line.__name__ for word in arguments.words)]
    if not chosen:
        sys.exit(f"no line has such a name; the lines are: {' '.join(line.__name__ for line in LINES)}")
    interrupts.handle()
    with tempfile.TemporaryDirectory(prefix="bench-compare-") as directory:
        # A build in the meantime must not replace what is measured.
        binary = Path(shutil.copy(arguments.binary, directory))
        return measure_all(chosen, Options(binary, arguments.rounds, arguments.polls, arguments.interval))


def measure_all(lines, options):
    """Prints the table; returns the exit code."""
    started, failures = time.monotonic(), 0
    print(machine.describe(options.binary), end="\n\n")
    print(table.HEADER, flush=True)
    for line in lines:
        print(f"{time.monotonic() - started:4.0f} s  {line.__name__}", file=sys.stderr, flush=True)
        try:
            with new_setting(options) as setting:
                for row in line(setting):
                    print(row.markdown(), flush=True)
        except Exception as error:
            failures += 1
            print(table.failed(line.__name__, error).markdown(), flush=True)
    passed, load = time.monotonic() - started, os.getloadavg()[0]
    print(f"\n{options.rounds} rounds, {options.polls} polls, {passed:.0f} s, load {load:.2f} at the end.")
    return 1 if failures else 0


def parse_arguments():
    parser = argparse.ArgumentParser(prog="compare", description="Measures the exporter against reference programs.")
    parser.add_argument("--binary", type=Path, required=True, help="the exporter, a release build")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of exporter and reference")
    parser.add_argument("--polls", type=int, default=100, help="polls of 100,000 users in the line of memory")
    parser.add_argument("--interval", default="5s", help="interval of these polls")
    parser.add_argument("words", nargs="*", metavar="WORD", help="measures only lines whose name contains a word")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
