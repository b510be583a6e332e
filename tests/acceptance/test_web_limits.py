"""The server's limits per client, and that other clients are not affected."""

import http.client
import select
import socket
import tempfile
from contextlib import ExitStack

import pytest

from exporter import ONE_POLL
from programs import run_to_end, wait_until
from web_client import TIMEOUT, basic, plain, secure, send_request
from web_modes import Mode
from web_options import ALICE, HASH_OF_COST_8, tls, users

pytest_plugins = ["web_fixtures"]

KIB = 1024
HEAD, HEADERS, BODY = 16 * KIB, 100, 64 * KIB
# Longer than the limits on a request's head, a request's body and the TLS handshake. Time limits are what is tested.
DISCONNECT_DEADLINE = 20
FLOOD = 200
# Small enough that the kernel does not buffer a whole scrape.
SMALL_BUFFER = 4 * KIB


@pytest.fixture
def open_exporter(exporter):
    """The address of an exporter without a web configuration, with reloads over HTTP."""
    return exporter.serve(None, "--web.enable-lifecycle").address


# The response must reach the client even if it has sent much more, so some sizes are far above the limit.
@pytest.mark.parametrize("size", [HEAD, 4 * HEAD, 64 * HEAD])
def test_a_head_that_is_too_large_is_431(open_exporter, size):
    assert raw(open_exporter, f"GET /metrics HTTP/1.1\r\nHost: a\r\nX-Large: {'a' * size}\r\n\r\n") == 431


def test_a_head_within_the_limits_is_accepted(open_exporter):
    large = f"X-Large: {'a' * (HEAD - KIB)}\r\n"
    many = "".join(f"X-{n}: a\r\n" for n in range(HEADERS - 1))
    for headers in (large, many):
        assert raw(open_exporter, f"GET /-/healthy HTTP/1.1\r\nHost: a\r\n{headers}\r\n") == 200


def test_too_many_headers_are_431(open_exporter):
    many = "".join(f"X-{n}: a\r\n" for n in range(2 * HEADERS))
    assert raw(open_exporter, f"GET /metrics HTTP/1.1\r\nHost: a\r\n{many}\r\n") == 431


def test_a_head_that_is_too_large_is_431_over_http_2(exporter, certificates):
    mode = Mode("large-head", tls(), tls=True)
    address = exporter.serve(mode.file(certificates)).address

    status, version = curl(address, mode, certificates, "--http2", "--header", f"X-Large: {'a' * 2 * HEAD}").split()

    assert (status, version) == ("431", "2")


@pytest.mark.parametrize("size", [BODY + 1, 64 * BODY])
@pytest.mark.parametrize("chunked", [False, True], ids=["sized", "chunked"])
def test_a_body_that_is_too_large_is_413(open_exporter, size, chunked):
    body = b"a" * size
    length = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
    sent = b"%x\r\n%s\r\n0\r\n\r\n" % (size, body) if chunked else body

    assert raw(open_exporter, b"POST /-/reload HTTP/1.1\r\nHost: a\r\n" + length + b"\r\n\r\n" + sent) == 413


def test_a_body_within_the_limit_is_read_and_ignored(open_exporter):
    client = http.client.HTTPConnection(open_exporter, timeout=TIMEOUT)
    for body in ("", "a", "a" * BODY):
        client.request("POST", "/-/reload", body=body)
        response = client.getresponse()
        assert (response.status, response.read()) == (200, b"Configuration reloaded.\n")
    client.close()


