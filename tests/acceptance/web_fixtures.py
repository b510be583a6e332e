"""Fixtures of the tests of the web configuration."""

import pytest

from certificates import Certificates
from web_servers import ExporterKind, PrometheusKind


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """All certificates, created once. A test that changes a file changes a copy."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def exporter(binary, start, tmp_path):
    """Starts exporters with a web configuration."""
    return ExporterKind(binary, start, tmp_path)


@pytest.fixture
def reference(start, tmp_path):
    """Starts a program that uses exporter-toolkit itself."""
    return PrometheusKind(start, tmp_path)
