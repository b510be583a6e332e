"""The web configuration and its files change under load: no scrape fails, and bad changes have no effect.

exporter-toolkit reads its files for every request. While one of them is bad, requests get status 500 or handshakes
fail. The exporter keeps the last valid configuration and logs the error.
"""

import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
from contextlib import closing, contextmanager

import pytest

from certificates import ED25519, P256, P384, RSA, SERVER
from programs import clean_environment, wait_until
from web_client import CLOSED, TIMEOUT, Request, basic, tls_context, plain, secure, send_request
from web_options import ALICE, ANOTHER_HASH, HASH, LONG, LONG_HASH, header, tls, users

pytest_plugins = ["web_fixtures"]

ACCEPTED, REJECTED = "web configuration reloaded", "web configuration not reloaded"
BOB = ("bob", "another one")
# Every scrape contains this metric.
IN_EVERY_SCRAPE = b"process_start_time_seconds "
REQUESTS_OF_A_STREAM = 20

# How each new certificate is installed, and its algorithm.
REPLACEMENTS = [
    ("both", P256),
    ("link", RSA),
    ("certificate, then key", P256),
    ("both", P384),
    ("link", P256),
    ("both", ED25519),
    ("key, then certificate", P256),
    ("both", RSA),
    ("link", P384),
    ("both", P256),
]


class Site:
    """A directory with a web configuration. A symbolic link points to its certificates, as in a Kubernetes volume."""

    def __init__(self, directory, certificates):
        self._directory, self._certificates = directory, certificates
        self._generations = 0
        self.web = directory / "web.yml"
        self.live = directory / "live"
        self.link(certificates.server)

    def configure(self, web):
        """Replaces the web configuration atomically."""
        self._replace(self.web, web if isinstance(web, str) else json.dumps(web))

    def link(self, certificate):
        """Changes the link to another directory with this certificate."""
        self._generations += 1
        directory = self._directory / f"generation-{self._generations}"
        directory.mkdir()
        shutil.copy(certificate.certificate, directory / "server.crt")
        shutil.copy(certificate.key, directory / "server.key")
        link = self._directory / "next"
        link.symlink_to(directory)
        os.replace(link, self.live)

    def certificate(self, certificate):
        self._replace(self.live / "server.crt", certificate.certificate.read_text())

    def key(self, certificate):
        self._replace(self.live / "server.key", certificate.key.read_text())

    @staticmethod
    def _replace(path, text):
        new = path.with_suffix(".new")
        new.write_text(text)
        os.replace(new, path)


LIVE = {"cert_file": "live/server.crt", "key_file": "live/server.key"}


@pytest.fixture
def site(tmp_path, certificates):
    directory = tmp_path / "site"
    directory.mkdir()
    return Site(directory, certificates)


def test_no_scrape_fails_while_certificates_are_replaced(site, exporter, certificates):
    site.configure(tls(**LIVE))
    server = exporter.serve(site.web)
    sign, directory = certificates.authority.sign, site.web.parent
    new = [sign(f"next-{n}", SERVER, kind, directory=directory) for n, (_, kind) in enumerate(REPLACEMENTS)]
    refused = 0
    with scraping(server.address, certificates) as scrapers:
        old = certificates.server
        for (way, _), certificate in zip(REPLACEMENTS, new, strict=True):
            if way == "link":
                site.link(certificate)
            else:
                steps = [site.certificate, site.key]
                if way == "key, then certificate":
                    steps.reverse()
                steps[0](certificate)
                if way != "both":
                    refused += 1
                    server.program.wait_until(
                        lambda: server.program.stderr.count(REJECTED) >= refused, "it rejects a certificate without its key"
                    )
                    assert serial(server.address, certificates) == old.serial
                steps[1](certificate)
            expected = certificate.serial
            wait_until(lambda: serial(server.address, certificates) == expected, f"{way}: the new certificate is served")
            for scraper in scrapers:
                scraper.wait_for_two_scrapes()
            old = certificate

    for scraper in scrapers:
        assert scraper.failures == [], scraper.name
        assert scraper.scrapes > len(REPLACEMENTS), scraper.name
    assert server.program.stderr.count(ACCEPTED) >= len(REPLACEMENTS)


