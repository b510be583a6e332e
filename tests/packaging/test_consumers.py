"""Every program with a scrape example stores exactly what the exporter sent, and the series that it adds itself."""

import math
import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

import configuration
import exposition
import shipped
from cloud import Cloud, start_simulation
from consumers import (
    SCRAPE,
    TARGET_LABELS,
    VictoriaMetrics,
    example,
    go_program,
    start_vmagent,
    with_target_labels,
)
from exporter import ONE_POLL, Exporter
from programs import installed, running, wait_until
from prometheus import Prometheus
from scrape_recorder import recording

JOB = "metastudio-exporter"
ADDED_BY_ALL = {"up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling", "scrape_series_added"}
ADDED_BY_VICTORIAMETRICS = ADDED_BY_ALL | {"scrape_response_size_bytes", "scrape_timeout_seconds"}
# VictoriaMetrics keeps 15 significant digits: of a time, 10 microseconds.
DIGITS = 14
COLLECTORS = ["voice_training", "user_quotas", "tenant_resources"]


@pytest.fixture
def start(tmp_path):
    """Starts any program, and stops it at the end of the test."""
    with ExitStack() as programs:
        yield lambda arguments, environment: programs.enter_context(running(arguments, environment, tmp_path))


@pytest.fixture(autouse=True)
def new_prometheus(monkeypatch):
    """The helpers of the acceptance tests start the Prometheus that is in PATH."""
    monkeypatch.setenv("PATH", str(go_program("prometheus").parent), prepend=":")


@pytest.fixture
def projects(start, binary, tmp_path):
    """Two projects of a simulated cloud, as in a configuration file."""
    cloud = Cloud(start_simulation(start, binary, "--projects=2", "--users=40", "--resources=16", "--products=16", "--speed=0"))
    return [project | {"collectors": COLLECTORS} for project in configuration.projects_with_key(cloud, tmp_path)]


@pytest.fixture
def recorder(start, binary, tmp_path, projects):
    """The recorder of a proxy in front of an exporter of both projects."""
    file = configuration.write(tmp_path / "exporter.yml", projects)
    exporter = Exporter(start([binary, "--web.listen-address=127.0.0.1:0", f"--config.file={file}", *ONE_POLL], {}))
    exporter.wait_until_polled()
    with recording(exporter) as recorder:
        yield recorder


def as_stored(samples):
    """The samples as all consumers store them: a label without a value is no label. `le` is a number here: Prometheus 3
    stores `le="1"` as `le="1.0"`, VictoriaMetrics as it is."""
    return {
        (name, tuple((label, float(text) if label == "le" else text) for label, text in labels if text)): value
        for (name, labels), value in samples.items()
    }


def same(stored, scrape, digits):
    """Whether a consumer stored a scrape with this many significant digits."""
    return stored.keys() == scrape.keys() and all(
        math.isclose(stored[series], value, rel_tol=10**-digits if digits else 0) for series, value in scrape.items()
    )


def stored_series(consumer, **labels):
    """The samples of a target in a consumer: those of the exporter, and those that the consumer added."""
    rows = consumer.query_rows('{__name__!=""}')
    ours, added = {}, {}
    for row in rows:
        target = {name: row["metric"].pop(name, None) for name in ("job", "instance")}
        if target != labels:
            continue
        name = row["metric"].pop("__name__")
        samples = added if name == "up" or name.startswith("scrape_") else ours
        samples[exposition.key(name, **row["metric"])] = float(row["value"][1])
    return as_stored(ours), added


def targets(consumer):
    """The labels of all targets of which a consumer has any series."""
    return {(row["metric"].get("job"), row["metric"].get("instance")) for row in consumer.query_rows('{__name__!=""}')}


def with_labels_of_target(samples, labels):
    """A series has the labels of the target that it has not itself."""
    return {exposition.key(name, **labels | dict(own)): value for (name, own), value in samples.items()}


