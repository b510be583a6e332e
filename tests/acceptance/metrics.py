"""The values of `/metrics`, in the form in which the pages show them."""

from functools import cached_property

import exposition
import loopback


class Metrics:
    """The values of one scrape."""

    def __init__(self, exporter):
        self.samples = exposition.parse(loopback.get(f"{exporter.url}/metrics").text)

    def series(self, name):
        """(labels, value) of every series with this name."""
        return exposition.rows(self.samples, name)

    def value(self, name, **labels):
        """The value of a series, or None if it does not exist."""
        return self.samples.get(exposition.key(name, **labels))

    def total(self, name):
        return sum(value for _, value in self.series(name))

    @cached_property
    def names(self):
        """{(project, user ID): name}"""
        return {
            (labels["project"], labels["user_id"]): labels["user_name"]
            for labels, _ in self.series("metastudio_user_info")
        }

    @cached_property
    def quotas(self):
        """{(project, user ID): {item: (usage, limit)}}, usage and limit in the metric's unit."""
        users = {}
        for labels, limit in self.series("metastudio_user_quota_limit"):
            user = users.setdefault((labels["project"], labels["user_id"]), {})
            user[labels["item"]] = (self.value("metastudio_user_quota_usage", **labels), limit)
        return users

    @cached_property
    def highest_utilisation(self):
        """{(project, user ID): the highest utilisation}, for users with usage of a limited item."""
        ratios = {user: [ratio(*quota) for quota in quotas.values()] for user, quotas in self.quotas.items()}
        highest = {user: max(found for found in (*all_of, -1) if found is not None) for user, all_of in ratios.items()}
        return {user: highest[user] for user in highest if highest[user] > 0}


def ratio(usage, limit):
    """The utilisation, or None if nothing can run out."""
    if usage is None or limit == float("inf") or limit == 0:
        return None
    return usage / limit