def test_users_and_headers_change_without_a_restart(site, exporter, certificates):
    site.configure(users(alice=HASH) | header("X-Frame-Options", "deny"))
    server = exporter.serve(site.web)
    address = server.address
    assert send_request(address, certificates, plain(login=ALICE)) == {"status": 200, "X-Frame-Options": "deny"}
    kept = http.client.HTTPConnection(address, timeout=TIMEOUT)
    assert ask(kept, ALICE) == 200
    connection = kept.sock

    site.configure(users(bob=ANOTHER_HASH) | header("X-Frame-Options", "sameorigin"))

    wait_until(lambda: send_request(address, certificates, plain(login=BOB))["status"] == 200, "Bob is accepted")
    assert send_request(address, certificates, plain(login=BOB)) == {"status": 200, "X-Frame-Options": "sameorigin"}
    # Alice is rejected, although her password was valid before and her connection is still open.
    assert send_request(address, certificates, plain(login=ALICE))["status"] == 401
    assert (ask(kept, ALICE), ask(kept, BOB)) == (401, 200)
    assert kept.sock is connection

    site.configure(users(bob=ANOTHER_HASH, alice=LONG_HASH))

    wait_until(lambda: ask(kept, ("alice", LONG)) == 200, "Alice has another password")
    assert (ask(kept, ALICE), ask(kept, BOB)) == (401, 200)
    kept.close()


def test_clients_of_a_replaced_authority_are_rejected(site, exporter, certificates):
    def trusting(name):
        return tls(**LIVE, client_auth_type="RequireAndVerifyClientCert", client_ca_file=str(certificates.path(name)))

    site.configure(trusting("other-ca.crt"))
    address = exporter.serve(site.web).address
    stranger, client = secure(certificate="stranger"), secure(certificate="client")
    trusted = tls_context(certificates, stranger)
    with connected(address, trusted) as connection:
        assert answered(connection, address)
        session = connection.session
        assert session.has_ticket

    site.configure(trusting("ca.crt"))

    wait_until(lambda: send_request(address, certificates, client) != CLOSED, "the new authority's client is accepted")
    assert send_request(address, certificates, stranger) == CLOSED
    # A resumed session is rejected too.
    with pytest.raises((ssl.SSLError, ConnectionError)), connected(address, trusted, session) as connection:
        answered(connection, address)
    assert not connection.session_reused


GOOD = tls(**LIVE) | users(alice=HASH) | header("X-Frame-Options", "deny")
# Bad configurations, and the text in the log.
BAD = {
    "no YAML": ("tls_server_config: [", "is not valid YAML: unclosed bracket"),
    "gone": (None, "No such file"),
    "emptied": ("", "turns TLS on or off"),
    "without TLS": (users(alice=HASH), "turns TLS on or off"),
    "an unknown key": (GOOD | {"tls_config": {}}, "tls_config"),
    "no hash": (GOOD | users(alice="the right one"), "basic_auth_users.alice"),
    "a certificate that is not there": (GOOD | tls(**LIVE | {"cert_file": "nowhere.crt"}), "cert_file"),
    "a version that is not served": (GOOD | tls(**LIVE, min_version="TLS10"), "min_version"),
}


def test_a_bad_change_is_logged_once_and_the_last_valid_configuration_stays(tmp_path, exporter, certificates):
    """One exporter for each bad change, so that the test waits for all of them at the same time."""
    running = {name: ExporterWithSite(tmp_path / str(n), exporter, certificates) for n, name in enumerate(BAD)}
    for name, changing in running.items():
        web, _ = BAD[name]
        changing.site.web.unlink() if web is None else changing.site.configure(web)

    for changing in running.values():
        changing.program.wait_until(lambda: changing.shown("deny") and changing.rejections(), "it rejects the change")
    for name, changing in running.items():
        (line,) = changing.rejections()
        assert BAD[name][1] in line and str(changing.site.web) in line, line
        assert send_request(changing.address, certificates, secure())["status"] == 401
        assert "the right one" not in line
        changing.site.configure(GOOD | header("X-Frame-Options", "sameorigin"))

    for name, changing in running.items():
        changing.program.wait_until(lambda: changing.shown("sameorigin"), f"{name}: a valid change is accepted")
        assert len(changing.rejections()) == 1, changing.rejections()


