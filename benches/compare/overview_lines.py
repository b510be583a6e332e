"""The pages of the overview at 100,000 users."""

import statistics
import urllib.parse

import client
import table
from setting import NOTHING, ONCE, wait_until_polled

USERS, RESOURCES, REQUESTS = 100_000, 1_000, 30
TARGET_MS = 5


def overview_pages(setting):
    """Each page for people, compressed and not. The median counts."""
    cloud = setting.simulate(USERS, f"--resources={RESOURCES}", NOTHING)
    exporter = setting.export(cloud, ONCE, names=True)
    wait_until_polled(exporter)
    for label, path in _pages(cloud).items():
        medians, texts = [], []
        for coding, compressed in (("gzip", True), ("plain", False)):
            totals = _milliseconds(exporter, path, compressed)
            median, p90 = statistics.median(totals), table.percentile(totals, 90)
            medians.append(median)
            tail = f"p90 {table.number(p90)}, maximum {table.number(max(totals))}"
            texts.append(f"{coding} {table.number(median)} ms ({tail})")
        yield table.Row(
            f"overview at {USERS:,} users, {label}",
            "; ".join(texts),
            target=f"at most {TARGET_MS} ms",
            met=max(medians) <= TARGET_MS,
        )


def _milliseconds(exporter, path, compressed):
    with client.Connection(exporter.port) as connection:
        answers = [connection.get(path, compressed) for _ in range(REQUESTS)]
    if {answer.status for answer in answers} != {200}:
        raise ConnectionError(f"{path}: status {answers[0].status}")
    return [answer.total * 1000 for answer in answers]


def _pages(cloud):
    project = cloud.projects[0]
    row = cloud.truth(project["id"])["assets"][USERS // 2]
    user = urllib.parse.urlencode({"project": project["name"], "id": row["user_id"]})
    pages = {"`/`": "/"}
    for sort in ("-utilisation", "utilisation", "-used-up", "used-up", "user", "-user", "project", "-project"):
        pages[f"`/users?sort={sort}`"] = f"/users?sort={sort}"
    for level in ("used-up", "running-out", "high", "ok"):
        pages[f"`/users?level={level}`"] = f"/users?level={level}"
    pages["`/users?q=` part of an ID"] = f"/users?q={row['user_id'][8:16]}"
    pages["`/users?q=` part of a name"] = f"/users?q={row['user_name'][-4:]}"
    pages["`/users?q=` not found"] = "/users?q=nothing-has-this-name"
    pages["`/users`, last page"] = "/users?page=1000000000"
    pages["`/users?sort=user`, last page"] = "/users?sort=user&page=1000000000"
    pages["`/user`"] = f"/user?{user}"
    for sort in ("expiry", "state", "resource", "type", "left"):
        pages[f"`/resources?sort={sort}`"] = f"/resources?sort={sort}"
    return pages
