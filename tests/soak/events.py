"""What happens to the exporter at random. An event is a method whose docstring says what it is for."""

import random
import re
import time

import configuration
from world import COLLECTORS, COMING, KINDS, ODD

# Faults after which the exporter may know less, but nothing that is not true.
FAULTS = (
    "throttled",
    "failing-page",
    "server-error",
    "flaky",
    "cut-body",
    "expired-token",
    "expired-key",
    "wrong-count",
    "no-count",
    "forbidden",
    "redirect",
    "too-large",
    "skewed-clock",
    "short-pages",
    "empty-page",
    "duplicate-page",
    "not-json",
    "stalled",
)
OF_IAM = ("iam-forbidden", "iam-error")
# Faults by which the cloud says what is not in its truth; only one project has them, which is compared at the end only.
UNTRUE = ("moving-list", "settling-list", "odd-fields")
MOST_FAULTS = 3
LIFETIMES = ("10s", "24h")
PAGES = 4
LINK = re.compile(r'href="((?:\./)?\?[^"#]*|\./[^"#]*)"')
BROKEN_FILES = ("projects: []\n", "projects: [\n", "poll: {interval: soon}\nprojects: [{region: a}]\n", "")


class Events:
    """Lets one event happen after the other, all of them chosen by `chance`."""

    def __init__(self, world, checks, chance):
        self._world, self._checks, self._chance = world, checks, chance
        self._served, self._number = world.exporter, 0
        self._keys = {
            cloud: cloud.accounts()[0]["access_key"] for cloud in world.clouds
        }
        # The event and how often it happens in comparison with others.
        self._events = {
            self._faults: 6,
            self._edits: 8,
            self._reload: 3,
            self._broken_file: 1,
            self._new_access_key: 2,
            self._new_identity: 2,
            self._revoke: 2,
            self._lifetime: 1,
            self._renew: 3,
            self._certificate: 2,
            self._visit: 4,
        }

    def happen(self):
        """Lets an event happen; returns what happened."""
        self._number += 1
        (event,) = self._chance.choices(list(self._events), list(self._events.values()))
        return f"{event.__name__.strip('_')}: {event()}"

    def end(self):
        """Ends everything that prevents polls from succeeding."""
        for cloud in self._world.clouds:
            cloud.set_faults()
        self._set_lifetimes("24h")
        self._renew()
        self._world.write_configuration(self._world.projects)
        self._reload_over_http()

    def _faults(self):
        """Replaces all faults of a cloud, in half of the cases by none."""
        cloud = self._chance.choice(self._world.clouds)
        names = [self._fault(cloud) for _ in range(max(0, self._chance.randint(-MOST_FAULTS, MOST_FAULTS)))]
        cloud.set_faults(*names)
        return names

    def _fault(self, cloud):
        if self._chance.random() < 0.1:
            return self._chance.choice(OF_IAM)
        projects = [project for project in self._world.projects if self._world.cloud_of(project) is cloud]
        odd = [project["project_id"] for project in projects if project["name"] == ODD]
        if odd and self._chance.random() < 0.2:
            return f"{self._chance.choice(UNTRUE)}#{odd[0]}"
        name = self._chance.choice(FAULTS)
        if self._chance.random() < 0.5:
            name += f"@{self._chance.choice(COLLECTORS)}"
        if self._chance.random() < 0.5:
            name += f"#{self._chance.choice(projects)['project_id']}"
        return name

    def _edits(self):
        """Changes a few numbers of a project."""
        project = self._chance.choice(self._world.projects)
        cloud = self._world.cloud_of(project)
        with self._checks.history.change(project):
            changed = [self._edit(cloud, project) for _ in range(self._chance.randint(1, 5))]
        return project["name"], changed

    def _edit(self, cloud, project):
        truth = cloud.truth(project["project_id"])
        place, value = self._chance.choice((self._edit_of_user, self._edit_of_resource, self._edit_of_product))(truth)
        cloud.change("PUT", f"projects/{project['project_id']}/{place}", str(value))
        return place, value

    def _edit_of_user(self, truth):
        user = self._chance.choice(truth["assets"])
        kind = self._chance.choice(("quota", "usage"))
        item = self._chance.choice(sorted(user["quota"]))
        return f"users/{user['user_id']}/{kind}/{item}", self._whole_number()

    def _edit_of_resource(self, truth):
        resource = self._chance.choice(truth["resources"])
        field, value = self._chance.choice(
            (
                ("expire_time", self._moment()),
                ("status", self._chance.randint(0, 1)),
                ("resource_available_nums", self._whole_number()),
            )
        )
        return f"resources/{resource['resource_id']}/{field}", value

    def _edit_of_product(self, truth):
        product = self._chance.choice(truth["products"])
        row = "/".join(filter(None, (product["resource_id"], product.get("sub_resource_type"))))
        fields = {"status": self._chance.randint(0, 1), "resource_expire_time": self._moment()}
        fields |= {name: self._chance.randint(0, 10**6) / 4 for name in ("amount", "usage")}
        field = self._chance.choice([name for name in fields if name in product])
        return f"products/{row}/{field}", fields[field]

    def _whole_number(self):
        """A number that this edit alone has, so that one that is shown too long is found."""
        return self._number * 100 + self._chance.randint(0, 99)

    def _moment(self):
        seconds = time.time() + self._chance.randint(-10**6, 10**8)
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

    def _reload(self):
        """Loads another valid configuration, by a signal, over HTTP or because the file has changed."""
        absent = self._chance.random() < 0.5
        projects = [project for project in self._world.projects if not (absent and project["name"] == COMING)]
        self._chance.shuffle(projects)
        concurrency = self._chance.randint(1, 8)
        self._world.write_configuration(projects, concurrency)
        how = self._chance.choice(("signal", "http", "file"))
        if how == "signal":
            self._served.program.send_sighup()
        elif how == "http":
            self._reload_over_http()
        return how, f"without {COMING}" if absent else f"with {COMING}", concurrency

    def _reload_over_http(self):
        status, text = self._served.request("POST", "/-/reload")
        self._checks.expect(status == 200, f"a reload has status {status}: {text}")

    def _broken_file(self):
        """Loads a configuration that is not valid, and puts the valid one back."""
        valid, broken = self._world.file.read_text(), self._chance.choice(BROKEN_FILES)
        configuration.replace(self._world.file, broken)
        status, text = self._served.request("POST", "/-/reload")
        self._checks.expect(status == 500, f"a reload of {broken!r} has status {status}: {text}")
        configuration.replace(self._world.file, valid)
        self._reload_over_http()
        return broken

    def _new_access_key(self):
        """Replaces a permanent key as recommended: creates a new one, uses it, and deletes the old one."""
        cloud, name = self._chance.choice(((self._world.wide, "wide"), (self._world.many, "access_key")))
        access_key, secret_key = cloud.new_access_key(0)
        self._world.secrets[name].key_pair(access_key, secret_key)
        cloud.delete_access_key(self._keys[cloud])
        self._keys[cloud] = access_key
        return name

    def _new_identity(self):
        """Replaces the token of a machine or pod, and revokes the keys that it obtained."""
        kind, name = self._chance.choice((("oidc", "id_token"), ("pod_identity", "pod_token")))
        self._world.secrets[kind].put(name, self._world.many.new_identity(name))
        self._world.many.revoke("temporary_keys")
        self._renew()
        return name

    def _revoke(self):
        """Revokes all tokens or temporary keys."""
        kind = self._chance.choice(("iam_tokens", "temporary_keys"))
        self._world.many.revoke(kind)
        self._renew()
        return kind

    def _lifetime(self):
        """Lets new tokens and keys end soon, or not."""
        lifetime = self._chance.choice(LIFETIMES)
        self._set_lifetimes(lifetime)
        return lifetime

    def _set_lifetimes(self, lifetime):
        for kind in ("iam_token", "temporary_key"):
            self._world.many.set_lifetime(kind, lifetime)

    def _renew(self):
        """Writes a new token and a new temporary key, as another program does, if the cloud issues them now."""
        written = []
        for name, renew in (("token", "new_token"), ("temporary_key", "temporary_key")):
            try:
                getattr(self._world.secrets[name], renew)()
                written.append(name)
            except AssertionError:
                pass
        return written

    def _certificate(self):
        """Replaces the certificate of the web server."""
        self._world.certificate.replace()
        return self._world.certificate.serial

    def _visit(self):
        """Follows links from the home page, as far as the pages still exist."""
        path, visited = "/", []
        for _ in range(PAGES):
            began = time.monotonic()
            status, text = self._served.request("GET", path)
            visited.append(path)
            self._checks.visited(path, status, time.monotonic() - began)
            links = sorted(set(LINK.findall(text)))
            if not links:
                break
            path = "/" + self._chance.choice(links).removeprefix("./").replace("&amp;", "&").replace("&#38;", "&")
        return visited
