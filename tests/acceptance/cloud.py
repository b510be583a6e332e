"""Starts and controls a simulated cloud: its accounts, its request counts, and changes to it."""

import json
from collections import Counter

import loopback


def start_simulation(start, binary, *flags):
    """Starts `simulate` with flags; returns the variables that it prints."""
    program = start([binary, "simulate", "--listen=127.0.0.1:0", *flags], {})
    # The last variable.
    program.wait_until(lambda: "METASTUDIO_REGION=" in program.stdout, "it prints its variables")
    return dict(line.split("=", 1) for line in program.stdout.splitlines())


class Cloud:
    """The simulated cloud behind the variables that `simulate` printed."""

    def __init__(self, variables):
        self.endpoint = variables["METASTUDIO_ENDPOINT"]
        self._url = f"{self.endpoint}/simulation"

    def accounts(self):
        """All accounts, each with its secrets and its projects."""
        return json.loads(self._request("GET", "accounts"))

    def truth(self, project_id):
        """The data of a project, independent of its faults: `assets`, `resources` and `resource_available_nums`."""
        return json.loads(self._request("GET", f"truth/{project_id}"))

    def set_faults(self, *names):
        """Replaces all faults by these."""
        self.change("PUT", "faults", ",".join(names))

    def requests(self):
        """The number of answered requests by method, path and status."""
        rows = json.loads(self._request("GET", "requests"))
        return Counter({(row["method"], row["path"], row["status"]): row["count"] for row in rows})

    def rejected_requests(self):
        """The number of requests with rejected credentials."""
        return sum(count for (_, _, status), count in self.requests().items() if status == 401)

    def most_in_flight(self):
        """The highest number of concurrent requests."""
        return int(self._request("GET", "most_in_flight"))

    def new_access_key(self, account):
        """Creates an access key for the account with this number; returns its ID and secret."""
        key = json.loads(self._request("POST", f"accounts/{account}/access_keys"))
        return key["access_key"], key["secret_key"]

    def delete_access_key(self, access_key):
        """Deletes the key; the cloud then rejects it."""
        self.change("DELETE", f"access_keys/{access_key}")

    def set_lifetime(self, kind, lifetime):
        """Sets the lifetime of each new `iam_token` or `temporary_key`."""
        self.change("PUT", f"lifetimes/{kind}", lifetime)

    def revoke(self, kind):
        """Revokes all `iam_tokens` or `temporary_keys`."""
        self.change("DELETE", f"credentials/{kind}")

    def identity(self, kind):
        """The valid `id_token` or `pod_token`."""
        return self._request("GET", kind)

    def new_identity(self, kind):
        """Replaces the `id_token` or `pod_token`; the cloud then rejects the old one."""
        return self._request("POST", kind)

    def set_machine_account(self, number):
        """Sets the account whose keys the metadata server and the pod identity issue."""
        self.change("PUT", "machine_account", str(number))

    def change(self, method, path, body=""):
        """Sends a request below /simulation/ that has no response body."""
        answer = loopback.send(method, f"{self._url}/{path}", body)
        assert answer.status == 204, answer.text

    def _request(self, method, path):
        answer = loopback.send(method, f"{self._url}/{path}", "")
        assert answer.status == 200, answer.text
        return answer.text
