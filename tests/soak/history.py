"""What the clouds had, and when: a sample of Prometheus is right if a cloud had its value shortly before."""

import time
from contextlib import contextmanager

import expected
import exposition
from world import ODD, STALENESS, TIMEOUT

# A value is shown until its snapshot is stale, or until the poll ends that has begun before.
LATE = STALENESS + TIMEOUT + 2
# A scrape has the time of its start, and may show what a poll finds while it runs.
EARLY = 1
NUMBERS_OF_ROWS = {
    "metastudio_users": "user_quotas",
    "metastudio_resources": "tenant_resources",
    "metastudio_voice_training_resources": "voice_training",
}
STATES = {"metastudio_up": (0, 1), "metastudio_snapshot_consistent": (0, 1), "metastudio_invalid_values": (0,)}


class History:
    """All values of all series, each with the time in which a cloud had it."""

    def __init__(self, world):
        self._world, self._values, self._now = world, {}, {}
        for project in world.projects:
            self._now[project["name"]] = {}
            with self.change(project):
                pass

    @contextmanager
    def change(self, project):
        """Notes the values after a change of this project. Each is right from the start of the change on, and the one
        before to its end."""
        began = time.time()
        yield
        now, before = self._series(project), self._now[project["name"]]
        ended = time.time()
        for series in before.keys() | now.keys():
            if before.get(series) == now.get(series):
                continue
            if series in before:
                self._values[series][-1][2] = ended
            if series in now:
                self._values.setdefault(series, []).append([now[series], began, float("inf")])
        self._now[project["name"]] = now

    def current(self):
        """What every scrape must have when the last polls have succeeded."""
        return {series: value for now in self._now.values() for series, value in now.items()}

    def wrong(self, samples):
        """The samples that no cloud had, as texts; `samples` are those of one scrape at one time."""
        for time_of_scrape, at_once in samples.items():
            for series, value in at_once.items():
                if not self._is_right(series, value, time_of_scrape, at_once):
                    yield f"{series} is {value} at {time_of_scrape}; right: {self._values.get(series)}"

    def _is_right(self, series, value, at, at_once):
        name, labels = series[0], dict(series[1])
        if labels["project"] == ODD:
            return True
        if name in exposition.VOLATILE:
            # How long a poll takes beyond its time-out depends on the machine.
            return 0 <= value <= (at + EARLY if "timestamp" in name else LATE)
        if name in STATES:
            return value in STATES[name]
        if name in NUMBERS_OF_ROWS and self._is_inconsistent(labels["project"], NUMBERS_OF_ROWS[name], at_once):
            return True
        values = self._values.get(series, ())
        return any(value == had and since - EARLY <= at <= until + LATE for had, since, until in values)

    @staticmethod
    def _is_inconsistent(project, collector, at_once):
        series = exposition.key("metastudio_snapshot_consistent", project=project, collector=collector)
        return at_once.get(series) == 0

    def _series(self, project):
        cloud = self._world.cloud_of(project)
        series = expected.of_cloud(cloud, [project])
        if project["user_quotas"]["names"]:
            series |= expected.user_names(cloud, project)
        return as_stored(series)


def as_stored(samples):
    """The samples as Prometheus has them: an empty label is no label."""
    return {(name, tuple(label for label in labels if label[1])): value for (name, labels), value in samples.items()}
