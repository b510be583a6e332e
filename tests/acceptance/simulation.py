"""One project of a running `simulate` in which all is well, and what goes wrong in it."""

import time

import exposition
from cloud import Cloud

DAY = 24 * 60 * 60
# Far beyond what any rule looks at.
LONG = 400 * DAY
SECONDS_A_MINUTE = 60


class Simulation(Cloud):
    """The simulated cloud behind the variables that `simulate` printed, and its first project."""

    def __init__(self, variables):
        super().__init__(variables)
        self.project = variables["HUAWEICLOUD_SDK_PROJECT_ID"]
        self._health = {}

    def usage(self, user_id, item, number):
        """That the user has used so much, in the API's unit."""
        return {f"projects/{self.project}/users/{user_id}/usage/{item}": number}

    def quota(self, user_id, item, number):
        """That the user may use so much, in the API's unit."""
        return {f"projects/{self.project}/users/{user_id}/quota/{item}": number}

    def expires(self, resource_id, timestamp):
        """That the resource expires then."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(timestamp))
        return {f"projects/{self.project}/resources/{resource_id}/expire_time": moment}

    def available(self, resource_id, number):
        """That so many models can still be trained with the resource."""
        return {f"projects/{self.project}/resources/{resource_id}/resource_available_nums": number}

    def status(self, resource_id, status):
        """That the resource is frozen, 1, or not, 0."""
        return {f"projects/{self.project}/resources/{resource_id}/status": status}

    def be_well(self, samples):
        """Puts right what the simulated world has wrong by design, so that the world is all right but for `trouble`."""
        self._health = {}
        for labels, limit in _rows(samples, "metastudio_user_quota_limit"):
            if exposition.key("metastudio_user_quota_usage", **labels) in samples and limit != float("inf"):
                minutes = SECONDS_A_MINUTE if labels["unit"] == "seconds" else 1
                self._health |= self.usage(labels["user_id"], labels["item"], int(limit / minutes) // 2)
        for labels, models in _rows(samples, "metastudio_voice_training_resource_models"):
            self._health |= self.available(labels["resource_id"], int(models))
            self._health |= self.status(labels["resource_id"], 0)
        for labels, _ in _rows(samples, "metastudio_voice_training_resource_expiry_timestamp_seconds"):
            self._health |= self.expires(labels["resource_id"], time.time() + LONG)
        self.trouble()

    def trouble(self, *edits):
        """Has these edits and no others besides those that make it well; none, and it recovers. All at once."""
        held = self._health.copy()
        for edit in edits:
            held |= edit
        self.change("PUT", "edits", "".join(f"{path} {value}\n" for path, value in held.items()))


def _rows(samples, name):
    """Labels and value of every series of this name."""
    return [(dict(labels), value) for (found, labels), value in samples.items() if found == name]
