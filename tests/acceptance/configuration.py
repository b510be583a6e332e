"""Configuration files, and the credentials of simulated accounts in them."""

import os

import yaml


def write(path, projects, **poll):
    """Puts a configuration file in its place, at once."""
    replace(path, yaml.safe_dump({"poll": poll, "projects": projects}, sort_keys=False))
    return path


def replace(path, text):
    """Puts a text in a file's place: whoever reads it sees the old text or the new one, never a part."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(text)
    os.replace(new, path)


def project(endpoint, project, credentials, **settings):
    """A project of a simulated cloud; None takes a setting away."""
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
        """Any key, temporary ones with their `security_token`."""
        texts = {"ak": ak, "sk": sk} | more
        return {"access_key": {f"{name}_file": self.put(name, text) for name, text in texts.items()}}

    def token(self, text):
        """A token that somebody asked for."""
        return {"token": {"file": self.put("token", text)}}

    def password(self):
        """The account's user."""
        account = self._account
        path = self.put("password", account["password"])
        return {"password": {"domain": account["domain"], "user": account["user"], "password_file": path}}

    def agency(self):
        """The agency of the machine, whose account has to be this one."""
        return {"agency": {"endpoint": self._endpoint}}

    def oidc(self):
        """An agency of the account, for whoever has an identity token."""
        return {
            "oidc": {
                "provider_urn": self._account["provider_urn"],
                "agency_urn": self._account["agency_urn"],
                "token_file": self.put("id_token", self._cloud.identity("id_token")),
                "sts_endpoint": self._endpoint,
            }
        }

    def pod_identity(self):
        """The identity of the pod, whose account has to be this one."""
        return {
            "pod_identity": {
                "uri": f"{self._endpoint}/pod-identity/credentials",
                "token_file": self.put("pod_token", self._cloud.identity("pod_token")),
            }
        }

    def put(self, name, secret):
        """Writes a secret, in the place of the one before; gives the file's path."""
        path = self._directory / name
        replace(path, f"{secret}\n")
        return str(path)


def projects_with_key(cloud, directory):
    """All projects of a cloud with one account, as a file has them, with its access key."""
    (account,) = cloud.accounts()
    key = Credentials(cloud, account, directory).access_key()
    return [project(cloud.endpoint, each, key) for each in account["projects"]]
