"""What runs: two simulated clouds, the exporter that polls them over all kinds of credentials, and Prometheus."""

import time

import configuration
import shipped
from cloud import Cloud, start_simulation
from configuration import Credentials
from https_exporter import HttpsExporter, ServerCertificate
from prometheus import Prometheus

COLLECTORS = ["voice_training", "user_quotas", "tenant_resources"]
# A project with lists of several pages, and one with a few rows for each kind of credentials and two more.
# The seeds give them different keys: a key that one cloud has rejected is not used for the other either.
WIDE = ("--users=130", "--resources=20", "--products=110", "--speed=0", "--seed=1")
MANY = ("--projects=9", "--users=6", "--resources=4", "--products=8", "--speed=0", "--seed=2")
KINDS = ("token", "access_key", "password", "agency", "oidc", "pod_identity", "temporary_key")
# The cloud answers what is not true for this project.
ODD = "odd"
# The configuration has this project at times.
COMING = "coming"
# In seconds.
STALENESS, TIMEOUT = 20, 3
NO_ALERTMANAGER = "127.0.0.1:9"


class World:
    """All programs, and the files that they read."""

    def __init__(self, binary, start, directory):
        self.directory, self._began = directory, time.monotonic()
        self.wide, self.many = (Cloud(start_simulation(start, binary, *flags)) for flags in (WIDE, MANY))
        self.clouds = (self.wide, self.many)
        self.secrets = {}
        self.projects = [self._wide_project(), *self._many_projects()]
        self.certificate = ServerCertificate(directory / "web")
        self.file = directory / "exporter.yml"
        self.write_configuration(self.projects)
        self.exporter = HttpsExporter(self._start_exporter(start, binary), self.certificate)
        self.prometheus = self._start_prometheus(start)

    def elapsed(self):
        """Seconds since the start."""
        return time.monotonic() - self._began

    def cloud_of(self, project):
        return self.wide if project["endpoint"] == self.wide.endpoint else self.many

    def write_configuration(self, projects, concurrency=8):
        times = {"interval": "1s", "timeout": f"{TIMEOUT}s", "max_staleness": f"{STALENESS}s"}
        poll = times | {"requests_per_second": 1000, "concurrency": concurrency}
        configuration.write(self.file, projects, **poll)

    def _wide_project(self):
        (account,) = self.wide.accounts()
        secrets = self._secrets_of(self.wide, account, "wide")
        (row,) = account["projects"]
        quotas = {"names": True}
        return self._project(self.wide, row, "wide", secrets.access_key(), user_quotas=quotas)

    def _many_projects(self):
        (account,) = self.many.accounts()
        rows = dict(zip((*KINDS, ODD, COMING), account["projects"], strict=True))
        for kind in KINDS:
            secrets = self._secrets_of(self.many, account, kind)
            if kind == "token":
                credentials = secrets.new_token()
            elif kind == "temporary_key":
                credentials, _ = secrets.temporary_key()
            else:
                credentials = getattr(secrets, kind)()
            yield self._project(self.many, rows[kind], kind, credentials)
        # Both use credentials of another project.
        yield self._project(self.many, rows[ODD], ODD, self.secrets["access_key"].access_key())
        yield self._project(self.many, rows[COMING], COMING, self.secrets["password"].password())

    def _secrets_of(self, cloud, account, name):
        (self.directory / name).mkdir()
        self.secrets[name] = Credentials(cloud, account, self.directory / name)
        return self.secrets[name]

    @staticmethod
    def _project(cloud, row, name, credentials, user_quotas=None):
        settings = {"collectors": COLLECTORS, "user_quotas": user_quotas or {"names": False}}
        return configuration.project(cloud.endpoint, row, credentials, **settings) | {"name": name}

    def _start_exporter(self, start, binary):
        flags = ["--web.listen-address=127.0.0.1:0", "--web.enable-lifecycle", "--config.auto-reload-interval=1s"]
        files = [f"--config.file={self.file}", f"--web.config.file={self.certificate.file}"]
        return start([binary, *flags, *files], {})

    def _start_prometheus(self, start):
        over_tls = f"    scheme: https\n    tls_config: {{ca_file: {self.certificate.authority}}}\n"
        scrapes = shipped.static([self.exporter.address]) + over_tls
        file = shipped.write_prometheus(self.directory, scrapes, NO_ALERTMANAGER)
        prometheus = Prometheus(start, file, self.directory / "prometheus-data", scrapes_itself=True)
        prometheus.program.wait_until(lambda: prometheus.query("metastudio_up"), "it has scraped")
        return prometheus
