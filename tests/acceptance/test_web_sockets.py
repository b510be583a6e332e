"""Several addresses, IPv6, and sockets passed by systemd."""

import socket
import sys

import pytest

from programs import free_port, installed, run_to_end
from web_client import plain, secure, send_request
from web_modes import Mode
from web_options import ALICE, HASH, tls, users
from web_servers import NO_CLOUD

pytest_plugins = ["web_fixtures"]

GUARDED = Mode("sockets", tls() | users(alice=HASH), tls=True, password=True)
# Opens sockets, prints their addresses, and replaces itself by the program that gets them, as systemd does. LISTEN_PID
# is its own process ID, or the given one.
PASS_SOCKETS = """
import os, socket, sys
count, process = int(sys.argv[1]), int(sys.argv[2]) or os.getpid()
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
print(*[f"127.0.0.1:{one.getsockname()[1]}" for one in sockets], flush=True)
numbers = [os.dup(one.fileno()) for one in sockets]
for place, number in enumerate(numbers, 3):
    os.dup2(number, place)
os.environ |= {"LISTEN_FDS": str(count), "LISTEN_PID": str(process)}
os.execv(sys.argv[3], sys.argv[3:])
"""
# Runs the program in a network of its own, in which an IPv6 socket serves IPv6 only unless it asks for both. Turns on
# the loopback interface, which is off in a new network.
IPV6_ONLY = """
import fcntl, os, pathlib, socket, struct, sys
with socket.socket() as any_socket:
    set_interface_flags, interface_up = 0x8914, 1
    fcntl.ioctl(any_socket, set_interface_flags, struct.pack("16sh14x", b"lo", interface_up))
pathlib.Path("/proc/sys/net/ipv6/bindv6only").write_text("1")
os.execv(sys.argv[1], sys.argv[1:])
"""
OWN_PROCESS = 0
ANOTHER_PROCESS = 1


def passing_sockets(count, process):
    return [sys.executable, "-c", PASS_SOCKETS, str(count), str(process)]


def test_every_address_has_the_same_configuration(exporter, certificates):
    """This test needs a machine with IPv6."""
    listen = ["127.0.0.1:0", "[::1]:0", "127.0.0.1:0"]

    server = exporter.serve(GUARDED.file(certificates), listen=listen)

    assert len(set(server.addresses)) == len(listen)
    assert [address.rsplit(":", 1)[0] for address in server.addresses] == ["127.0.0.1", "[::1]", "127.0.0.1"]
    for address in server.addresses:
        assert send_request(address, certificates, secure(login=ALICE))["status"] == 200
        assert send_request(address, certificates, secure())["status"] == 401


@pytest.mark.parametrize("address", [":0", "[::]:0"])
def test_every_address_of_the_machine_includes_ipv4_where_ipv6_sockets_do_not(address, exporter, tmp_path):
    """This test needs root, for a network of its own."""
    launcher = [installed("unshare"), "--net", sys.executable, "-c", IPV6_ONLY]

    server = exporter.launch([f"--web.listen-address={address}"], 1, launcher=launcher)

    port = server.address.rsplit(":", 1)[1]
    for host in ("127.0.0.1", "[::1]"):
        request = [installed("curl"), "--silent", "--show-error", f"http://{host}:{port}/-/healthy"]
        network = [installed("nsenter"), f"--net=/proc/{server.program.process_id}/ns/net"]
        answer = run_to_end([*network, *request], tmp_path)
        assert (answer.stderr, answer.stdout) == ("", "metastudio-exporter is healthy.\n"), host


def test_limits_apply_to_all_addresses_together(exporter, certificates):
    limited = Mode("limited", {"rate_limit": {"interval": "1h", "burst": 2}})

    server = exporter.serve(limited.file(certificates), listen=["127.0.0.1:0", "127.0.0.1:0"])

    statuses = [send_request(address, certificates, plain())["status"] for address in server.addresses * 2]
    assert statuses == [200, 200, 429, 429]


def test_an_address_in_use_is_an_error_at_the_start(exporter):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        refusal = exporter.refuse(None, f"--web.listen-address={address}")
    assert refusal.code == 1
    assert f"cannot listen on {address}: " in refusal.output


def test_systemd_starts_the_exporter_with_the_first_connection(start, binary, certificates):
    addresses = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    variables = [f"--setenv={name}={value}" for name, value in NO_CLOUD.items()]
    sockets = [f"--listen={address}" for address in addresses]
    program = start(
        [
            *(installed("systemd-socket-activate"), *sockets, *variables),
            *(binary, "--web.systemd-socket", f"--web.config.file={GUARDED.file(certificates)}"),
        ],
        {},
    )
    program.wait_until(lambda: program.stderr.count("Listening on") == len(addresses), "systemd listens")

    for address in addresses:
        assert send_request(address, certificates, secure(login=ALICE))["status"] == 200
        assert send_request(address, certificates, secure())["status"] == 401
        assert f"message=listening address={address}\n" in program.stderr


def test_the_process_in_listen_pid_uses_the_sockets(exporter, certificates):
    flags = ["--web.systemd-socket", f"--web.config.file={GUARDED.file(certificates)}"]

    server = exporter.launch(flags, 2, launcher=passing_sockets(2, OWN_PROCESS))

    assert server.addresses == server.program.stdout.split()
    for address in server.addresses:
        assert send_request(address, certificates, secure(login=ALICE))["status"] == 200


@pytest.mark.parametrize(
    "launcher", [[], passing_sockets(1, ANOTHER_PROCESS)], ids=["no sockets", "sockets of another process"]
)
def test_missing_sockets_are_an_error(launcher, start, binary):
    program = start([*launcher, binary, "--web.systemd-socket"], NO_CLOUD)

    with pytest.raises(RuntimeError, match="ended with 1"):
        program.wait_until(lambda: "message=listening" in program.stderr, "it ends")
    assert "systemd passed no sockets (LISTEN_FDS): start the exporter with a .socket unit" in program.stderr
