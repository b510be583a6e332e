"""The lines of one attack: what the server did, whether others were served, and how much memory it took."""

import threading
import time
from collections import Counter

import figures
from crowd import is_refusal
from http2_client import Ended, Http2Client
from programs import memory

ATTACKERS = 4
# How long another client may wait, in seconds.
LONGEST_ANSWER, LONGEST_REQUEST = 1, 60
MOST_MEMORY = 128e6
PAUSE = 0.02


class Attackers:
    """Several attackers, each with one connection after the other."""

    def __init__(self, exporter, attack):
        self._exporter, self._attack, self._over = exporter, attack, threading.Event()
        self.frames, self.ends, self.statuses, self.resets = 0, Counter(), Counter(), Counter()
        self.errors, self._lock = [], threading.Lock()
        self._threads = [threading.Thread(target=self._attack_until_over) for _ in range(ATTACKERS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def reaction(self):
        """What the server did, most frequent first."""
        ends = [f"connections: {count:,} {end}" for end, count in self.ends.most_common()]
        answers = [f"{count:,} with status {status}" for status, count in self.statuses.most_common()]
        resets = [f"{count:,} streams reset: {code}" for code, count in self.resets.most_common()]
        return "; ".join((f"{self.frames:,} frames", *ends, *answers, *resets))

    def _attack_until_over(self):
        try:
            while not self._over.is_set():
                self._attack_once()
        except Exception as error:
            self.errors.append(repr(error))

    def _attack_once(self):
        client = Http2Client(self._exporter.address, self._exporter.context(), self._attack.window)
        frames, end = 0, "open at the end"
        try:
            while not self._over.is_set():
                frames += self._attack.send(client)
                if self._attack.reads:
                    client.receive()
            if self._attack.reads:
                client.receive(PAUSE)
        except Ended as ended:
            self._read_rest(client)
            end = client.goaway or str(ended)
        finally:
            client.close()
        with self._lock:
            self.frames += frames
            self.ends[end] += 1
            self.statuses.update(client.statuses)
            self.resets.update(client.resets)

    @staticmethod
    def _read_rest(client):
        """The server's last words may still be there after a failed write."""
        try:
            client.receive(PAUSE)
        except Ended:
            pass


def attack_lines(exporter, name, attack, seconds, patience):
    """The lines of an attack of so many seconds."""
    process = exporter.program.process_id
    _forget_peak(process)
    slowest, answers, wrong = 0, Counter(), []
    end = time.monotonic() + seconds
    with Attackers(exporter, attack) as attackers:
        while time.monotonic() < end:
            for path in ("/metrics", "/-/healthy"):
                began = time.monotonic()
                status, text = exporter.request("GET", path, timeout=LONGEST_REQUEST)
                slowest = max(slowest, time.monotonic() - began)
                is_refused = attack.holds_scrapes and is_refusal(status, text.encode())
                answers[status] += 1
                if not (status == 200 or (is_refused and path == "/metrics")):
                    wrong.append(f"{path}: {status} {text[:100]}")
            time.sleep(PAUSE)
    exporter.program.wait_until(lambda: exporter.request("GET", "/metrics")[0] == 200, "a scrape succeeds afterwards")
    refused = f", {answers[503]} of them refused with 503 as documented" if answers[503] else ""
    slow = f"{name}: slowest of {answers.total():,} answers{refused}"
    return [
        figures.none(f"{name} ({attackers.reaction()}): wrong answers to others", [*wrong, *attackers.errors]),
        figures.at_most(slow, slowest, LONGEST_ANSWER * patience, "s"),
        figures.at_most(f"{name}: peak memory", memory(process)[1], MOST_MEMORY, "MB"),
    ]


def _forget_peak(process_id):
    """Starts a new peak of the resident memory."""
    with open(f"/proc/{process_id}/clear_refs", "w") as file:
        file.write("5")
