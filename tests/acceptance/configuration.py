"""Writes configuration files with the credentials of simulated accounts."""

import json
import os
from datetime import datetime

import yaml

import loopback


def write(path, projects, **poll):
    """Writes a configuration file atomically."""
    replace(path, yaml.safe_dump({"poll": poll, "projects": projects}, sort_keys=False))
    return path


def replace(path, text):
    """Replaces a file atomically: a reader sees either the old or the new text."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(text)
    os.replace(new, path)


def project(endpoint, project, credentials, **settings):
    """A project of a simulated cloud, as in a configuration file. None removes a setting."""
    entry = {
        "name": project["name"],
        "region": project["region"],
        "project_id": project["id"],
        "endpoint": endpoint,
        "iam_endpoint": endpoint,
        "credentials": credentials,
    } | settings
    return {key: value for key, value in entry.items() if value is not None}


class Credentials:
    """Every kind of credentials of one account, with their secrets in files of a directory."""

    def __init__(self, cloud, account, directory, endpoint=None):
        self._cloud, self._account, self._directory = cloud, account, directory
        self._endpoint = endpoint or cloud.endpoint

    def access_key(self):
        """The account's permanent key."""
        return self.key_pair(self._account["access_key"], self._account["secret_key"])

    def key_pair(self, ak, sk, **more):
        """Any access key; temporary keys have a `security_token`."""
        texts = {"ak": ak, "sk": sk} | more
        return {"access_key": {f"{name}_file": self.put(name, text) for name, text in texts.items()}}

    def token(self, text):
        """An existing token."""
        return {"token": {"file": self.put("token", text)}}

    def new_token(self):
        """A token that the account's user has just obtained for its first project."""
        account = self._account
        user = {"name": account["user"], "password": account["password"], "domain": {"name": account["domain"]}}
        identity = {"methods": ["password"], "password": {"user": user}}
        scope = {"project": {"id": account["projects"][0]["id"]}}
        body = json.dumps({"auth": {"identity": identity, "scope": scope}})
        url = f"{self._cloud.endpoint}/v3/auth/tokens"
        answer = loopback.send("POST", url, body, Content_Type="application/json")
        assert answer.status == 201, answer.text
        return self.token(answer.headers["X-Subject-Token"])

    def temporary_key(self):
        """A temporary key that the pod has just obtained, and its expiry. The pod's account must be this account."""
        url = f"{self._cloud.endpoint}/pod-identity/credentials"
        answer = loopback.send("POST", url, "{}", Authorization=self._cloud.identity("pod_token"))
        assert answer.status == 200, answer.text
        key = json.loads(answer.text)["credentials"]
        kind = self.key_pair(key["accessKeyId"], key["secretAccessKey"], security_token=key["securityToken"])
        return kind, datetime.fromisoformat(key["expiration"]).timestamp()

    def password(self):
        """The name and password of the account's user."""
        account = self._account
        path = self.put("password", account["password"])
        return {"password": {"domain": account["domain"], "user": account["user"], "password_file": path}}

    def agency(self):
        """The agency of the machine. The machine's account must be this account."""
        return {"agency": {"endpoint": self._endpoint}}

    def oidc(self):
        """An agency of the account, for a client with an identity token."""
        return {
            "oidc": {
                "provider_urn": self._account["provider_urn"],
                "agency_urn": self._account["agency_urn"],
                "token_file": self.put("id_token", self._cloud.identity("id_token")),
                "sts_endpoint": self._endpoint,
            }
        }

    def pod_identity(self):
        """The identity of the pod. The pod's account must be this account."""
        return {
            "pod_identity": {
                "uri": f"{self._endpoint}/pod-identity/credentials",
                "token_file": self.put("pod_token", self._cloud.identity("pod_token")),
            }
        }

    def put(self, name, secret):
        """Replaces the file of a secret; returns its path."""
        path = self._directory / name
        replace(path, f"{secret}\n")
        return str(path)


def projects_with_key(cloud, directory):
    """All projects of a cloud with one account, as in a configuration file, with the account's access key."""
    (account,) = cloud.accounts()
    key = Credentials(cloud, account, directory).access_key()
    return [project(cloud.endpoint, each, key) for each in account["projects"]]
