"""Histories for the panels: series of two hours, written into the database of a Prometheus that scrapes nothing."""

import time

from past import series

MINUTE, HOUR = 60, 3600
RANGE = 2 * HOUR
# Every query is for this time. The last sample of a series that still exists is at this time.
END = int(time.time()) // MINUTE * MINUTE - 10 * MINUTE
TIMES = range(END - RANGE, END + 1, MINUTE)
# Variables of a dashboard that shows these two hours. It begins between two samples, so that `increase` extrapolates.
SHOWN = {"__range": f"{RANGE - 30}s", "__range_s": f"{RANGE - 30}", "__interval": "1m", "__rate_interval": "4m"}


def always(value):
    """The same value at all times."""
    return [(at, value) for at in TIMES]


def growing(by, of=0):
    """A value that is `of` at the end and grew by `by` each minute."""
    return [(at, of - by * (END - at) / MINUTE) for at in TIMES]


def counted(*parts):
    """The values of a counter: each part is how many minutes it has which value. The last part lasts until the end."""
    values = [value for minutes, value in parts for _ in range(minutes)]
    values += [parts[-1][1]] * (len(TIMES) - len(values))
    return list(zip(TIMES, values, strict=True))


def since(minutes, points):
    """The points of the last minutes: a series that appeared then."""
    return [(at, value) for at, value in points if at > END - minutes * MINUTE]


def until(minutes, points):
    """The points before the last minutes: a series that ended then."""
    return [(at, value) for at, value in points if at <= END - minutes * MINUTE]


class History:
    """The series of one exporter, all with the labels that Prometheus adds."""

    def __init__(self, job="metastudio", instance="a:10036", **labels):
        self.labels = {"job": job, "instance": instance} | labels
        self.lines = ""

    def add(self, name, points, **labels):
        self.lines += series(name, self.labels | labels, points)
        return self

    def runs(self, points=None):
        """The exporter and its scrapes."""
        self.add("up", points or always(1))
        build = dict.fromkeys(("version", "revision", "rustversion"), "1")
        return self.add("metastudio_exporter_build_info", points or always(1), **build)

    def polls(self, project, *collectors, up=1, age=100):
        """A project whose APIs are polled; without an age, no poll ever succeeded."""
        self.add("metastudio_project_info", always(1), project=project, project_id="", region="r", endpoint="e")
        for collector in collectors:
            which = {"project": project, "collector": collector}
            self.add("metastudio_up", always(up), **which)
            if age is not None:
                self.add("metastudio_last_success_timestamp_seconds", always(END - age), **which)
        return self

    def quota(self, project, user_id, item, usage, limit, unit="count"):
        which = {"project": project, "user_id": user_id, "item": item, "unit": unit}
        self.add("metastudio_user_quota_usage", usage, **which)
        return self.add("metastudio_user_quota_limit", always(limit), **which)
