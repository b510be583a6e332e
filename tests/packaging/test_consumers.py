"""Every program with a scrape example stores exactly what the exporter sent, and the series that it adds itself."""

import subprocess

import pytest
import yaml

import configuration
import loopback
import shipped
from cloud import Cloud, start_simulation
from consumers import SCRAPE, VictoriaMetrics, example, start_vmagent, with_target_labels
from exporter import ONE_POLL, Exporter
from programs import go_program
from prometheus import Prometheus
from scrape_recorder import recording
from stored_scrapes import assert_stores_what_it_scraped

ADDED_BY_ALL = {
    "up",
    "scrape_duration_seconds",
    "scrape_samples_post_metric_relabeling",
    "scrape_samples_scraped",
    "scrape_series_added",
}
ADDED_BY_THE_COLLECTOR = ADDED_BY_ALL | {"scrape_body_size_bytes", "scrape_sample_limit", "scrape_timeout_seconds"}
ADDED_BY_VICTORIAMETRICS = ADDED_BY_ALL | {"scrape_response_size_bytes", "scrape_timeout_seconds"}
# VictoriaMetrics keeps 15 significant digits: of a time, 10 microseconds.
DIGITS = 14
COLLECTORS = ["voice_training", "user_quotas", "tenant_resources"]
WORLD = ("--projects=2", "--users=40", "--resources=16", "--products=16", "--speed=0")


@pytest.fixture(autouse=True)
def new_prometheus(monkeypatch):
    """The helpers of the acceptance tests start the Prometheus that is in PATH."""
    monkeypatch.setenv("PATH", str(go_program("prometheus").parent), prepend=":")


@pytest.fixture
def projects(start, binary, tmp_path):
    """Two projects of a simulated cloud, as in a configuration file."""
    cloud = Cloud(start_simulation(start, binary, *WORLD))
    return [project | {"collectors": COLLECTORS} for project in configuration.projects_with_key(cloud, tmp_path)]


@pytest.fixture
def recorder(start, binary, tmp_path, projects):
    """The recorder of a proxy in front of an exporter of both projects."""
    file = configuration.write(tmp_path / "exporter.yml", projects)
    exporter = Exporter(start([binary, "--web.listen-address=127.0.0.1:0", f"--config.file={file}", *ONE_POLL], {}))
    exporter.wait_until_polled()
    with recording(exporter) as recorder:
        yield recorder


def static_example(name, directory, **addresses):
    """An example whose target has `TARGET_LABELS`."""
    file = example(SCRAPE / name, directory, **addresses)
    file.write_text(with_target_labels(file.read_text()))
    return file


def one_target(recorder):
    return {recorder.address: "/metrics"}


def target_of_each_project(recorder, projects):
    """As in docs/many-projects.md: the exporter's own instance is its address, that of a project has its name too."""
    names = [project["name"] for project in projects]
    of_projects = {f"{recorder.address}/{name}": f"/metrics?project={name}" for name in names}
    return {recorder.address: "/metrics?exporter=only"} | of_projects


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


@pytest.fixture
def receiver(start, tmp_path):
    """A Prometheus that scrapes nothing and accepts what others write."""
    (tmp_path / "prometheus.yml").write_text("{}\n")
    return Prometheus(start, tmp_path / "prometheus.yml", tmp_path / "data", "--web.enable-remote-write-receiver")


def test_the_opentelemetry_collector_writes_what_it_scraped(recorder, receiver, start, tmp_path):
    addresses = {"port_10036": recorder.address, "port_9090": receiver.address}
    file = static_example("opentelemetry-collector.yaml", tmp_path, **addresses)
    start([go_program("otelcol"), f"--config={file}"], {})

    assert_stores_what_it_scraped(receiver, recorder, one_target(recorder), ADDED_BY_THE_COLLECTOR)


def test_the_opentelemetry_collector_accepts_the_job_of_prometheus(recorder, receiver, projects, start, tmp_path):
    """As the README of the examples says."""
    addresses = {"port_10036": recorder.address, "port_9090": receiver.address}
    file = example(SCRAPE / "opentelemetry-collector.yaml", tmp_path, **addresses)
    job = example(SCRAPE / "prometheus-http-sd.yml", tmp_path, port_10036=recorder.address)
    text = yaml.safe_load(file.read_text())
    text["receivers"]["prometheus"]["config"] |= yaml.safe_load(job.read_text())
    file.write_text(yaml.safe_dump(text))
    start([go_program("otelcol"), f"--config={file}"], {})

    assert_stores_what_it_scraped(receiver, recorder, target_of_each_project(recorder, projects), ADDED_BY_ALL)


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


def test_the_new_promtool_accepts_the_metrics(recorder):
    text = loopback.get(f"http://{recorder.address}/metrics").text
    done = subprocess.run(
        [go_program("promtool"), "check", "metrics"], input=text, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
