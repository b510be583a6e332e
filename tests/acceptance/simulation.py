"""One project of a simulated cloud: makes it healthy and applies edits to it."""

import time

import exposition
from cloud import Cloud

DAY = 24 * 60 * 60
# Longer than any time range in the rules.
LONG = 400 * DAY
SECONDS_A_MINUTE = 60


class Simulation(Cloud):
    """The simulated cloud behind the variables that `simulate` printed, and its first project."""

    def __init__(self, variables):
        super().__init__(variables)
        self.project = variables["HUAWEICLOUD_SDK_PROJECT_ID"]
        self._health = {}

    def usage(self, user_id, item, number):
        """An edit: the user's usage of an item, in the API's unit."""
        return {f"projects/{self.project}/users/{user_id}/usage/{item}": number}

    def quota(self, user_id, item, number):
        """An edit: the user's quota of an item, in the API's unit."""
        return {f"projects/{self.project}/users/{user_id}/quota/{item}": number}

    def expires(self, resource_id, timestamp):
        """An edit: when the resource expires."""
        return {f"projects/{self.project}/resources/{resource_id}/expire_time": _moment(timestamp)}

    def available(self, resource_id, number):
        """An edit: how many models can still be trained with the resource."""
        return {f"projects/{self.project}/resources/{resource_id}/resource_available_nums": number}

    def status(self, resource_id, status):
        """An edit: whether the resource is frozen (1) or not (0)."""
        return {f"projects/{self.project}/resources/{resource_id}/status": status}

    def product(self, row, **fields):
        """Edits of a product, a row of `products()`: `amount` and `usage` in the API's unit, `status`, and
        `resource_expire_time` as a timestamp."""
        place = "/".join(filter(None, [row["resource_id"], row.get("sub_resource_type")]))
        if "resource_expire_time" in fields:
            fields["resource_expire_time"] = _moment(fields["resource_expire_time"])
        return {f"projects/{self.project}/products/{place}/{field}": value for field, value in fields.items()}

    def products(self):
        """The rows of all products, as the API has them."""
        return self.truth(self.project)["products"]

    def make_healthy(self, samples):
        """Removes the problems that the simulated world has by design."""
        self._health = {}
        for labels, limit in exposition.rows(samples, "metastudio_user_quota_limit"):
            if exposition.key("metastudio_user_quota_usage", **labels) in samples and limit != float("inf"):
                minutes = SECONDS_A_MINUTE if labels["unit"] == "seconds" else 1
                self._health |= self.usage(labels["user_id"], labels["item"], int(limit / minutes) // 2)
        for labels, models in exposition.rows(samples, "metastudio_voice_training_resource_models"):
            self._health |= self.available(labels["resource_id"], int(models))
            self._health |= self.status(labels["resource_id"], 0)
        for labels, _ in exposition.rows(samples, "metastudio_voice_training_resource_expiry_timestamp_seconds"):
            self._health |= self.expires(labels["resource_id"], time.time() + LONG)
        for row in self.products():
            self._health |= self.product(row, status=0)
            if "amount" in row:
                self._health |= self.product(row, usage=row["amount"] / 2)
            if "resource_expire_time" in row:
                self._health |= self.product(row, resource_expire_time=time.time() + LONG)
        self.apply_edits()

    def apply_edits(self, *edits):
        """Replaces all edits by these and those that make the world healthy, in one request. Without edits, the world
        recovers."""
        edited = self._health.copy()
        for edit in edits:
            edited |= edit
        self.change("PUT", "edits", "".join(f"{path} {value}\n" for path, value in edited.items()))


def _moment(timestamp):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(timestamp))