class ExporterWithSite:
    """An exporter with the valid configuration, in its own directory."""

    def __init__(self, directory, exporter, certificates):
        directory.mkdir()
        self.site, self._certificates = Site(directory, certificates), certificates
        self.site.configure(GOOD)
        server = exporter.serve(self.site.web)
        self.program, self.address = server.program, server.address
        assert self.shown("deny")

    def shown(self, option):
        """Whether the response has this value of the header. The request must succeed in any case."""
        seen = send_request(self.address, self._certificates, secure(login=ALICE))
        assert seen["status"] == 200
        return seen["X-Frame-Options"] == option

    def rejections(self):
        return [line for line in self.program.stderr.splitlines() if REJECTED in line]


def test_tls_cannot_be_turned_on_without_a_restart(site, exporter, certificates):
    site.configure(users(alice=HASH))
    server = exporter.serve(site.web)

    site.configure(GOOD)

    def refused():
        assert send_request(server.address, certificates, plain(login=ALICE)) == {"status": 200}
        return REJECTED in server.program.stderr

    server.program.wait_until(refused, "it rejects turning TLS on")
    assert "turns TLS on or off" in server.program.stderr


class Scraper:
    """Scrapes in a thread until it is stopped, and records failures."""

    def __init__(self, name, rounds):
        self.name, self.scrapes, self.failures = name, 0, []
        self._rounds, self._end = rounds, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self):
        self._thread.start()

    def stop(self):
        self._end.set()
        self._thread.join()

    def wait_for_two_scrapes(self):
        """Waits for two more scrapes: the first of them may already run."""
        end = self.scrapes + 2
        wait_until(lambda: self.failures or self.scrapes >= end, f"{self.name} continues")

    def _run(self):
        while not self._end.is_set() and not self.failures:
            try:
                with closing(self._rounds()) as rounds:
                    for good in rounds:
                        assert good, f"scrape {self.scrapes}"
                        self.scrapes += 1
                        if self._end.is_set():
                            break
            except Exception as error:  # noqa: BLE001
                self.failures.append(repr(error))


@contextmanager
def scraping(address, certificates):
    """Scrapes over new, persistent and resumed connections and over HTTP/2 streams."""

    def new():
        with connected(address, tls_context(certificates, Request())) as connection:
            yield answered(connection, address)

    def kept():
        client = http.client.HTTPSConnection(address, timeout=TIMEOUT, context=tls_context(certificates, Request()))
        client.connect()
        with closing(client), closing(client.sock) as connection:
            while True:
                yield answered(connection, address)

    def resumed():
        trusted, session = tls_context(certificates, Request()), None
        while True:
            with connected(address, trusted, session) as connection:
                yield answered(connection, address)
                resumptions.append(connection.session_reused)
                session = connection.session

    def streams():
        url = f"https://{address}/metrics#[1-{REQUESTS_OF_A_STREAM}]"
        command = ["curl", "--silent", "--show-error", "--http2", "--cacert", str(certificates.path("ca.crt"))]
        command += ["--output", "/dev/null", "--write-out", "%{http_code} %{http_version}\\n", url]
        environment = clean_environment("/nonexistent")
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        yield done.stdout.splitlines() == ["200 2"] * REQUESTS_OF_A_STREAM

    resumptions = []
    kinds = {"new": new, "another new": new, "kept": kept, "resumed": resumed, "streams": streams}
    scrapers = [Scraper(name, rounds) for name, rounds in kinds.items()]
    try:
        for scraper in scrapers:
            scraper.start()
        yield scrapers
    finally:
        for scraper in scrapers:
            scraper.stop()
    assert True in resumptions, "otherwise no session was resumed"


def connected(address, trusted, session=None):
    """A TLS connection."""
    host, port = address.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), TIMEOUT)
    try:
        return trusted.wrap_socket(connection, server_hostname=host, session=session)
    except BaseException:
        connection.close()
        raise


def answered(connection, address):
    """Scrapes and returns whether the response was complete. The connection stays open."""
    client = http.client.HTTPConnection(address)
    client.sock = connection
    client.request("GET", "/metrics")
    response = client.getresponse()
    return response.status == 200 and IN_EVERY_SCRAPE in response.read()


def serial(address, certificates):
    """The serial number of the server's certificate on a new connection."""
    with connected(address, tls_context(certificates, Request())) as connection:
        number = connection.getpeercert()["serialNumber"]
        answered(connection, address)
    return number


def ask(client, login):
    """Sends another request on the connection; returns its status."""
    client.request("GET", "/-/healthy", headers={"Authorization": basic(*login)})
    response = client.getresponse()
    response.read()
    return response.status
