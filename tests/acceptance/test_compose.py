"""deploy/compose: as Compose's own parser reads it, and as Prometheus and Grafana will."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

import shipped
from conftest import REPOSITORY
from programs import go_program, installed

COMPOSE = REPOSITORY / "deploy" / "compose"
SHIPPED = REPOSITORY / "deploy" / "prometheus"
SERVICES = ["alertmanager", "exporter", "grafana", "prometheus"]


def parsed(file):
    command = [go_program("compose"), "-format=json", str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=file.parent)


@pytest.fixture(scope="module")
def services():
    done = parsed(COMPOSE / "compose.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)["services"]


def test_the_parser_refuses_a_key_that_does_not_exist(tmp_path):
    text = (COMPOSE / "compose.yaml").read_text()
    (tmp_path / "compose.yaml").write_text(text.replace("read_only:", "readonly:"))
    done = parsed(tmp_path / "compose.yaml")
    assert done.returncode == 1 and "services.exporter.readonly" in done.stderr, done.stderr


def test_every_image_has_a_version(services):
    images = {name: service["image"] for name, service in services.items()}
    assert images == {
        "exporter": f"ghcr.io/metastudio-exporter/metastudio-exporter:{shipped.VERSION}",
        "prometheus": "docker.io/prom/prometheus:v3.16.0",
        "alertmanager": "docker.io/prom/alertmanager:v0.35.0",
        "grafana": "docker.io/grafana/grafana:13.2.3",
    }


def test_every_port_is_open_to_this_machine_only(services):
    ports = {name: [(port["host_ip"], port["published"]) for port in services[name]["ports"]] for name in SERVICES}
    assert ports == {
        "alertmanager": [("127.0.0.1", "9093")],
        "exporter": [("127.0.0.1", "10036")],
        "grafana": [("127.0.0.1", "3000")],
        "prometheus": [("127.0.0.1", "9090")],
    }


def test_the_exporter_has_no_rights_and_runs_the_demo(services):
    exporter = services["exporter"]
    assert exporter["command"] == "demo"
    assert (exporter["read_only"], exporter["cap_drop"]) == (True, ["ALL"])
    assert exporter["security_opt"] == ["no-new-privileges:true"]
    assert "volumes" not in exporter


def test_every_mounted_file_is_there_and_read_only(services):
    mounts = [mount for service in services.values() for mount in service.get("volumes", []) if mount["type"] == "bind"]
    assert len(mounts) == 6
    for mount in mounts:
        assert Path(mount["source"]).exists(), mount
        assert mount["read_only"], mount


def test_the_example_for_an_account_has_no_secret_and_is_complete_with_a_key(binary):
    lines = [line for line in (COMPOSE / "example.env").read_text().splitlines() if "=" in line and line[0] != "#"]
    variables = dict(line.split("=", maxsplit=1) for line in lines)
    assert [name for name, value in variables.items() if not value] == ["HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"]
    variables |= {"HUAWEICLOUD_SDK_AK": "ak", "HUAWEICLOUD_SDK_SK": "sk"}
    arguments = variables.pop("EXPORTER_ARGUMENTS").split()
    done = subprocess.run([binary, *arguments, "--config.check"], env=variables, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    # A wrong name would not be noticed above.
    known = subprocess.run([binary, "--help"], capture_output=True, text=True, timeout=60).stdout
    assert "[env: METASTUDIO_EXPORTER_PROJECT_COLLECTORS=]" in known
    assert variables["METASTUDIO_EXPORTER_PROJECT_COLLECTORS"].count(",") == 2


def test_prometheus_reads_its_configuration(tmp_path):
    for file in (COMPOSE / "prometheus.yml", SHIPPED / "metastudio.rules.yml"):
        (tmp_path / file.name).write_text(file.read_text())
    command = [installed("promtool"), "check", "config", str(tmp_path / "prometheus.yml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_prometheus_differs_from_the_shipped_configuration_in_addresses_and_times():
    text = (SHIPPED / "prometheus.yml").read_text()
    for old, new in [
        ("localhost:9093", "alertmanager:9093"),
        ("localhost:10036", "exporter:10036"),
        ("scrape_interval: 1m", "scrape_interval: 15s"),
        ("scrape_timeout: 30s", "scrape_timeout: 15s"),
    ]:
        assert text.count(old) == 1
        text = text.replace(old, new)
    assert yaml.safe_load((COMPOSE / "prometheus.yml").read_text()) == yaml.safe_load(text)


def test_grafana_finds_prometheus_and_the_dashboards(services):
    grafana = services["grafana"]
    mounts = {mount["target"]: Path(mount["source"]) for mount in grafana["volumes"] if mount["type"] == "bind"}
    source, = yaml.safe_load((COMPOSE / "grafana" / "datasources.yml").read_text())["datasources"]
    assert (source["type"], source["url"], source["isDefault"]) == ("prometheus", "http://prometheus:9090", True)
    provider, = yaml.safe_load((COMPOSE / "grafana" / "dashboards.yml").read_text())["providers"]
    dashboards = mounts[provider["options"]["path"]]
    assert len(list(dashboards.glob("*.json"))) == 4
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (mounts[str(home.parent)] / home.name).is_file()
    assert not [name for name in grafana["environment"] if "PASSWORD" in name]
