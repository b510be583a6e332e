"""The Helm chart on a real API server with its controllers: installed, upgraded, rolled back, tested and uninstalled.

The nodes are kwok's: Pods are admitted, scheduled and become ready, but no container runs.
"""

import base64
import threading

import pytest
import yaml

import chart
from chart import NAME, NAMESPACE
from chart_cases import CASES, FILES, PROJECT
from cluster import PATIENCE, cluster, create_namespace
from programs import wait_until
from releases import Releases, next_version

VERSION = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())["appVersion"]
IMAGE = "ghcr.io/metastudio-exporter/metastudio-exporter"
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
FEW = FILES | {"config": {"projects": FILES["config"]["projects"][:1]}, "secrets": FILES["secrets"][:1]}


@pytest.fixture(scope="module")
def kubernetes(tmp_path_factory):
    """A cluster with the namespaces and the priority class that the cases name."""
    with cluster(tmp_path_factory.mktemp("cluster")) as running:
        create_namespace(running, NAMESPACE, RESTRICTED)
        for name in ("monitoring", "rules", "grafana"):
            create_namespace(running, name)
        priority = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "monitoring"}}
        running.create("/apis/scheduling.k8s.io/v1/priorityclasses", priority | {"value": 1000})
        yield running


@pytest.fixture
def releases(kubernetes, tmp_path):
    return Releases(kubernetes, tmp_path, NAMESPACE)


@pytest.fixture
def secrets(kubernetes):
    """Creates the Secrets of a case; deletes them at the end."""
    path = f"/api/v1/namespaces/{NAMESPACE}/secrets"
    created = []

    def create(contents):
        for name, text in contents.items():
            manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": text}
            kubernetes.create(path, manifest)
            created.append(name)

    yield create
    for name in created:
        assert kubernetes.ask("DELETE", f"{path}/{name}")[0] == 200


def images(pods):
    return {container["image"] for pod in pods.values() for container in pod["spec"]["containers"]}


def wait_for_endpoints(releases, service):
    """A controller adds and removes them a moment after the Pods have changed."""
    wait_until(
        lambda: releases.endpoints(service) == releases.pods().keys(), f"{service} has exactly the Pods", PATIENCE
    )


def are_ready(pods):
    conditions = [entry for pod in pods.values() for entry in pod["status"]["conditions"] if entry["type"] == "Ready"]
    return bool(pods) and all(entry["status"] == "True" for entry in conditions)


