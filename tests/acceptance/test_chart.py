"""The Helm chart in all combinations of `chart_cases.py`: what Kubernetes and the exporter say about them."""

import functools
import os
import re
import tarfile

import pytest
import yaml

import chart
import shipped
from chart import CHART, NAMESPACE
from chart_cases import CASES, report
from conftest import REPOSITORY
from programs import run_to_end

TABLE = REPOSITORY / "tests" / "CHART.md"
ALL = pytest.mark.parametrize("name", CASES)


@functools.cache
def rendered(name):
    """The objects of a case, by kind and name."""
    return chart.render(CASES[name].values)


def test_helm_has_no_complaint():
    linted = chart.helm("lint", "--strict", CHART)
    assert (linted.returncode, "1 chart(s) linted, 0 chart(s) failed" in linted.stdout) == (0, True), linted.stdout


def test_the_version_is_that_of_the_exporter():
    of_chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (of_chart["version"], of_chart["appVersion"]) == (shipped.VERSION, shipped.VERSION)


@ALL
def test_kubernetes_knows_every_field(name):
    manifests = rendered(name).values()
    assert chart.problems(manifests) == ([], len(manifests))


def test_kubeconform_finds_wrong_fields():
    objects = chart.render(CASES["PodMonitor"].values)
    monitor = objects["PodMonitor", chart.NAME]["spec"]
    monitor["podMetricEndpoints"] = monitor.pop("podMetricsEndpoints")
    [port] = chart.pod(objects)["containers"][0]["ports"]
    port["containerPort"] = "10036"
    messages, _ = chart.problems(objects.values())
    assert len(messages) == 2
    assert any("additional properties 'podMetricEndpoints' not allowed" in message for message in messages)
    assert any("/ports/0/containerPort': got string, want integer" in message for message in messages)


@ALL
def test_the_exporter_accepts_the_settings(binary, tmp_path, name):
    case = CASES[name]
    container = chart.Container(rendered(name), tmp_path / "root", case.secrets, case.config_maps)
    if name == "demo":
        assert (container.arguments, container.environment) == (["demo"], {})
        return
    checked = run_to_end([binary, *container.arguments, "--config.check"], tmp_path, container.environment)
    config = container.environment.get("METASTUDIO_EXPORTER_CONFIG_FILE", "the environment")
    projects = "1 project" if case.projects == 1 else f"{case.projects} projects"
    good = [f"{config}: good, {projects}"]
    if web_config := container.environment.get("METASTUDIO_EXPORTER_WEB_CONFIG_FILE"):
        good.append(f"{web_config}: good")
    assert (checked.returncode, checked.stdout.splitlines(), checked.stderr) == (0, good, "")


def test_the_table_is_current():
    text = report({name: rendered(name) for name in CASES})
    if os.environ.get("UPDATE_CHART"):
        TABLE.write_text(text)
    assert TABLE.read_text() == text


@ALL
def test_all_objects_have_labels_and_a_namespace(name):
    expected = {
        "app.kubernetes.io/instance": "monitoring",
        "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/version": yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"],
    }
    for (kind, object_name), manifest in rendered(name).items():
        if object_name in ("monitoring-object", "monitoring-text"):
            continue
        metadata = manifest["metadata"]
        assert "namespace" in metadata, (kind, object_name)
        assert len(object_name) <= 63
        if kind != "Pod":
            assert expected.items() <= metadata["labels"].items(), (kind, object_name)