def test_only_slow_clients_are_disconnected(exporter, certificates):
    mode = Mode("slow", tls(), tls=True)
    guarded, unguarded = exporter.serve(mode.file(certificates)).address, exporter.serve(None).address
    with ExitStack() as clients:

        def client(address, said):
            connection = clients.enter_context(connect(address))
            connection.sendall(said)
            return connection

        second = client(unguarded, b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n")
        assert status(second) == 200
        second.sendall(b"GET /")
        silent = {
            "nothing of TLS": client(guarded, b""),
            "nothing of HTTP": client(unguarded, b""),
            "a part of TLS' first message": client(guarded, b"\x16\x03\x01\x02\x00\x01"),
            "a part of a head": client(unguarded, b"GET /metrics HTTP/1.1\r\nHost: a\r\n"),
            "a part of a second head": second,
            "a part of a body": client(unguarded, b"PUT /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na"),
        }
        trickling = client(unguarded, b"GET /metrics HTTP/1.1\r\nX-Slow: ")

        def all_disconnected():
            assert send_request(guarded, certificates, secure())["status"] == 200
            assert send_request(unguarded, certificates, plain())["status"] == 200
            ended = {name for name, connection in silent.items() if is_ended(connection)}
            try:
                trickling.sendall(b"a")
            except ConnectionError:
                ended.add("a byte at a time")
            left.difference_update(ended)
            return not left

        left = {"a byte at a time", *silent}
        try:
            wait_until(all_disconnected, "all of them are disconnected", DISCONNECT_DEADLINE)
        except TimeoutError:
            pytest.fail(f"not disconnected: {left}")


@pytest.fixture
def large_exporter(simulate, exporter):
    """The address of an exporter whose metrics do not fit into the buffers of a connection."""
    server = exporter.serve(
        None,
        *ONE_POLL,
        "--poll.requests-per-second=1000",
        "--web.max-requests=1",
        variables=simulate("--speed=0", "--users=3000", "--latency=0s"),
    )
    ready = plain(path="/-/ready")
    server.program.wait_until(lambda: send_request(server.address, None, ready)["status"] == 200, "the first poll ends")
    return server.address


def test_a_scrape_beyond_the_limit_is_503_until_the_previous_one_ends(large_exporter):
    for end in (read_all, disconnect):
        slow = connect(large_exporter, SMALL_BUFFER)
        slow.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        # Its response has begun.
        assert slow.recv(15) == b"HTTP/1.1 200 OK"

        for _ in range(3):
            assert scrape(large_exporter) == (503, b"Limit of concurrent requests reached (1), try again later.\n")
        # Other pages do not wait for a scrape.
        assert send_request(large_exporter, None, plain())["status"] == 200
        end(slow)

        wait_until(lambda: scrape(large_exporter)[0] == 200, "the next scrape is answered")
        slow.close()


def test_many_wrong_passwords_do_not_delay_a_known_client(exporter, certificates, tmp_path):
    address = exporter.serve(Mode("flood", users(alice=HASH_OF_COST_8)).file(certificates)).address
    request = plain(login=ALICE, path="/metrics")
    assert send_request(address, certificates, request)["status"] == 200
    with ExitStack() as connections:
        flood = [connections.enter_context(connect(address)) for _ in range(FLOOD)]
        for number, connection in enumerate(flood):
            login = basic("alice", f"guess {number}")
            connection.sendall(f"GET /metrics HTTP/1.1\r\nHost: a\r\nAuthorization: {login}\r\n\r\n".encode())

        assert send_request(address, certificates, request)["status"] == 200

        assert len(answered(flood)) < FLOOD, "all were already answered, so this test checks nothing"
        wait_until(lambda: len(answered(flood)) == FLOOD, "each of them is answered")
        statuses = {status(connection) for connection in flood}
    assert statuses <= {401, 503}
    assert 401 in statuses


@pytest.mark.parametrize("path", ["/", "/metrics", "/sd", "/-/healthy"])
def test_head_is_get_without_a_body(open_exporter, path):
    seen = []
    for method in ("GET", "HEAD"):
        client = http.client.HTTPConnection(open_exporter, timeout=TIMEOUT)
        client.request(method, path)
        response = client.getresponse()
        body = response.read()
        assert bool(body) == (method == "GET")
        seen.append((response.status, response.headers["Content-Type"], response.headers["Vary"]))
        client.close()
    assert seen[0] == seen[1]
    assert seen[0][0] == 200


PAGES = ("/", "/metrics", "/sd", "/-/healthy", "/-/ready")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        *[(method, path, {"GET", "HEAD"}) for method in ("POST", "PUT", "DELETE") for path in PAGES],
        *[(method, "/-/reload", {"POST", "PUT"}) for method in ("GET", "HEAD", "DELETE")],
    ],
)
def test_a_wrong_method_is_405_with_the_allowed_methods(open_exporter, method, path, allowed):
    client = http.client.HTTPConnection(open_exporter, timeout=TIMEOUT)
    client.request(method, path)
    response = client.getresponse()
    response.read()
    client.close()
    assert response.status == 405
    assert {name.strip() for name in response.headers["Allow"].split(",")} == allowed


@pytest.mark.parametrize("path", ["/nothing", "/metrics/", "/-/", "/-/quit", "/metrics%00", "/../metrics"])
def test_a_missing_page_is_404(open_exporter, path):
    assert send_request(open_exporter, None, plain(path=path))["status"] == 404


@pytest.mark.parametrize("said", [b"hello\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00\x01\x02\r\n\r\n"])
def test_a_request_that_is_not_http_is_400(open_exporter, said):
    assert raw(open_exporter, said) == 400


def connect(address, receives=None):
    """A connection; `receives` is the size of its receive buffer in the kernel."""
    host, port = address.rsplit(":", 1)
    connection = socket.socket()
    connection.settimeout(TIMEOUT)
    if receives:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    connection.connect((host, int(port)))
    return connection


def raw(address, said):
    """The status of the server's response to these bytes."""
    with connect(address) as connection:
        try:
            connection.sendall(said if isinstance(said, bytes) else said.encode())
        except ConnectionError:
            # The server has stopped reading, but its response is there.
            pass
        return status(connection)


def status(connection):
    response = http.client.HTTPResponse(connection)
    try:
        response.begin()
        return response.status
    finally:
        response.close()


def answered(connections):
    return select.select(connections, [], [], 0)[0]


def is_ended(connection):
    """Whether the server has closed the connection, after any response."""
    connection.settimeout(0.01)
    try:
        while connection.recv(4 * KIB):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


def scrape(address):
    client = http.client.HTTPConnection(address, timeout=TIMEOUT)
    client.request("GET", "/metrics")
    response = client.getresponse()
    body = response.read()
    client.close()
    return response.status, body


def read_all(connection):
    while connection.recv(64 * KIB):
        pass


def disconnect(connection):
    connection.close()


def curl(address, mode, certificates, *arguments):
    """The HTTP status and version."""
    command = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code} %{http_version}"]
    command += [*mode.curl(certificates), *arguments, f"{mode.scheme}://{address}/metrics"]
    with tempfile.TemporaryDirectory() as directory:
        return run_to_end(command, directory, timeout=20).stdout
