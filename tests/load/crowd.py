"""Many clients of one exporter at once: some scrape in a loop, others do nothing."""

import asyncio
import gzip
import re
import time
from collections import Counter

DEFAULT_LIMIT = 40
REFUSAL = f"Limit of concurrent requests reached ({DEFAULT_LIMIT}), try again later.\n".encode()
PLAIN = b"GET /metrics HTTP/1.1\r\nHost: exporter\r\n\r\n"
GZIP = b"GET /metrics HTTP/1.1\r\nHost: exporter\r\nAccept-Encoding: gzip\r\n\r\n"
# One of so many scrapers does not accept gzip, which costs the clients most of their time.
PLAIN_ONE_OF = 10
HEALTHY = b"GET /-/healthy HTTP/1.1\r\nHost: exporter\r\n\r\n"
OPEN = re.compile(rb"^metastudio_exporter_http_connections (\d+)$", re.MULTILINE)
USERS = re.compile(rb"^metastudio_users{[^}]*} 250$", re.MULTILINE)
SCRAPE_TIMEOUT = 10
# A client that was disconnected to make room comes back after so long, in seconds.
RETURNS_AFTER = 5
# How often a scrape is decompressed and read, in seconds.
READ_EVERY = 0.1


def is_refusal(status, body):
    """Whether this is the answer beyond the default limit of scrapes."""
    return (status, body) == (503, REFUSAL)


class Crowd:
    """The clients, and what they saw."""

    def __init__(self, address):
        self._host, port = address.split(":")
        self._port = int(port)
        self.seen, self.failures, self.durations = Counter(), [], []
        self.most_open = 0
        self._idle_now, self._idle_counts, self._read_at = 0, [], 0.0

    async def run(self, scrapers, idle, seconds):
        end = time.monotonic() + seconds
        clients = [self._idle(end, place) for place in range(idle)]
        clients += [self._scraper(end, PLAIN if place % PLAIN_ONE_OF == 0 else GZIP) for place in range(scrapers)]
        await asyncio.gather(self._count(end), *clients)

    def most_idle(self):
        """The most idle connections at once in the second half of the time."""
        return max(self._idle_counts[len(self._idle_counts) // 2 :])

    async def _count(self, end):
        while time.monotonic() < end:
            self._idle_counts.append(self._idle_now)
            await asyncio.sleep(0.1)

    async def _scraper(self, end, request):
        while time.monotonic() < end:
            try:
                reader, writer = await asyncio.open_connection(self._host, self._port)
            except OSError as error:
                self.failures.append(f"cannot connect: {error!r}")
                continue
            try:
                await self._scrape_until(end, reader, writer, request)
            except (OSError, asyncio.IncompleteReadError) as error:
                self.failures.append(repr(error))
            writer.close()

    async def _scrape_until(self, end, reader, writer, request):
        """Scrapes until the connection is closed. The server may close it between two scrapes, to make room for others;
        clients then connect again, as they do with every server."""
        scrapes = 0
        while time.monotonic() < end:
            async with asyncio.timeout(SCRAPE_TIMEOUT):
                began = time.monotonic()
                writer.write(request)
                try:
                    head = await reader.readuntil(b"\r\n\r\n")
                except (ConnectionError, asyncio.IncompleteReadError) as error:
                    if scrapes and not getattr(error, "partial", b""):
                        self.seen["reconnected"] += 1
                        return
                    raise
                self._take(request, head, await _read_body(reader, head), began)
            scrapes += 1

    def _take(self, request, head, body, began):
        status = int(head.split(b" ", 2)[1])
        self.seen[status] += 1
        if status == 200:
            self.durations.append(time.monotonic() - began)
            if began - self._read_at > READ_EVERY:
                self._read_at = began
                self._read(gzip.decompress(body) if request is GZIP else body)
        elif not is_refusal(status, body):
            self.failures.append(f"{status} {body[:100]}")

    def _read(self, text):
        self.most_open = max(self.most_open, int(OPEN.search(text)[1]))
        if not USERS.search(text) or not text.endswith(b"\n"):
            self.failures.append(f"a scrape is incomplete: {text[-100:]}")

    async def _idle(self, end, place):
        while (left := end - time.monotonic()) > 0:
            try:
                reader, writer = await asyncio.open_connection(self._host, self._port)
            except OSError as error:
                self.failures.append(f"cannot connect: {error!r}")
                continue
            self._idle_now += 1
            try:
                # Half of them have been clients, the other half never say anything.
                if place % 2:
                    writer.write(HEALTHY)
                async with asyncio.timeout(left):
                    while await reader.read(4096):
                        pass
                self.seen["disconnected"] += 1
            except (OSError, TimeoutError):
                pass
            self._idle_now -= 1
            writer.close()
            await asyncio.sleep(min(RETURNS_AFTER, max(0, end - time.monotonic())))


async def _read_body(reader, head):
    length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
    if length:
        return await reader.readexactly(int(length[1]))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return body
