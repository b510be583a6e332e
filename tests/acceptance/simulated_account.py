"""The account of a simulated cloud in place of the one that readers of the documents have."""

import re

import yaml

from cloud import Cloud


class SimulatedAccount:
    """One account with one project."""

    def __init__(self, variables):
        self._cloud, self._variables = Cloud(variables), variables
        (self._account,) = self._cloud.accounts()

    def variables(self):
        """The environment of its owner. IAM gives the project's ID."""
        names = ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "METASTUDIO_REGION")
        return {name: self._variables[name] for name in names} | self.endpoints()

    def endpoints(self):
        """What is different for a simulated account."""
        return {"METASTUDIO_ENDPOINT": self._cloud.endpoint, "HUAWEICLOUD_SDK_IAM_ENDPOINT": self._cloud.endpoint}

    def filled_in(self, commands):
        """Commands with the account's values in place of `...`."""
        for name in ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"):
            commands = re.sub(rf"\b{name}=\.\.\.", f"{name}={self._variables[name]}", commands)
        return commands

    def secret(self, path):
        """The text of a file of a secret. The end of its name is what it has: `ak`, `customer-ak`."""
        texts = {
            "ak": self._account["access_key"],
            "sk": self._account["secret_key"],
            "password": self._account["password"],
        }
        return texts.get(re.split(r"[-_]", path.stem)[-1], "unknown") + "\n"

    def connected(self, configuration):
        """The text of a configuration file whose projects are the account's project."""
        content = yaml.safe_load(configuration)
        (project,) = self._account["projects"]
        endpoint = self._cloud.endpoint
        for entry in content["projects"]:
            entry |= {"project_id": project["id"], "endpoint": endpoint, "iam_endpoint": endpoint}
            if password := entry.get("credentials", {}).get("password"):
                password |= {"domain": self._account["domain"], "user": self._account["user"]}
        return yaml.safe_dump(content, sort_keys=False)
