"""What is checked while events happen and at the end, and the lines of the table."""

import time
from collections import defaultdict

import exposition
import figures
from history import History, as_stored

# All series of the clouds' data, without the results of rules.
DATA = '{job="metastudio-exporter",__name__=~"metastudio_.*",__name__!~"metastudio_exporter_.*"}'
# Prometheus stores a scrape after it has ended.
STORED = 2
SETTLED_AFTER = 90
LEAST_SAMPLES = 1000
# A scrape that is not finished after so long fails, in seconds.
SCRAPE_TIMEOUT = 1
OWN_LABELS = ("instance", "job")


class Checks:
    """Collects what is wrong, and the figures."""

    def __init__(self, world, longest_scrape):
        self._world, self._longest_scrape = world, longest_scrape
        self.history = History(world)
        self._wrong, self._unexpected, self._compared, self._visits = [], [], 0, []
        self._began = self._compared_until = time.time()
        self._settled_after, self._different = None, ["not compared"]

    def expect(self, condition, otherwise):
        """Notes what must not be, unless `condition` holds."""
        if not condition:
            self._unexpected.append(otherwise)

    def visited(self, path, status, seconds):
        """Notes the visit of a page. Its project may have been removed since the page with the link was rendered."""
        self._visits.append(seconds)
        self.expect(status in (200, 404), f"{path} has status {status}")

    def compare_samples(self):
        """Compares all samples since the last call with what the clouds had."""
        until = time.time() - STORED
        if until - self._compared_until < 1:
            return
        samples = self._samples(DATA, self._compared_until, until)
        self._compared_until = until
        self._compared += sum(len(at_once) for at_once in samples.values())
        self._wrong.extend(self.history.wrong(samples))

    def compare_end(self):
        """Waits until the exporter has all that the clouds have, then until Prometheus has it too."""
        began = time.monotonic()
        try:
            for scrape in (self._world.exporter.scrape, lambda: self._world.prometheus.query(DATA)):
                program = self._world.exporter.program
                program.wait_until(lambda: self._is_right(scrape()), "all is right", SETTLED_AFTER)
            self._settled_after = time.monotonic() - began
        except (TimeoutError, RuntimeError) as error:
            self._unexpected.append(str(error)[:200])
        self.compare_samples()
        self._ended = time.time()

    def _is_right(self, samples):
        """Whether these samples are all that the clouds have; notes the differences."""
        found, right = as_stored(exposition.steady(samples)), self.history.current()
        differing = [series for series in found.keys() | right.keys() if found.get(series) != right.get(series)]
        self._different = [f"{series}: {found.get(series)}, right: {right.get(series)}" for series in sorted(differing)]
        return not differing

    def figures(self):
        """All lines of the table."""
        log = self._world.exporter.program.stderr
        scrapes = self._values("scrape_duration_seconds")
        rows = f"series that differ at the end, out of {len(self.history.current()):,}"
        ups, longest_visit = self._values("up"), max(self._visits, default=0)
        failed = sum(not up and seconds < SCRAPE_TIMEOUT for up, seconds in zip(ups, scrapes, strict=True))
        reference = max(self._values("scrape_duration_seconds", "prometheus"))
        settled = float("inf") if self._settled_after is None else self._settled_after
        return [
            figures.at_least("samples that were compared", self._compared, LEAST_SAMPLES),
            figures.none("samples that no cloud had", self._wrong),
            figures.none(rows, self._different),
            figures.at_most("time from the end of faults to no difference", settled, SETTLED_AFTER, "s"),
            figures.none("answers that were not expected", self._unexpected),
            figures.at_most(f"longest of {len(scrapes):,} scrapes", max(scrapes), self._longest_scrape, "s"),
            figures.at_most("Prometheus' longest scrape of itself, for comparison", reference, float("inf"), "s"),
            figures.at_most("scrapes that failed, other than by their time", failed, 0),
            figures.at_most(f"longest of {len(self._visits):,} visits", longest_visit, self._longest_scrape, "s"),
            figures.at_most("panics in the metric", max(self._values("metastudio_exporter_panics_total")), 0),
            figures.none("panics in the log", [line for line in log.splitlines() if "panic" in line]),
            figures.flat("resident memory", self._values("process_resident_memory_bytes"), "MB"),
            figures.flat("open files", self._values("process_open_fds"), slack=2),
            figures.flat("threads", self._values("process_threads"), slack=2),
            figures.flat("tasks", self._values("metastudio_exporter_tasks"), slack=2),
        ]

    def _values(self, name, job="metastudio-exporter"):
        """All values of a program's series with this name, in the order of time."""
        samples = self._samples(f'{{__name__="{name}",job="{job}"}}', self._began, self._ended)
        return [value for _, at_once in sorted(samples.items()) for value in at_once.values()]

    def _samples(self, selector, since, until):
        """The stored samples of a time, as {time: {series: value}}."""
        samples = defaultdict(dict)
        expression = f"{selector}[{max(1, round((until - since) * 1000))}ms]"
        for row in self._world.prometheus.ask("query", query=expression, time=f"{until:.3f}")["result"]:
            labels = {name: value for name, value in row["metric"].items() if name not in OWN_LABELS}
            series = exposition.key(labels.pop("__name__"), **labels)
            for at, value in row["values"]:
                samples[at][series] = float(value)
        return samples
