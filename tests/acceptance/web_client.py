"""One request to a server that may want TLS, a client certificate or a password, and all that it can be told by."""

import base64
import http.client
import socket
import ssl
import warnings
from dataclasses import dataclass

TIMEOUT = 10
# The server ended the connection without an answer, in the handshake or behind it.
CLOSED = {"status": "closed"}
# What exporter-toolkit sets itself, or may be told to set.
TOOLKIT_HEADERS = (
    "Content-Security-Policy",
    "Strict-Transport-Security",
    "WWW-Authenticate",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-XSS-Protection",
)
VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1,
    "TLS11": ssl.TLSVersion.TLSv1_1,
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}
# The client would refuse TLS 1.0 and 1.1 itself.
ANY_SECURITY = ":@SECLEVEL=0"


@dataclass(frozen=True)
class Visit:
    """A request, as a row of a table says it."""

    tls: bool = True
    # The name of a client certificate.
    certificate: str | None = None
    # The one TLS version that is offered; any, where none is given.
    version: str | None = None
    # What is offered for TLS 1.2, as OpenSSL names it.
    ciphers: str | None = None
    # The one curve that is offered, as OpenSSL names it.
    curve: str | None = None
    alpn: tuple[str, ...] = ()
    # User and password, or the value of `Authorization`.
    login: tuple[str, str] | str | None = None
    path: str = "/-/healthy"
    method: str = "GET"


def plain(**options):
    """A request without TLS."""
    return Visit(tls=False, **options)


def secure(**options):
    """A request over TLS."""
    return Visit(**options)


def visit(address, certificates, wanted):
    """What came of it: `status`, the toolkit's headers, what TLS agreed on, and the body where that is a refusal."""
    try:
        with _connect(address, certificates, wanted) as connection:
            return _ask(connection, wanted)
    except (ssl.SSLError, ConnectionError, http.client.BadStatusLine):
        return CLOSED


def context(certificates, wanted):
    """The client's side of TLS; it trusts the servers of the tests alone."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(certificates.path("ca.crt"))
    if wanted.ciphers:
        made.set_ciphers(wanted.ciphers + ANY_SECURITY)
    if wanted.version:
        made.set_ciphers((wanted.ciphers or "ALL") + ANY_SECURITY)
        with warnings.catch_warnings():
            # Python warns of TLS 1.0 and 1.1, and that is what is asked about.
            warnings.simplefilter("ignore", DeprecationWarning)
            made.minimum_version = made.maximum_version = VERSIONS[wanted.version]
    if wanted.curve:
        made.set_ecdh_curve(wanted.curve)
    if wanted.alpn:
        made.set_alpn_protocols(list(wanted.alpn))
    if wanted.certificate:
        files = (certificates.path(f"{wanted.certificate}.{kind}") for kind in ("crt", "key"))
        made.load_cert_chain(*files)
    return made


def basic(user, password):
    """The value of `Authorization`."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _connect(address, certificates, wanted):
    host, port = address.rsplit(":", 1)
    connection = socket.create_connection((host.strip("[]"), int(port)), TIMEOUT)
    if not wanted.tls:
        return connection
    try:
        return context(certificates, wanted).wrap_socket(connection, server_hostname=host.strip("[]"))
    except BaseException:
        connection.close()
        raise


def _ask(connection, wanted):
    seen = {}
    if wanted.tls:
        seen["version"], seen["cipher"] = connection.version(), connection.cipher()[0]
        seen["h2"] = connection.selected_alpn_protocol() == "h2"
        if seen["h2"]:
            # That is for others to speak.
            return seen
    client = http.client.HTTPConnection("127.0.0.1")
    client.sock = connection
    headers = {"Connection": "close"}
    if wanted.login:
        headers["Authorization"] = wanted.login if isinstance(wanted.login, str) else basic(*wanted.login)
    client.request(wanted.method, wanted.path, headers=headers)
    response = client.getresponse()
    seen["status"] = response.status
    seen |= {name: response.headers[name] for name in TOOLKIT_HEADERS if name in response.headers}
    body = response.read()
    if response.status in (401, 429):
        seen["body"] = body.decode()
    return seen
