"""Tests that run at the same time get different ports, below those that Linux gives to others."""

import socket
import sys
from pathlib import Path

import pytest

import programs
from programs import PORTS, PORTS_A_BLOCK, free_port, run_to_end

# A program of an earlier test can have left a port in use, so all of the block count as unused.
PRINT_A_BLOCK = """
import programs
programs._ports()
programs._binds = lambda listener, port: True
print(*(programs.free_port() for _ in range(programs.PORTS_A_BLOCK - 1)))
"""


def test_processes_have_ports_of_their_own(tmp_path, monkeypatch):
    programs._ports()
    monkeypatch.setattr(programs, "_binds", lambda listener, port: True)
    command = [sys.executable, "-c", PRINT_A_BLOCK]
    environment = {"PYTHONPATH": str(Path(programs.__file__).parent)}

    ours = {free_port() for _ in range(PORTS_A_BLOCK - 1)}
    theirs = {int(port) for port in run_to_end(command, tmp_path, environment).stdout.split()}

    assert ours.isdisjoint(theirs)
    for ports in (ours, theirs):
        assert len(ports) == PORTS_A_BLOCK - 1
        assert PORTS[0] <= min(ports) < max(ports) < PORTS[1]


def test_a_port_in_use_is_not_given():
    used = free_port()
    with socket.create_server(("127.0.0.1", used)):
        assert used not in {free_port() for _ in range(PORTS_A_BLOCK)}
    assert used in {free_port() for _ in range(PORTS_A_BLOCK)}


def test_it_is_an_error_if_all_ports_of_the_process_are_in_use(monkeypatch):
    monkeypatch.setattr(programs, "_binds", lambda listener, port: False)
    with pytest.raises(RuntimeError, match="^all ports of this process are in use$"):
        free_port()
