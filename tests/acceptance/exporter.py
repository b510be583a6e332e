"""A running exporter, used through its HTTP interface."""

import re

import exposition
import loopback

# Polls once; the values do not become stale.
ONE_POLL = ("--poll.interval=24h", "--poll.max-staleness=48h")
LISTENING = re.compile(r'listening.*address"?[=:]"?(127\.0\.0\.1:\d+)')


class Exporter:
    """An exporter that listens."""

    def __init__(self, program):
        self.program = program
        address = program.wait_until(lambda: LISTENING.search(program.stderr), "it logs its address")
        self.address = address[1]
        self.url = f"http://{self.address}"

    def wait_until_polled(self):
        self.program.wait_until(lambda: loopback.returns_200(f"{self.url}/-/ready"), "the first poll ends")

    def scrape(self):
        return exposition.parse(loopback.get(f"{self.url}/metrics").text)
