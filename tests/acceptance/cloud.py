"""Control of a running `simulate`: whom it knows, what it was asked, and what changes in it."""

import json
from collections import Counter

import loopback


class Cloud:
    """The simulated cloud behind the variables that `simulate` printed."""

    def __init__(self, variables):
        self.endpoint = variables["METASTUDIO_ENDPOINT"]
        self._url = f"{self.endpoint}/simulation"

    def accounts(self):
        """All accounts, each with its secrets and its projects."""
        return json.loads(self._told("GET", "accounts"))

    def truth(self, project_id):
        """What is true of a project, whatever its faults: `assets`, `resources` and `resource_available_nums`."""
        return json.loads(self._told("GET", f"truth/{project_id}"))

    def faults(self, *names):
        """Has these faults and no others."""
        self.change("PUT", "faults", ",".join(names))

    def requests(self):
        """How many requests were answered, by method, path and status."""
        rows = json.loads(self._told("GET", "requests"))
        return Counter({(row["method"], row["path"], row["status"]): row["count"] for row in rows})

    def refused(self):
        """How many requests were not let in."""
        return sum(count for (_, _, status), count in self.requests().items() if status == 401)

    def most_in_flight(self):
        """The most requests that were being answered at once."""
        return int(self._told("GET", "most_in_flight"))

    def new_access_key(self, account):
        """A new access key of the account of this number: ID and secret."""
        key = json.loads(self._told("POST", f"accounts/{account}/access_keys"))
        return key["access_key"], key["secret_key"]

    def delete_access_key(self, access_key):
        """The key is refused from now on."""
        self.change("DELETE", f"access_keys/{access_key}")

    def set_lifetime(self, kind, lifetime):
        """How long each `iam_token` or `temporary_key` is good from now on."""
        self.change("PUT", f"lifetimes/{kind}", lifetime)

    def revoke(self, kind):
        """Ends all `iam_tokens` or `temporary_keys`."""
        self.change("DELETE", f"credentials/{kind}")

    def identity(self, kind):
        """The `id_token` or `pod_token` that is taken now."""
        return self._told("GET", kind)

    def new_identity(self, kind):
        """A new `id_token` or `pod_token`; the old one is refused from now on."""
        return self._told("POST", kind)

    def set_machine_account(self, number):
        """Whose keys the metadata server and the pod identity issue."""
        self.change("PUT", "machine_account", str(number))

    def change(self, method, path, body=""):
        """A request below /simulation/ that has no answer."""
        answer = loopback.send(method, f"{self._url}/{path}", body)
        assert answer.status == 204, answer.text

    def _told(self, method, path):
        answer = loopback.send(method, f"{self._url}/{path}", "")
        assert answer.status == 200, answer.text
        return answer.text
