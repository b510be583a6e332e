"""The scrape examples for other programs: each is valid and has the settings that the rules and dashboards need."""

import re
import subprocess

import pytest
import yaml

import shipped
from programs import installed

SCRAPE = shipped.DEPLOY / "scrape"
README = SCRAPE / "README.md"
COMMON = {"scrape_interval": "1m", "scrape_timeout": "30s", "honor_labels": True, "job_name": "metastudio-exporter"}
STATIC = {"static_configs": [{"targets": ["localhost:10036"]}]}
INSTANCE = {
    "source_labels": ["__address__", "__param_project"],
    "separator": "/",
    "regex": "(.+/.+)",
    "target_label": "instance",
}
DISCOVERED = {"http_sd_configs": [{"url": "http://localhost:10036/sd"}], "relabel_configs": [INSTANCE]}
TARGETS = {
    shipped.PROMETHEUS: STATIC,
    SCRAPE / "victoriametrics.yml": STATIC,
    SCRAPE / "opentelemetry-collector.yaml": STATIC,
    SCRAPE / "prometheus-http-sd.yml": DISCOVERED,
}
FILES = pytest.mark.parametrize("file", TARGETS, ids=lambda file: file.name)


def scrape_section(file):
    """The part of an example that Prometheus also has, and what is around it."""
    text = yaml.safe_load(file.read_text())
    if "receivers" not in text:
        return text
    # Only environment variables have a single `$` here.
    assert re.findall(r"(?<!\$)\$(?!\$)", "".join(uncommented(file))) == []
    return text["receivers"]["prometheus"]["config"]


def uncommented(file):
    return [line for line in file.read_text().splitlines() if not line.lstrip().startswith(("#", "//"))]


@FILES
def test_the_job_has_exactly_the_common_settings_and_its_targets(file):
    section = scrape_section(file)
    (job,) = section["scrape_configs"]
    interval = {name: value for name, value in section.get("global", {}).items() if name == "scrape_interval"}
    assert interval | job == COMMON | TARGETS[file]


