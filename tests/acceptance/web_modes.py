"""Combinations of TLS and authentication of an exporter, and what clients need for each of them."""

import json
from dataclasses import dataclass

from web_options import ALICE, HASH, auth, tls, users

ALICES = users(alice=HASH)
MUTUAL = auth("RequireAndVerifyClientCert")
SYSTEM = tls(client_auth_type="RequireAndVerifyClientCert")


@dataclass(frozen=True, eq=False)
class Mode:
    """A combination of TLS and authentication. Without `web`, the exporter has neither."""

    name: str
    web: dict | None
    tls: bool = False
    certificate: bool = False
    password: bool = False
    version: str = "TLSv1.3"
    # Whether the authority of the clients is the system's, because the configuration names none.
    system_authority: bool = False

    def __str__(self):
        return self.name

    @property
    def scheme(self):
        return "https" if self.tls else "http"

    def variables(self, certificates):
        """Additional variables of the exporter."""
        return {"SSL_CERT_FILE": str(certificates.path("ca.crt"))} if self.system_authority else {}

    def file(self, certificates):
        """Writes the web configuration to the directory of the certificates."""
        if self.web is None:
            return None
        path = certificates.directory / f"{self.name}.yml"
        path.write_text(json.dumps(self.web))
        return path

    def curl(self, certificates):
        """curl's arguments."""
        files = ("--cacert", certificates.path("ca.crt")) if self.tls else ()
        if self.certificate:
            files += ("--cert", certificates.client.certificate, "--key", certificates.client.key)
        return [*files, *(("--user", ":".join(ALICE)) if self.password else ())]

    def openssl(self, certificates):
        """The arguments of `openssl s_client`."""
        files = ("-CAfile", certificates.path("ca.crt"))
        if self.certificate:
            files += ("-cert", certificates.client.certificate, "-key", certificates.client.key)
        return list(files)

    def scrape_config(self, certificates):
        """The settings in Prometheus' scrape configuration."""
        settings = {"scheme": self.scheme}
        if self.tls:
            settings["tls_config"] = {"ca_file": str(certificates.path("ca.crt"))}
        if self.certificate:
            client = certificates.client
            settings["tls_config"] |= {"cert_file": str(client.certificate), "key_file": str(client.key)}
        if self.password:
            settings["basic_auth"] = dict(zip(("username", "password"), ALICE, strict=True))
        return settings


MODES = [
    Mode("open", None),
    Mode("empty", {}),
    Mode("password", ALICES, password=True),
    Mode("tls", tls(), tls=True),
    Mode("tls-1.2", tls(max_version="TLS12"), tls=True, version="TLSv1.2"),
    Mode("tls-rsa", tls(cert_file="server-rsa.crt", key_file="server-rsa.key"), tls=True),
    Mode("tls-password", tls() | ALICES, tls=True, password=True),
    Mode("certificate", MUTUAL, tls=True, certificate=True),
    Mode("system-authority", SYSTEM, tls=True, certificate=True, system_authority=True),
    Mode("certificate-password", MUTUAL | ALICES, tls=True, certificate=True, password=True),
]
