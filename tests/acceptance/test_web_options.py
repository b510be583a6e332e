"""Every option of the web configuration has the same meaning as in exporter-toolkit: same file, same requests."""

import functools
from contextlib import ExitStack

import pytest

from programs import running
from web_client import TOOLKIT_HEADERS, send_request
from web_options import REFUSED, ROWS
from web_servers import ExporterKind, PrometheusKind

pytest_plugins = ["web_fixtures"]

FOR_BOTH = [row for row in ROWS if not row.newer]
WITHOUT_DEVIATION = [row for row in FOR_BOTH if row.exporter is None and row.seen is not REFUSED]
# Features that two servers may choose differently, unless a row names them.
UNSPECIFIED = {"cipher"}
# On a missing page, the page sets this header, not the toolkit.
SET_BY_PAGE = {"X-Content-Type-Options"}


class Observed:
    """What a program does with the file of a row: it rejects the file, or it serves, with these results of requests."""

    def __init__(self, kind, expected, path, certificates):
        self.path = path
        if expected is REFUSED:
            self.refusal = kind.refuse(path)
        else:
            server = kind.serve(path)
            self.seen = [send_request(server.address, certificates, request) for request, _ in expected]
            self.log = server.program.stderr


@pytest.fixture(scope="module")
def of_prometheus(certificates, tmp_path_factory):
    """What Prometheus does with a row, observed once."""
    directory = tmp_path_factory.mktemp("prometheus")

    @functools.cache
    def observed(row):
        return observe(lambda start: PrometheusKind(start, directory), row, row.seen, directory, certificates)

    return observed


@pytest.fixture(scope="module")
def of_exporter(binary, certificates, tmp_path_factory):
    """What the exporter does with a row, observed once."""
    directory = tmp_path_factory.mktemp("exporter")

    @functools.cache
    def observed(row):
        expected = row.expected_of_exporter
        return observe(lambda start: ExporterKind(binary, start, directory), row, expected, directory, certificates)

    return observed


def observe(make_kind, row, expected, directory, certificates):
    path = certificates.directory / f"{directory.name}-{ROWS.index(row)}.yml"
    path.write_text(row.text(certificates))
    with ExitStack() as programs:
        kind = make_kind(lambda command, environment: programs.enter_context(running(command, environment, directory)))
        return Observed(kind, expected, path, certificates)


@pytest.mark.parametrize("row", FOR_BOTH, ids=str)
def test_the_toolkit_behaves_as_the_row_says(row, of_prometheus):
    observed = of_prometheus(row)
    if row.seen is REFUSED:
        assert observed.refusal.code == 1, observed.refusal.output
    else:
        assert_seen(observed.seen, row.seen)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_exporter_behaves_as_the_row_says(row, of_exporter):
    observed = of_exporter(row)
    says = [row.exporter.says] if row.exporter else []
    if row.expected_of_exporter is REFUSED:
        assert_rejected(observed, [*row.names, *says])
    else:
        assert_seen(observed.seen, row.expected_of_exporter)
        assert all(sentence in observed.log for sentence in says), observed.log


@pytest.mark.parametrize("row", WITHOUT_DEVIATION, ids=str)
def test_the_exporter_and_the_toolkit_do_not_differ_otherwise(row, of_prometheus, of_exporter):
    for (request, named), theirs, ours in zip(row.seen, of_prometheus(row).seen, of_exporter(row).seen, strict=True):
        free = unspecified_features(theirs) - named.keys()
        assert without(ours, free) == without(theirs, free), request


def assert_seen(observed, expected):
    for (request, features), seen in zip(expected, observed, strict=True):
        assert {name: seen.get(name) for name in features} == features, f"{request}: {seen}"
        unnamed = {name for name in TOOLKIT_HEADERS if name in seen} - features.keys() - unspecified_features(seen)
        assert not unnamed, f"{request}: {seen}"


def assert_rejected(observed, names):
    """Asserts that the program exits before it listens, with a message that names the file and the error."""
    refusal = observed.refusal
    assert refusal.code != 0, refusal.output
    assert "panicked" not in refusal.output
    for name in (str(observed.path), *names):
        assert name in refusal.output, refusal.output


def unspecified_features(seen):
    return UNSPECIFIED | (SET_BY_PAGE if seen["status"] == 404 else set()) if "status" in seen else UNSPECIFIED


def without(seen, names):
    return {name: value for name, value in seen.items() if name not in names}
