"""Sends one request to a server, with or without TLS, client certificate and password, and describes the result."""

import base64
import http.client
import socket
import ssl
import subprocess
import warnings
from dataclasses import dataclass

from programs import DEADLINE as TIMEOUT

# The server closed the connection without an answer, during or after the handshake.
CLOSED = {"status": "closed"}
# Headers that exporter-toolkit sets, always or when configured.
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
# curl's exit code if the server ended the handshake.
TLS_REFUSED = 35
# Without this, the client would reject TLS 1.0 and 1.1.
ANY_SECURITY = ":@SECLEVEL=0"


@dataclass(frozen=True)
class Request:
    """A request, as a row of a test table defines it."""

    tls: bool = True
    # The name of a client certificate.
    certificate: str | None = None
    # The only TLS version that the client offers; None for all.
    version: str | None = None
    # The cipher suites for TLS 1.2, by their OpenSSL names.
    ciphers: str | None = None
    # The only curve that the client offers, by its OpenSSL name. The result is the status alone.
    curve: str | None = None
    alpn: tuple[str, ...] = ()
    # User and password, or the value of `Authorization`.
    login: tuple[str, str] | str | None = None
    path: str = "/-/healthy"
    method: str = "GET"


def plain(**options):
    """A request without TLS."""
    return Request(tls=False, **options)


def secure(**options):
    """A request over TLS."""
    return Request(**options)


def send_request(address, certificates, request):
    """The result: `status`, the toolkit's headers, the TLS parameters, and the body of a rejection."""
    if request.curve:
        return _ask_with_curve(address, certificates, request)
    try:
        with _connect(address, certificates, request) as connection:
            return _ask(connection, request)
    except (ssl.SSLError, ConnectionError, http.client.BadStatusLine):
        return CLOSED


def tls_context(certificates, request):
    """The client's side of TLS. It trusts only the tests' own authority."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(certificates.path("ca.crt"))
    if request.ciphers:
        made.set_ciphers(request.ciphers + ANY_SECURITY)
    if request.version:
        made.set_ciphers((request.ciphers or "ALL") + ANY_SECURITY)
        with warnings.catch_warnings():
            # Python warns about TLS 1.0 and 1.1, which are tested here.
            warnings.simplefilter("ignore", DeprecationWarning)
            made.minimum_version = made.maximum_version = VERSIONS[request.version]
    if request.alpn:
        made.set_alpn_protocols(list(request.alpn))
    if request.certificate:
        files = (certificates.path(f"{request.certificate}.{kind}") for kind in ("crt", "key"))
        made.load_cert_chain(*files)
    return made


def basic(user, password):
    """The value of `Authorization`."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _ask_with_curve(address, certificates, request):
    """Asks with curl: Debian's Python cannot offer X25519."""
    versions = {None: [], "TLS12": ["--tls-max", "1.2"], "TLS13": ["--tlsv1.3"]}
    command = [
        *("curl", "--silent", "--http1.1", "--output", "/dev/null", "--write-out", "%{http_code}"),
        *("--cacert", certificates.path("ca.crt"), "--curves", request.curve, *versions[request.version]),
        *(["--ciphers", request.ciphers] if request.ciphers else []),
        f"https://{address}{request.path}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode == TLS_REFUSED:
        return CLOSED
    assert done.returncode == 0, done
    return {"status": int(done.stdout)}


def _connect(address, certificates, request):
    host, port = address.rsplit(":", 1)
    connection = socket.create_connection((host.strip("[]"), int(port)), TIMEOUT)
    if not request.tls:
        return connection
    try:
        return tls_context(certificates, request).wrap_socket(connection, server_hostname=host.strip("[]"))
    except BaseException:
        connection.close()
        raise


def _ask(connection, request):
    result = {}
    if request.tls:
        result["version"], result["cipher"] = connection.version(), connection.cipher()[0]
        result["h2"] = connection.selected_alpn_protocol() == "h2"
        if result["h2"]:
            # This client does not speak HTTP/2.
            return result
    client = http.client.HTTPConnection("127.0.0.1")
    client.sock = connection
    headers = {"Connection": "close"}
    if request.login:
        headers["Authorization"] = request.login if isinstance(request.login, str) else basic(*request.login)
    client.request(request.method, request.path, headers=headers)
    response = client.getresponse()
    result["status"] = response.status
    result |= {name: response.headers[name] for name in TOOLKIT_HEADERS if name in response.headers}
    body = response.read()
    if response.status in (401, 429):
        result["body"] = body.decode()
    return result