@ALL
def test_selectors_select_the_pods_and_not_the_test(name):
    objects = rendered(name)
    workload = chart.workload(objects)
    labels = workload["spec"]["template"]["metadata"]["labels"]
    selectors = [workload["spec"]["selector"]["matchLabels"]]
    services = [manifest for (kind, _), manifest in objects.items() if kind == "Service"]
    selectors += [service["spec"]["selector"] for service in services]
    for (kind, _), manifest in objects.items():
        if kind in ("NetworkPolicy", "PodDisruptionBudget", "PodMonitor"):
            selectors.append((manifest["spec"].get("podSelector") or manifest["spec"]["selector"])["matchLabels"])
    [test] = [manifest for (kind, _), manifest in objects.items() if kind == "Pod"]
    for selector in selectors:
        assert selector.items() <= labels.items()
        assert not selector.items() <= test["metadata"]["labels"].items()
    for (kind, _), manifest in objects.items():
        if kind == "ServiceMonitor":
            [service] = services
            assert manifest["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()


@ALL
def test_the_pods_have_few_rights(name):
    objects = rendered(name)
    [test] = [manifest for (kind, _), manifest in objects.items() if kind == "Pod"]
    for pod in chart.pod(objects), test["spec"]:
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "runAsGroup": 65532,
            "fsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        [container] = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@ALL
def test_mounts_are_whole_volumes(name):
    """A file that is mounted by `subPath` never changes."""
    pod = chart.pod(rendered(name))
    [container] = pod["containers"]
    mounts = container.get("volumeMounts", [])
    assert sorted(mount["name"] for mount in mounts) == sorted(volume["name"] for volume in pod.get("volumes", []))
    assert not any("subPath" in mount for mount in mounts)
    assert all(mount["readOnly"] for mount in mounts)


def test_the_archive_has_the_contents_of_the_links(tmp_path):
    packaged = chart.helm("package", CHART, f"--destination={tmp_path}")
    assert packaged.returncode == 0, packaged.stderr
    [archive] = tmp_path.iterdir()
    with tarfile.open(archive) as tar:
        members = {member.name.removeprefix("metastudio-exporter/"): member for member in tar.getmembers()}
        assert all(member.isfile() for member in members.values())
        for path in [CHART / "files" / "metastudio.rules.yml", *(CHART / "files" / "dashboards").iterdir()]:
            assert path.is_symlink()
            member = members[str(path.relative_to(CHART))]
            assert tar.extractfile(member).read() == path.read_bytes()
    assert {"Chart.yaml", "values.yaml", "values.schema.json", "README.md", "templates/NOTES.txt"} <= members.keys()
    assert "README.md.gotmpl" not in members
    # A release, with the chart and the rendered objects, is a Secret of at most 1 MiB.
    assert archive.stat().st_size < 200_000


def test_all_dashboards_are_linked():
    links = {path.name: path.resolve() for path in (CHART / "files" / "dashboards").iterdir()}
    assert links == {path.name: path for path in (REPOSITORY / "dashboards").glob("*.json")}
    rules = CHART / "files" / "metastudio.rules.yml"
    assert rules.resolve() == REPOSITORY / "deploy" / "prometheus" / "metastudio.rules.yml"


def test_a_changed_configuration_does_not_replace_the_pods():
    values = CASES["a file"].values
    changed = values | {"config": {"projects": [values["config"]["projects"][0]]}}
    before, after = rendered("a file"), chart.render(changed)
    assert chart.workload(before) == chart.workload(after)
    name = ("ConfigMap", f"{chart.NAME}-config")
    assert before[name] != after[name]
    config = yaml.safe_load(before[name]["data"]["metastudio-exporter.yml"])
    assert config == values["config"]


@pytest.mark.parametrize("release", ["metastudio-exporter", "x" * 53])
def test_names_fit(release):
    values = CASES["dashboards"].values | CASES["shards"].values | {"project": {}, "existingSecret": ""}
    names = [name for _, name in chart.render(values, release=release)]
    assert max(map(len, names)) <= 63
    assert all(re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", name) for name in names)
    if release == "metastudio-exporter":
        assert ("StatefulSet", "metastudio-exporter") in chart.render(values, release=release)


def test_the_namespace_is_that_of_the_release():
    for name in ("one project", "a file", "shards"):
        assert {manifest["metadata"]["namespace"] for manifest in rendered(name).values()} == {NAMESPACE}
