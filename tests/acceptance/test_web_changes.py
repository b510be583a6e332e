"""The web configuration and its files change under load: no scrape fails, and what is bad changes nothing.

The toolkit reads its files for every request, and answers 500, or no handshake, while one of them is bad. The exporter
keeps the last good ones, and says so.
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
from web_client import CLOSED, TIMEOUT, Visit, basic, context, plain, secure, visit
from web_options import ALICE, ANOTHER_HASH, HASH, LONG, LONG_HASH, auth, header, tls, users

pytest_plugins = ["web_fixtures"]

TAKEN, NOT_TAKEN = "the web configuration has changed and was taken", "the web configuration was not taken"
BOB = ("bob", "another one")
# What every scrape has.
MARK = b"process_start_time_seconds "
REQUESTS_OF_A_STREAM = 20

# How each new certificate comes, and of which kind it is.
SWAPS = [
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
    """A directory with a web configuration and its files, which a link leads to, as in a volume of Kubernetes."""

    def __init__(self, directory, certificates):
        self._directory, self._certificates = directory, certificates
        self._generations = 0
        self.web = directory / "web.yml"
        self.live = directory / "live"
        self.link(certificates.server)

    def configure(self, web):
        """Replaces the web configuration, at once."""
        self._replace(self.web, web if isinstance(web, str) else json.dumps(web))

    def link(self, certificate):
        """Has the link lead to another directory, with this certificate."""
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
        beside = path.with_suffix(".new")
        beside.write_text(text)
        os.replace(beside, path)


LIVE = {"cert_file": "live/server.crt", "key_file": "live/server.key"}


@pytest.fixture
def site(tmp_path, certificates):
    directory = tmp_path / "site"
    directory.mkdir()
    return Site(directory, certificates)


def test_no_scrape_fails_while_certificates_are_swapped(site, exporter, certificates):
    site.configure(tls(**LIVE))
    server = exporter.serve(site.web)
    sign, beside = certificates.authority.sign, site.web.parent
    new = [sign(f"next-{n}", SERVER, kind, directory=beside) for n, (_, kind) in enumerate(SWAPS)]
    refused = 0
    with scraping(server.address, certificates) as scrapers:
        old = certificates.server
        for (way, _), certificate in zip(SWAPS, new, strict=True):
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
                        lambda: server.program.stderr.count(NOT_TAKEN) >= refused, "it refuses one half"
                    )
                    assert serial(server.address, certificates) == old.serial
                steps[1](certificate)
            expected = certificate.serial
            wait_until(lambda: serial(server.address, certificates) == expected, f"{way}: the new one is served")
            old = certificate
        for scraper in scrapers:
            scraper.scrape_on()

    for scraper in scrapers:
        assert scraper.failures == [], scraper.name
        assert scraper.scrapes > len(SWAPS), scraper.name
    assert server.program.stderr.count(TAKEN) >= len(SWAPS)


def test_users_and_headers_change_without_a_restart(site, exporter, certificates):
    site.configure(users(alice=HASH) | header("X-Frame-Options", "deny"))
    server = exporter.serve(site.web)
    address = server.address
    assert visit(address, certificates, plain(login=ALICE)) == {"status": 200, "X-Frame-Options": "deny"}
    kept = http.client.HTTPConnection(address, timeout=TIMEOUT)
    assert ask(kept, ALICE) == 200
    connection = kept.sock

    site.configure(users(bob=ANOTHER_HASH) | header("X-Frame-Options", "sameorigin"))

    wait_until(lambda: visit(address, certificates, plain(login=BOB))["status"] == 200, "Bob is let in")
    assert visit(address, certificates, plain(login=BOB)) == {"status": 200, "X-Frame-Options": "sameorigin"}
    # Her password had been found right, and her connection is still there.
    assert visit(address, certificates, plain(login=ALICE))["status"] == 401
    assert (ask(kept, ALICE), ask(kept, BOB)) == (401, 200)
    assert kept.sock is connection

    site.configure(users(bob=ANOTHER_HASH, alice=LONG_HASH))

    wait_until(lambda: ask(kept, ("alice", LONG)) == 200, "Alice has another password")
    assert (ask(kept, ALICE), ask(kept, BOB)) == (401, 200)
    kept.close()


def test_an_authority_that_is_replaced_lets_nobody_in_any_longer(site, exporter, certificates):
    def trusting(name):
        return tls(**LIVE, client_auth_type="RequireAndVerifyClientCert", client_ca_file=str(certificates.path(name)))

    site.configure(trusting("other-ca.crt"))
    address = exporter.serve(site.web).address
    stranger, client = secure(certificate="stranger"), secure(certificate="client")
    trusted = context(certificates, stranger)
    with connected(address, trusted) as connection:
        assert answered(connection, address)
        session = connection.session
        assert session.has_ticket

    site.configure(trusting("ca.crt"))

    wait_until(lambda: visit(address, certificates, client) != CLOSED, "the new authority's client is let in")
    assert visit(address, certificates, stranger) == CLOSED
    # Nor by resuming what was agreed on before.
    with pytest.raises((ssl.SSLError, ConnectionError)), connected(address, trusted, session) as connection:
        answered(connection, address)
    assert not connection.session_reused


GOOD = tls(**LIVE) | users(alice=HASH) | header("X-Frame-Options", "deny")
# What is bad, and what the log says of it.
BAD = {
    "no YAML": ("tls_server_config: [", "is not valid YAML"),
    "gone": (None, "No such file"),
    "emptied": ("", "turns TLS on or off"),
    "without TLS": (users(alice=HASH), "turns TLS on or off"),
    "an unknown key": (GOOD | {"tls_config": {}}, "tls_config"),
    "no hash": (GOOD | users(alice="the right one"), "basic_auth_users.alice"),
    "a certificate that is not there": (GOOD | tls(**LIVE | {"cert_file": "nowhere.crt"}), "cert_file"),
    "a version that is not served": (GOOD | tls(**LIVE, min_version="TLS10"), "min_version"),
}


def test_a_bad_change_is_logged_once_and_the_last_good_one_stays(tmp_path, exporter, certificates):
    """One exporter a bad change, so that they are waited for together."""
    running = {name: Changing(tmp_path / str(n), exporter, certificates) for n, name in enumerate(BAD)}
    for name, changing in running.items():
        web, _ = BAD[name]
        changing.site.web.unlink() if web is None else changing.site.configure(web)

    for changing in running.values():
        changing.program.wait_until(lambda: changing.shown("deny") and changing.told(), "it refuses the change")
    for name, changing in running.items():
        (line,) = changing.told()
        assert BAD[name][1] in line and str(changing.site.web) in line, line
        assert visit(changing.address, certificates, secure())["status"] == 401
        assert "the right one" not in line
        changing.site.configure(GOOD | header("X-Frame-Options", "sameorigin"))

    for name, changing in running.items():
        changing.program.wait_until(lambda: changing.shown("sameorigin"), f"{name}: a good change is taken again")
        assert len(changing.told()) == 1, changing.told()


class Changing:
    """An exporter with the good configuration, in a directory of its own."""

    def __init__(self, directory, exporter, certificates):
        directory.mkdir()
        self.site, self._certificates = Site(directory, certificates), certificates
        self.site.configure(GOOD)
        server = exporter.serve(self.site.web)
        self.program, self.address = server.program, server.address
        assert self.shown("deny")

    def shown(self, option):
        """Whether this header is in force; whichever is, the request has to succeed."""
        seen = visit(self.address, self._certificates, secure(login=ALICE))
        assert seen["status"] == 200
        return seen["X-Frame-Options"] == option

    def told(self):
        return [line for line in self.program.stderr.splitlines() if NOT_TAKEN in line]


def test_without_tls_at_the_start_there_is_none_later(site, exporter, certificates):
    site.configure(users(alice=HASH))
    server = exporter.serve(site.web)

    site.configure(GOOD)

    def refused():
        assert visit(server.address, certificates, plain(login=ALICE)) == {"status": 200}
        return NOT_TAKEN in server.program.stderr

    server.program.wait_until(refused, "it refuses to turn TLS on")
    assert "turns TLS on or off" in server.program.stderr


class Scraper:
    """Scrapes until it is told to end, and notes what failed."""

    def __init__(self, name, rounds):
        self.name, self.scrapes, self.failures = name, 0, []
        self._rounds, self._end = rounds, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self):
        self._thread.start()

    def stop(self):
        self._end.set()
        self._thread.join()

    def scrape_on(self):
        """Waits for a few scrapes more."""
        seen = self.scrapes
        wait_until(lambda: self.failures or self.scrapes > seen + 3, f"{self.name} goes on")

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
    """Scrapes over new connections, kept ones, resumed ones and streams of HTTP/2."""

    def new():
        with connected(address, context(certificates, Visit())) as connection:
            yield answered(connection, address)

    def kept():
        client = http.client.HTTPSConnection(address, timeout=TIMEOUT, context=context(certificates, Visit()))
        client.connect()
        with closing(client), closing(client.sock) as connection:
            while True:
                yield answered(connection, address)

    def resumed():
        trusted, session = context(certificates, Visit()), None
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
    assert True in resumptions, "or nothing was resumed"


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
    """Scrapes, tells whether all of it came, and leaves the connection as it is."""
    client = http.client.HTTPConnection(address)
    client.sock = connection
    client.request("GET", "/metrics")
    response = client.getresponse()
    return response.status == 200 and MARK in response.read()


def serial(address, certificates):
    """The serial number of the certificate that a new connection gets."""
    with connected(address, context(certificates, Visit())) as connection:
        number = connection.getpeercert()["serialNumber"]
        answered(connection, address)
    return number


def ask(client, login):
    """The status of one more request."""
    client.request("GET", "/-/healthy", headers={"Authorization": basic(*login)})
    response = client.getresponse()
    response.read()
    return response.status
