"""What one client may take of the server, and that others are served meanwhile."""

import http.client
import select
import socket
import subprocess
from contextlib import ExitStack

import pytest

from programs import clean_environment, wait_until
from web_client import TIMEOUT, basic, plain, secure, visit
from web_modes import Mode
from web_options import ALICE, HASH_OF_COST_8, tls, users

pytest_plugins = ["web_fixtures"]

KIB = 1024
HEAD, HEADERS, BODY = 16 * KIB, 100, 64 * KIB
# Longer than a request's head or body may take, or TLS' handshake.
CUT_OFF = 20
FLOOD = 200
# Small enough that the kernel does not take a whole scrape off the exporter's hands.
FEW_BYTES = 4 * KIB
ONE_POLL = ("--poll.interval=24h", "--poll.max-staleness=48h", "--poll.requests-per-second=1000")


@pytest.fixture
def open_exporter(exporter):
    """The address of an exporter without a web configuration, that takes reloads over HTTP."""
    return exporter.serve(None, "--web.enable-lifecycle").address


# A refusal must reach its client whatever he has sent behind it, so sizes are far above the limit too.
@pytest.mark.parametrize("size", [HEAD, 4 * HEAD, 64 * HEAD])
def test_a_head_that_is_too_large_is_431(open_exporter, size):
    assert raw(open_exporter, f"GET /metrics HTTP/1.1\r\nHost: a\r\nX-Large: {'a' * size}\r\n\r\n") == 431


def test_a_head_within_the_limits_is_none(open_exporter):
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


def test_a_body_within_the_limit_is_read_and_left(open_exporter):
    client = http.client.HTTPConnection(open_exporter, timeout=TIMEOUT)
    for body in ("", "a", "a" * BODY):
        client.request("POST", "/-/reload", body=body)
        response = client.getresponse()
        assert (response.status, response.read()) == (200, b"Configuration reloaded.\n")
    client.close()


def test_who_is_slow_is_cut_off_and_nobody_else(exporter, certificates):
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

        def all_cut_off():
            assert visit(guarded, certificates, secure())["status"] == 200
            assert visit(unguarded, certificates, plain())["status"] == 200
            ended = {name for name, connection in silent.items() if is_ended(connection)}
            try:
                trickling.sendall(b"a")
            except ConnectionError:
                ended.add("a byte at a time")
            left.difference_update(ended)
            return not left

        left = {"a byte at a time", *silent}
        try:
            wait_until(all_cut_off, "all of them are cut off", CUT_OFF)
        except TimeoutError:
            pytest.fail(f"not cut off: {left}")


@pytest.fixture
def large_exporter(simulate, exporter):
    """The address of an exporter whose metrics are more than a connection holds."""
    server = exporter.serve(
        None, *ONE_POLL, "--web.max-requests=1", variables=simulate("--speed=0", "--users=3000", "--latency=0s")
    )
    ready = plain(path="/-/ready")
    server.program.wait_until(lambda: visit(server.address, None, ready)["status"] == 200, "the first poll ends")
    return server.address


def test_a_scrape_too_many_is_503_until_the_one_before_has_ended(large_exporter):
    for end in (read_all, give_up):
        slow = connect(large_exporter, FEW_BYTES)
        slow.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        # Its answer has begun.
        assert slow.recv(15) == b"HTTP/1.1 200 OK"

        for _ in range(3):
            assert scrape(large_exporter) == (503, b"Limit of concurrent requests reached (1), try again later.\n")
        # Nothing else waits for a scrape.
        assert visit(large_exporter, None, plain())["status"] == 200
        end(slow)

        wait_until(lambda: scrape(large_exporter)[0] == 200, "the next scrape is answered")
        slow.close()


def test_a_flood_of_wrong_passwords_keeps_no_known_scrape_waiting(exporter, certificates, tmp_path):
    address = exporter.serve(Mode("flood", users(alice=HASH_OF_COST_8)).file(certificates)).address
    wanted = plain(login=ALICE, path="/metrics")
    assert visit(address, certificates, wanted)["status"] == 200
    with ExitStack() as connections:
        flood = [connections.enter_context(connect(address)) for _ in range(FLOOD)]
        for number, connection in enumerate(flood):
            login = basic("alice", f"guess {number}")
            connection.sendall(f"GET /metrics HTTP/1.1\r\nHost: a\r\nAuthorization: {login}\r\n\r\n".encode())

        assert visit(address, certificates, wanted)["status"] == 200

        assert len(answered(flood)) < FLOOD, "all had been answered, so nothing was proved"
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
def test_another_method_is_405_and_says_which_are_allowed(open_exporter, method, path, allowed):
    client = http.client.HTTPConnection(open_exporter, timeout=TIMEOUT)
    client.request(method, path)
    response = client.getresponse()
    response.read()
    client.close()
    assert response.status == 405
    assert {name.strip() for name in response.headers["Allow"].split(",")} == allowed


@pytest.mark.parametrize("path", ["/nothing", "/metrics/", "/-/", "/-/quit", "/metrics%00", "/../metrics"])
def test_a_page_that_is_not_there_is_404(open_exporter, path):
    assert visit(open_exporter, None, plain(path=path))["status"] == 404


@pytest.mark.parametrize("said", [b"hello\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00\x01\x02\r\n\r\n"])
def test_what_is_no_http_is_400(open_exporter, said):
    assert raw(open_exporter, said) == 400


def connect(address, receives=None):
    """A connection; `receives` is how many bytes the kernel keeps for it."""
    host, port = address.rsplit(":", 1)
    connection = socket.socket()
    connection.settimeout(TIMEOUT)
    if receives:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    connection.connect((host, int(port)))
    return connection


def raw(address, said):
    """The status that the server answers these bytes with."""
    with connect(address) as connection:
        try:
            connection.sendall(said if isinstance(said, bytes) else said.encode())
        except ConnectionError:
            # It has heard enough; its answer is there nevertheless.
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
    """Whether the server has ended the connection, behind whatever it has said."""
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


def give_up(connection):
    connection.close()


def curl(address, mode, certificates, *arguments):
    """Status and version of HTTP."""
    command = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code} %{http_version}"]
    command += [*mode.curl(certificates), *arguments, f"{mode.scheme}://{address}/metrics"]
    done = subprocess.run(
        [str(part) for part in command],
        env=clean_environment("/nonexistent"),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return done.stdout
