"""docs/many-projects.md on Kubernetes: its values, its Secrets and the chart make an exporter with all its projects."""

import re

import pytest
import yaml

import chart
import documents
from programs import run_to_end


@pytest.fixture
def page():
    return documents.read("docs/many-projects.md")


def secrets(page):
    """The Secrets that the page's commands create, by name and key."""
    (commands,) = documents.slow_commands(page.path, "Kubernetes")
    created = re.findall(r"create secret generic (\S+) (.+)$", commands, re.MULTILINE)
    return {name: dict.fromkeys(re.findall(r"--from-file=\w+/(\w+)", files), "secret") for name, files in created}


@pytest.mark.parametrize("shards", [1, 3])
def test_the_chart_accepts_the_values_and_the_exporter_its_configuration(page, binary, tmp_path, shards):
    projects = yaml.safe_load(page.files()["exporter.yml"])
    values = {"config": projects, "shards": shards} | yaml.safe_load(page.files()["values.yaml"])
    rendered = chart.render(values, release="metastudio-exporter")
    container = chart.Container(rendered, tmp_path / "root", secrets(page))

    done = run_to_end([binary, *container.arguments, "--config.check"], tmp_path, container.environment)

    path = f"{tmp_path}/root/etc/metastudio-exporter/metastudio-exporter.yml"
    assert (done.returncode, done.stdout) == (0, f"{path}: good, {len(projects['projects'])} projects\n"), done.stderr
    assert chart.workload(rendered)["metadata"]["name"] == "metastudio-exporter"
    assert chart.workload(rendered)["kind"] == ("Deployment" if shards == 1 else "StatefulSet")


def test_each_secret_of_the_values_is_created(page):
    names = [entry["name"] for entry in yaml.safe_load(page.files()["values.yaml"])["secrets"]]
    assert names == list(secrets(page)) == ["retail", "studio", "partner"]
