"""What the exporter costs a host, against node_exporter: memory and wake-ups when idle, its start, its binary."""

import os
import signal
import subprocess
import time
from pathlib import Path

import client
import table
from certificates import SERVER, Authority
from measure import wake_ups
from polls import wait_for_poll
from programs import clean_environment, free_port, installed, memory
from setting import ONCE, listen_address, wait_until_polled

USERS, SCRAPES, STARTS = 50, 5, 30
SECONDS = 60
# A worker thread that the first poll needed ends after ten seconds.
SETTLED = 15


def idle_memory(setting):
    """Resident memory after polls through TLS and scrapes, each, against node_exporter after as many scrapes."""
    cloud, endpoint, authority = _tls_cloud(setting)
    ours, theirs = [], []
    for _ in range(min(3, setting.options.rounds)):
        exporter = setting.export(cloud, "1s", endpoint=endpoint, ca_file=authority)
        reference = setting.node_exporter()
        begun = cloud.polls_begun()[0]
        for number in range(1, SCRAPES + 1):
            wait_for_poll(cloud, exporter, begun + number)
            client.length(exporter.port, "/metrics")
            client.length(reference.port, "/metrics")
        wait_until_polled(exporter)
        ours.append(memory(exporter.process_id)[0])
        theirs.append(memory(reference.process_id)[0])
        exporter.program.stop()
        reference.program.stop()
    what = f"idle memory, {USERS} users, polls through TLS, against node_exporter"
    yield table.against(what, ours, theirs, "MB", 0.5)


def idle_wake_ups(setting):
    """Voluntary context switches at the default interval, without polls and scrapes in that time."""
    cloud, endpoint, authority = _tls_cloud(setting)
    exporter, reference = setting.export(cloud, None, endpoint=endpoint, ca_file=authority), setting.node_exporter()
    wait_until_polled(exporter)
    client.length(exporter.port, "/metrics")
    time.sleep(SETTLED)
    ours, theirs = (_wake_ups_a_second(before, server) for before, server in _watch(exporter, reference))
    what = f"wake-ups a second over {SECONDS} s, {USERS} users, default interval, against node_exporter"
    row = table.at_most(what, table.number(ours), table.number(theirs), [ours / theirs] if theirs else [0])
    yield row._replace(target="exporter at most 1", met=ours <= 1)


def start_to_first_answer(setting):
    """From fork to the first answer of `/metrics`, in turn."""
    cloud, endpoint, authority = _tls_cloud(setting)
    servers = [
        setting.export(cloud, ONCE),
        setting.export(cloud, ONCE, endpoint=endpoint, ca_file=authority),
        setting.node_exporter(),
    ]
    commands = [server.command for server in servers]
    for server in servers:
        server.program.stop()
    seconds = [[], [], []]
    for _ in range(STARTS):
        for command, measured in zip(commands, seconds):
            measured.append(_start_to_answer(command, setting.directory))
    for label, ours in zip(("http", "https"), seconds):
        what = f"start to first answer, {label} endpoint, {STARTS} starts, against node_exporter"
        yield table.against(what, ours, seconds[2], "ms", 0.7)


def stripped_binary(setting):
    """The size of stripped copies."""
    sizes = []
    for path in (setting.options.binary, Path(installed("prometheus-node-exporter")).resolve()):
        copy = setting.directory / "stripped"
        subprocess.run(["strip", "-o", copy, path], check=True)
        sizes.append(copy.stat().st_size)
    yield table.against("binary, stripped, against node_exporter", sizes[:1], sizes[1:], "MB", 0.5)


def _tls_cloud(setting):
    """A cloud, the URL of an nginx in front of it that speaks TLS, and the file of its authority."""
    cloud = setting.simulate(USERS)
    authority = Authority(setting.directory / "authority", "ca")
    server = authority.sign("server", SERVER)
    settings = f" ssl; ssl_certificate {server.certificate}; ssl_certificate_key {server.key}; access_log off"
    proxy = f"location / {{ proxy_pass {cloud.endpoint}; proxy_set_header Host $http_host; }}"
    port = setting.nginx(f"{settings}; {proxy}").port
    return cloud, f"https://127.0.0.1:{port}", str(authority.certificate)


def _watch(*servers):
    before = [wake_ups(server.process_id) for server in servers]
    time.sleep(SECONDS)
    return zip(before, servers)


def _wake_ups_a_second(before, server):
    after = wake_ups(server.process_id)
    return sum(count - before.get(thread, 0) for thread, count in after.items()) / SECONDS


def _start_to_answer(command, directory):
    port = free_port()
    arguments = [*command, listen_address(port)]
    environment = clean_environment(directory)
    log = (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)
    started = time.perf_counter()
    process_id = os.posix_spawn(arguments[0], arguments, environment, file_actions=[log])
    try:
        return _first_answer(port) - started
    finally:
        os.kill(process_id, signal.SIGKILL)
        os.waitpid(process_id, 0)


def _first_answer(port):
    """When the port answers `/metrics` with 200. Connects all the time."""
    end = time.perf_counter() + 30
    while True:
        try:
            with client.Connection(port) as connection:
                if connection.get("/metrics").status == 200:
                    return time.perf_counter()
        except ConnectionError:
            pass
        if time.perf_counter() > end:
            raise TimeoutError("no answer after 30 s")
