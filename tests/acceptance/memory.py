"""Searches the memory of a running program. The exporter lets only root do that."""

import os
import re
import signal
from collections import Counter
from contextlib import contextmanager

import pytest

from programs import wait_until

# Of a longer text, each part of this length counts: a buffer may be overwritten in part.
PART = 16
REGION = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw\S+ \S+ \S+ \S+ *(.*)")
# HMAC combines the key with these bytes; the key follows from the result.
FORMS = {"plain": 0, "inner pad of HMAC": 0x36, "outer pad of HMAC": 0x5C}


def occurrences(process_id, secrets, without=()):
    """How often each secret occurs, in whole or in part, by its name, form and region. Parts of the texts `without` do
    not count."""
    parts = {}
    for name, secret in secrets.items():
        secret = secret if isinstance(secret, bytes) else secret.encode()
        assert len(secret) >= PART, f"{name} is too short to be found"
        for start in range(0, len(secret) - PART + 1, PART):
            part = secret[start : start + PART]
            if not any(part in text.encode() for text in without):
                for form, pad in FORMS.items():
                    parts[bytes(byte ^ pad for byte in part)] = name, form
    found = Counter()
    for region, content in _regions(process_id):
        for part, (name, form) in parts.items():
            if number := content.count(part):
                found[name, form, region] += number
    return found


def wait_until_absent(process_id, secrets, without=()):
    """Waits until none of the secrets is in memory."""
    found = None

    def is_absent():
        nonlocal found
        found = occurrences(process_id, secrets, without)
        return not found

    try:
        # Idle connections close after 5 to 10 seconds.
        wait_until(is_absent, "no former secret is in memory", deadline=60)
    except TimeoutError:
        raise AssertionError(f"these are in memory: {dict(found)}") from None


def _regions(process_id):
    """The writable regions of memory, each with its name and content."""
    try:
        memory = open(f"/proc/{process_id}/mem", "rb", 0)
    except PermissionError:
        assert os.geteuid() != 0, "root needs the capability SYS_PTRACE to read memory"
        pytest.skip("only root may read the memory of an exporter")
    with memory, _stopped(process_id), open(f"/proc/{process_id}/maps") as maps:
        for start, end, name in REGION.findall(maps.read()):
            size = int(end, 16) - int(start, 16)
            memory.seek(int(start, 16))
            content = memory.read(size)
            assert len(content) == size, f"a part of {start}-{end} {name} cannot be read"
            yield name or "anonymous", content


@contextmanager
def _stopped(process_id):
    """Stops a child process: what a running program copies from one page to another can be missed in both."""
    os.kill(process_id, signal.SIGSTOP)
    try:
        os.waitid(os.P_PID, process_id, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        yield
    finally:
        os.kill(process_id, signal.SIGCONT)