@FILES
def test_promtool_accepts_the_example(file, tmp_path):
    section = scrape_section(file)
    # Debian's Prometheus is too old for it.
    section.get("global", {}).pop("extra_scrape_metrics", None)
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(section))
    (tmp_path / shipped.RULES.name).write_text(shipped.RULES.read_text())
    done = subprocess.run(
        [installed("promtool"), "check", "config", tmp_path / "prometheus.yml"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_many_projects_has_the_job_of_prometheus_http_sd():
    (job,) = yaml.safe_load(shipped.discovered(["localhost:10036"]))["scrape_configs"]
    (discovery,) = job["http_sd_configs"]
    del discovery["refresh_interval"]
    (example,) = scrape_section(SCRAPE / "prometheus-http-sd.yml")["scrape_configs"]
    assert example == job | {"scrape_timeout": "30s"}


def test_the_collector_adds_no_labels():
    text = yaml.safe_load((SCRAPE / "opentelemetry-collector.yaml").read_text())
    assert text.keys() == {"receivers", "exporters", "service"}
    assert text["service"]["pipelines"] == {
        "metrics": {"receivers": ["prometheus"], "exporters": ["prometheus_remote_write"]}
    }
    assert text["exporters"] == {
        "prometheus_remote_write": {
            "http": {"endpoint": "http://localhost:9090/api/v1/write"},
            "disable_scope_info": True,
            "target_info": {"enabled": False},
        }
    }


SCRAPE_CONFIGS = {
    "prometheus-operator.yaml": {"staticConfigs": [{"targets": ["exporter.example.com:10036"]}]},
    "prometheus-operator-http-sd.yaml": {
        "httpSDConfigs": [{"url": "http://exporter.example.com:10036/sd"}],
        "relabelings": [
            {
                "sourceLabels": ["__address__", "__param_project"],
                "separator": "/",
                "regex": "(.+/.+)",
                "targetLabel": "instance",
            }
        ],
    },
}


@pytest.mark.parametrize("name", SCRAPE_CONFIGS)
def test_the_object_for_the_operator_has_the_same_settings(name):
    """`tests/packaging/test_consumers.py` has the operator read it."""
    assert yaml.safe_load((SCRAPE / name).read_text()) == {
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "ScrapeConfig",
        "metadata": {"name": "metastudio-exporter", "labels": {"app.kubernetes.io/name": "metastudio-exporter"}},
        "spec": {
            "jobName": "metastudio-exporter",
            "scrapeInterval": "1m",
            "scrapeTimeout": "30s",
            "honorLabels": True,
            **SCRAPE_CONFIGS[name],
        },
    }


def test_the_command_of_the_readme_makes_a_prometheusrule_of_the_rules():
    (command,) = re.findall(r"```\n(\{\n.*?)```", README.read_text(), re.DOTALL)
    assert command.count("| kubectl apply -f -") == 1
    done = subprocess.run(
        ["sh", "-c", command.replace("| kubectl apply -f -", "")],
        cwd=shipped.ROOT, check=True, capture_output=True, text=True, timeout=60,
    )
    assert yaml.safe_load(done.stdout) == {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "metastudio-exporter"},
        "spec": yaml.safe_load(shipped.RULES.read_text()),
    }


def alloy_components():
    """The components of the example for Alloy, with the lines of each."""
    text = "\n".join(uncommented(SCRAPE / "metastudio.alloy"))
    return {
        f"{kind}.{label}": [line.strip() for line in body.splitlines() if line.strip()]
        for kind, label, body in re.findall(r'^([\w.]+) "(\w+)" \{\n(.*?)^\}$', text, re.MULTILINE | re.DOTALL)
    }


def arguments(lines):
    return dict(re.split(r" += +", line, maxsplit=1) for line in lines if "=" in line)


def test_the_example_for_alloy_has_the_same_settings():
    """Alloy itself has not read this file: no registry of packages has it."""
    components = alloy_components()
    assert list(components) == [
        "discovery.http.metastudio_exporter",
        "discovery.relabel.metastudio_exporter",
        "prometheus.scrape.metastudio_exporter",
        "prometheus.remote_write.metrics",
    ]
    http, relabel, scrape, remote_write = (arguments(lines) for lines in components.values())
    assert http == {"url": '"http://localhost:10036/sd"'}
    assert relabel == {
        "targets": "discovery.http.metastudio_exporter.targets",
        "source_labels": '["__address__", "__param_project"]',
        "separator": '"/"',
        "regex": '"(.+/.+)"',
        "target_label": '"instance"',
    }
    assert scrape == {
        "targets": "discovery.relabel.metastudio_exporter.output",
        "forward_to": "[prometheus.remote_write.metrics.receiver]",
        "job_name": '"metastudio-exporter"',
        "scrape_interval": '"1m"',
        "scrape_timeout": '"30s"',
        "honor_labels": "true",
        "extra_metrics": "true",
    }
    assert remote_write == {"url": '"http://localhost:9090/api/v1/write"'}


def test_the_example_for_alloy_has_nothing_outside_of_its_components():
    lines = [line.strip() for line in uncommented(SCRAPE / "metastudio.alloy") if line.strip()]
    components = alloy_components()
    assert len(lines) == sum(len(body) + 2 for body in components.values())
    assert all(body.count("}") == sum(line.endswith("{") for line in body) for body in components.values())


def test_the_readme_of_the_examples_names_every_file_once():
    rows = [row.split("|") for row in README.read_text().splitlines() if row.startswith("| ") and ".md" not in row]
    linked = {re.findall(r"\((.+)\)", row[2])[0] for row in rows[1:]}
    assert linked == {path.name for path in SCRAPE.iterdir() if path != README} | {"../prometheus/prometheus.yml"}
    for row in rows[1:]:
        (name,) = re.findall(r"\((.+)\)", row[2])
        assert f"deploy/{(SCRAPE / name).resolve().relative_to(shipped.DEPLOY)}" in row[3]