def assert_stores_what_it_scraped(consumer, recorder, paths, added, digits=None):
    """`paths` are those of the scrapes by `instance`. Without `digits`, all values are exact. A single target has
    `TARGET_LABELS`."""
    labels = TARGET_LABELS if len(paths) == 1 else {}

    def expected(scrape):
        return as_stored(with_labels_of_target(scrape, labels))

    for instance, path in paths.items():

        def stores_a_scrape():
            stored, _ = stored_series(consumer, job=JOB, instance=instance)
            return stored and any(
                    same(stored, expected(scrape), digits) for scrape in recorder.scrapes(path)
                )

        try:
            wait_until(stores_a_scrape, "it stores one whole scrape", deadline=60)
        except TimeoutError:
            stored, _ = stored_series(consumer, job=JOB, instance=instance)
            assert stored == expected(next(recorder.scrapes(path), {}))
            raise
        stored, own = stored_series(consumer, job=JOB, instance=instance)
        assert {name for name, _ in own} == added
        assert {own_labels for _, own_labels in own} == {tuple(labels.items())}
        assert own[exposition.key("up", **labels)] == 1
        assert own[exposition.key("scrape_samples_scraped", **labels)] == len(stored)
        assert own[exposition.key("scrape_samples_post_metric_relabeling", **labels)] == len(stored)
    assert targets(consumer) == {(JOB, instance) for instance in paths}
    assert recorder.paths() == set(paths.values())


def static_example(name, directory, **addresses):
    """An example whose target has `TARGET_LABELS`."""
    file = example(SCRAPE / name, directory, **addresses)
    file.write_text(with_target_labels(file.read_text()))
    return file


def one_target(recorder):
    return {recorder.address: "/metrics"}


def target_of_each_project(recorder, projects):
    """As in the README: the exporter's own instance is its address, that of a project has its name too."""
    names = [project["name"] for project in projects]
    of_projects = {f"{recorder.address}/{name}": f"/metrics?project={name}" for name in names}
    return {recorder.address: "/metrics?exporter=only"} | of_projects


@pytest.fixture(scope="session")
def binary():
    """The exporter under test."""
    return Path(os.environ["METASTUDIO_EXPORTER_BINARY"]).resolve()


def test_prometheus_stores_what_it_scraped(recorder, start, tmp_path):
    text = with_target_labels(shipped.static([recorder.address]))
    file = shipped.write_prometheus(tmp_path, text, "127.0.0.1:9")
    # The series of the rules are no scrape.
    file.write_text(file.read_text().replace("rule_files:\n  - metastudio.rules.yml\n", ""))
    prometheus = Prometheus(start, file, tmp_path / "data")

    assert_stores_what_it_scraped(prometheus, recorder, one_target(recorder), ADDED_BY_ALL)
    assert_has_special_values(recorder)


def assert_has_special_values(recorder):
    """Otherwise these tests do not say how a consumer stores them."""
    samples = next(recorder.scrapes("/metrics"))
    assert len(samples) > 1000
    assert float("inf") in samples.values()
    assert any(name.endswith("_bucket") for name, _ in samples)


def test_prometheus_stores_what_it_scraped_of_discovered_targets(recorder, projects, start, tmp_path):
    file = example(SCRAPE / "prometheus-http-sd.yml", tmp_path, port_10036=recorder.address)
    prometheus = Prometheus(start, file, tmp_path / "data")

    assert_stores_what_it_scraped(prometheus, recorder, target_of_each_project(recorder, projects), ADDED_BY_ALL)


def test_victoriametrics_stores_what_it_scraped(recorder, start, tmp_path):
    file = static_example("victoriametrics.yml", tmp_path, port_10036=recorder.address)
    consumer = VictoriaMetrics(start, tmp_path / "data", f"-promscrape.config={file}")

    assert_stores_what_it_scraped(consumer, recorder, one_target(recorder), ADDED_BY_VICTORIAMETRICS, DIGITS)


def test_victoriametrics_stores_what_it_scraped_of_discovered_targets(recorder, projects, start, tmp_path):
    file = example(SCRAPE / "prometheus-http-sd.yml", tmp_path, port_10036=recorder.address)
    consumer = VictoriaMetrics(start, tmp_path / "data", f"-promscrape.config={file}")

    assert_stores_what_it_scraped(
        consumer, recorder, target_of_each_project(recorder, projects), ADDED_BY_VICTORIAMETRICS, DIGITS
    )


