"""A running exporter, as its users see it."""

import re

import exposition
import loopback

LISTENING = re.compile(r'listening.*address"?[=:]"?(127\.0\.0\.1:\d+)')


class Exporter:
    """An exporter that serves."""

    def __init__(self, program):
        self.program = program
        address = program.wait_until(lambda: LISTENING.search(program.stderr), "it says where it listens")
        self.address = address[1]
        self.url = f"http://{self.address}"

    def wait_until_polled(self):
        self.program.wait_until(lambda: loopback.answers_200(f"{self.url}/-/ready"), "the first poll ends")

    def scrape(self):
        return exposition.parse(loopback.get(f"{self.url}/metrics").text)