def test_a_pod_with_more_rights_is_refused(kubernetes):
    """Otherwise, the tests below would not show that the chart's Pods have few."""
    [test] = [manifest for (kind, _), manifest in chart.render(PROJECT).items() if kind == "Pod"]
    path = f"/api/v1/namespaces/{NAMESPACE}/pods?dryRun=All"
    assert kubernetes.ask("POST", path, test)[0] == 201
    test["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    status, answer = kubernetes.ask("POST", path, test)
    assert status == 403
    assert 'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false' in answer["message"]


@pytest.mark.parametrize("name", CASES)
def test_the_api_server_accepts(kubernetes, name):
    """Its validation knows more than the schemas of kubeconform."""
    for (kind, object_name), manifest in chart.render(CASES[name].values).items():
        if kind == "Service" and "nodePort" in manifest["spec"]["ports"][0]:
            manifest["spec"]["ports"][0].pop("nodePort")
        group, plural = manifest["apiVersion"], f"{kind.lower()}s".replace("policys", "policies")
        namespace = manifest["metadata"].get("namespace", NAMESPACE)
        root = "/api" if group == "v1" else "/apis"
        path = f"{root}/{group}/namespaces/{namespace}/{plural}?dryRun=All&fieldValidation=Strict"
        status, answer = kubernetes.ask("POST", path, manifest)
        assert status == 201, (kind, object_name, answer)


def test_the_notes_name_only_missing_secrets(releases, secrets):
    secrets({"production": CASES["a file"].secrets["production"]})
    output = releases.install(FILES)
    assert f"The Pods wait for this Secret in the namespace {NAMESPACE}: customer.example\n" in output
    secrets({"customer.example": CASES["a file"].secrets["customer.example"]})
    assert "wait for" not in releases.install(FILES)
    releases.uninstall()


def test_a_deployment(kubernetes, releases, secrets, tmp_path):
    secrets(CASES["everything"].secrets)
    values = CASES["everything"].values
    releases.install(values)
    [pod] = releases.pods().values()
    assert (images(releases.pods()), are_ready(releases.pods())) == ({f"{IMAGE}:{VERSION}"}, True)
    assert pod["spec"]["priority"] == 1000
    wait_for_endpoints(releases, NAME)
    record = kubernetes.get(f"/api/v1/namespaces/{NAMESPACE}/secrets/sh.helm.release.v1.monitoring.v1")
    # The API server allows 1 MiB.
    assert len(base64.b64decode(record["data"]["release"])) < 400_000

    # A changed configuration is reloaded by the same Pod.
    before = releases.pods().keys()
    releases.install(values | {"config": FEW["config"]})
    assert releases.pods().keys() == before
    config = kubernetes.get(f"/api/v1/namespaces/{NAMESPACE}/configmaps/{NAME}-config")["data"]
    assert yaml.safe_load(config["metastudio-exporter.yml"]) == FEW["config"]

    changed = values | {"service": {"port": 9000}, "dashboards": {"enabled": False}, "podLabels": {"team": "other"}}
    releases.install(changed, chart_directory=next_version(tmp_path))
    wait_until(lambda: images(releases.pods()) == {f"{IMAGE}:99.0.0"}, "only the new Pod is left", PATIENCE)
    assert are_ready(releases.pods()) and releases.pods().keys().isdisjoint(before)
    assert kubernetes.get(f"/api/v1/namespaces/{NAMESPACE}/services/{NAME}")["spec"]["ports"][0]["port"] == 9000
    assert kubernetes.list("/api/v1/namespaces/grafana/configmaps", grafana_dashboard=1) == {}

    releases.done("rollback", chart.RELEASE, "1", *releases.WAIT)
    wait_until(lambda: images(releases.pods()) == {f"{IMAGE}:{VERSION}"}, "only the old Pod is left", PATIENCE)
    assert are_ready(releases.pods())
    assert kubernetes.get(f"/api/v1/namespaces/{NAMESPACE}/services/{NAME}")["spec"]["ports"][0]["port"] == 10036
    assert len(kubernetes.list("/api/v1/namespaces/grafana/configmaps", grafana_dashboard=1)) == 4
    config = kubernetes.get(f"/api/v1/namespaces/{NAMESPACE}/configmaps/{NAME}-config")["data"]
    assert yaml.safe_load(config["metastudio-exporter.yml"]) == FILES["config"]
    releases.uninstall()
    assert kubernetes.get(f"/api/v1/namespaces/{NAMESPACE}/secrets/production")["data"].keys() == {
        *CASES["a file"].secrets["production"]
    }


def test_a_statefulset(kubernetes, releases, secrets, tmp_path):
    secrets(CASES["everything in shards"].secrets)
    values = CASES["everything in shards"].values | {"shards": 3}
    releases.install(values)
    assert list(releases.pods()) == [f"{NAME}-0", f"{NAME}-1", f"{NAME}-2"]
    assert are_ready(releases.pods())
    # The variable METASTUDIO_EXPORTER_SHARD is this label.
    numbers = [pod["metadata"]["labels"]["apps.kubernetes.io/pod-index"] for pod in releases.pods().values()]
    assert numbers == ["0", "1", "2"]
    wait_for_endpoints(releases, f"{NAME}-headless")

    releases.install(values | {"shards": 2}, chart_directory=next_version(tmp_path))
    wait_until(lambda: len(releases.pods()) == 2, "the last Pod has stopped", PATIENCE)
    assert (images(releases.pods()), are_ready(releases.pods())) == ({f"{IMAGE}:99.0.0"}, True)
    releases.done("rollback", chart.RELEASE, "1", *releases.WAIT)
    assert (images(releases.pods()), are_ready(releases.pods())) == ({f"{IMAGE}:{VERSION}"}, True)
    assert len(releases.pods()) == 3
    releases.uninstall()


def test_from_one_pod_to_shards_and_back(kubernetes, releases, secrets):
    secrets(CASES["a file"].secrets)
    releases.install(FILES)
    releases.install(FILES | {"shards": 2})
    wait_until(lambda: list(releases.pods()) == [f"{NAME}-0", f"{NAME}-1"], "only the shards are left", PATIENCE)
    wait_for_endpoints(releases, f"{NAME}-headless")
    releases.install(FILES)
    wait_until(lambda: len(releases.pods()) == 1, "one Pod is left", PATIENCE)
    wait_for_endpoints(releases, NAME)
    releases.uninstall()


@pytest.mark.parametrize(("phase", "code"), [("Succeeded", 0), ("Failed", 1)])
def test_helm_test_waits_for_its_pod(kubernetes, releases, phase, code):
    releases.install({"demo": {"enabled": True}})
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/{NAME}-test"
    results = []
    test = ("test", chart.RELEASE, f"--timeout={PATIENCE}s")
    helm = threading.Thread(target=lambda: results.append(releases.run(*test)))
    helm.start()
    wait_until(lambda: kubernetes.ask("GET", path)[0] == 200, "helm creates the Pod", PATIENCE)
    patch = {"status": {"phase": phase}}
    assert kubernetes.ask("PATCH", f"{path}/status", patch, "application/merge-patch+json")[0] == 200
    helm.join(2 * PATIENCE)
    [done] = results
    assert done.returncode == code, done.stderr + done.stdout
    kubernetes.ask("DELETE", path)
    releases.uninstall()