def test_vmagent_writes_what_it_scraped(recorder, start, tmp_path):
    file = static_example("victoriametrics.yml", tmp_path, port_10036=recorder.address)
    consumer = VictoriaMetrics(start, tmp_path / "data")
    start_vmagent(start, tmp_path / "queue", file, consumer)

    assert_stores_what_it_scraped(consumer, recorder, one_target(recorder), ADDED_BY_VICTORIAMETRICS, DIGITS)


def test_the_opentelemetry_collector_writes_what_it_scraped(recorder, start, tmp_path):
    (tmp_path / "prometheus.yml").write_text("{}\n")
    receiver = "--web.enable-remote-write-receiver"
    prometheus = Prometheus(start, tmp_path / "prometheus.yml", tmp_path / "data", receiver)
    addresses = {"port_10036": recorder.address, "port_9090": prometheus.address}
    file = static_example("opentelemetry-collector.yaml", tmp_path, **addresses)
    start([go_program("otelcol"), f"--config={file}"], {})

    added = ADDED_BY_ALL | {"scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes"}
    assert_stores_what_it_scraped(prometheus, recorder, one_target(recorder), added)


def generated_by_the_operator(text, directory, address):
    """The file of the configuration that the Prometheus Operator generates from an example, with shorter times."""
    assert text.count("exporter.example.com:10036") in (1, 3)
    text = text.replace("exporter.example.com:10036", address)
    done = subprocess.run([go_program("operator-config")], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    generated = done.stdout
    assert generated.count("  scrape_interval: 1m\n  scrape_timeout: 30s\n") == 1
    file = directory / "prometheus.yml"
    file.write_text(
        generated.replace("  scrape_interval: 1m\n  scrape_timeout: 30s\n", "  scrape_interval: 1s\n  scrape_timeout: 1s\n")
    )
    return file


def test_the_prometheus_of_the_operator_stores_what_it_scraped(recorder, start, tmp_path):
    text = with_target_labels((SCRAPE / "prometheus-operator.yaml").read_text())
    file = generated_by_the_operator(text, tmp_path, recorder.address)
    prometheus = Prometheus(start, file, tmp_path / "data")

    assert_stores_what_it_scraped(prometheus, recorder, one_target(recorder), ADDED_BY_ALL)


def test_the_prometheus_of_the_operator_stores_what_it_scraped_of_discovered_targets(recorder, projects, start, tmp_path):
    text = (SCRAPE / "prometheus-operator-http-sd.yaml").read_text()
    file = generated_by_the_operator(text, tmp_path, recorder.address)
    prometheus = Prometheus(start, file, tmp_path / "data")

    assert_stores_what_it_scraped(prometheus, recorder, target_of_each_project(recorder, projects), ADDED_BY_ALL)


def test_the_operator_rejects_an_unknown_field():
    """Otherwise the tests above do not say that the examples have the operator's fields."""
    text = (SCRAPE / "prometheus-operator.yaml").read_text().replace("honorLabels:", "honour:")
    done = subprocess.run([go_program("operator-config")], input=text, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith('unknown field "honour"\n')


# These ask the Prometheus and promtool that are in PATH. The acceptance tests run them on Debian's.
ON_PROMETHEUS = [
    "test_panel_numbers",
    "test_panel_products",
    "test_panel_queries_on_prometheus",
    "test_prometheus",
    "test_promtool",
    "test_rules",
    "test_rules_on_prometheus",
    "test_shards_and_discovery",
]


@pytest.mark.timeout(1800)
def test_rules_and_dashboards_also_work_on_the_new_prometheus(tmp_path):
    for program in ("prometheus", "promtool"):
        assert installed(program) == str(go_program(program))
    acceptance = shipped.ROOT / "tests" / "acceptance"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *(acceptance / f"{name}.py" for name in ON_PROMETHEUS)],
        capture_output=True, text=True, cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ passed in ", done.stdout, re.MULTILINE), done.stdout
