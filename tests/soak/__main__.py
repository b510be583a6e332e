"""Runs an exporter for long while everything around it changes and fails, and prints what it cost and got wrong.

    make soak                        # half an hour
    make soak MINUTES=5 SEED=17      # the same events as in another run with this seed

The exporter polls every second what two simulated clouds have, with every kind of credentials. A real Prometheus with
the shipped rules scrapes it every second over HTTPS. At random, faults begin and end, data changes, credentials and
certificates are replaced or revoked, configurations are loaded, and pages are visited. Prometheus' samples are compared
all the time with what the clouds had. At the end, all faults end and every series must equal the clouds' data.

The exit code is 1 if a line of the table misses its bound. The directory has the log of all events and programs.
"""

import argparse
import random
import sys
import time
from pathlib import Path

# The helpers that start programs, simulated clouds and Prometheus are those of the acceptance tests.
sys.path.append(str(Path(__file__).resolve().parents[1] / "acceptance"))

import figures
import interrupts
from checks import Checks
from events import Events
from world import World

# How often Prometheus' samples are compared, in seconds.
COMPARED_EVERY = 10
LONGEST_PAUSE = 1.5


def main():
    arguments = parse_arguments()
    interrupts.handle()
    # One directory for each run.
    directory = (arguments.directory / time.strftime("%Y%m%d-%H%M%S")).resolve()
    directory.mkdir(parents=True)
    print(f"seed {arguments.seed}, {arguments.minutes:g} minutes, files in {directory}\n", flush=True)
    with interrupts.starting(directory) as start:
        world = World(arguments.binary.resolve(), start, directory)
        checks = Checks(world, arguments.longest_scrape)
        run(world, checks, arguments.minutes * 60, random.Random(arguments.seed))
        return figures.show(checks.figures())


def run(world, checks, seconds, chance):
    """Lets events happen for that long, then waits until the exporter has all that the clouds have."""
    events = Events(world, checks, chance)
    end = time.monotonic() + seconds
    compared = time.monotonic()
    with (world.directory / "events.log").open("w") as log:
        while time.monotonic() < end:
            print(f"{world.elapsed():7.1f} {events.happen()}", file=log, flush=True)
            if time.monotonic() - compared > COMPARED_EVERY:
                checks.compare_samples()
                compared = time.monotonic()
            # The time between two events is a part of what is run, not a wait for a condition.
            time.sleep(chance.uniform(0, LONGEST_PAUSE))
    events.end()
    checks.compare_end()


def parse_arguments():
    parser = argparse.ArgumentParser(prog="soak", description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True, help="the exporter")
    parser.add_argument("--directory", type=Path, required=True, help="where to keep the logs")
    parser.add_argument("--minutes", type=float, default=30, help="how long events happen")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="of the events")
    parser.add_argument("--longest-scrape", type=float, default=1, help="how long a scrape may take, in seconds")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
