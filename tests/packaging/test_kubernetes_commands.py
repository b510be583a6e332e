"""The commands of docs/ for Kubernetes, as they are written there, with kubectl and helm on a real API server.

No container runs there, so `kubectl exec` is left out.
"""

import re

import pytest

import documents
import shipped
from cluster import OLD_ETCD, PATIENCE, cluster
from programs import clean_environment, go_program, run_to_end, wait_until

REGISTRY = re.compile(r"oci://ghcr\.io/metastudio-exporter/charts/metastudio-exporter --version [\w.-]+")
NO_CONTAINER = re.compile(r"^kubectl .* exec .*\n", re.MULTILINE)
NAME = "metastudio-exporter"
NAMESPACE = "/api/v1/namespaces/metastudio"


@pytest.fixture(scope="module")
def kubernetes(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
def type_in(kubernetes, tmp_path):
    """Types commands in a directory; returns what they print. The namespace of the documents is deleted afterwards."""
    path = f"{go_program('helm').parent}:{clean_environment(tmp_path)['PATH']}"
    (tmp_path / "deploy").symlink_to(shipped.DEPLOY)
    environment = OLD_ETCD | {"PATH": path, "KUBECONFIG": str(kubernetes.kubeconfig)}

    def type_text(text):
        text = NO_CONTAINER.sub("", REGISTRY.sub("deploy/helm/metastudio-exporter", text))
        done = run_to_end(["bash", "-ec", text], tmp_path, environment, timeout=2 * PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    yield type_text
    assert kubernetes.ask("DELETE", NAMESPACE)[0] == 200
    wait_until(lambda: kubernetes.ask("GET", NAMESPACE)[0] == 404, "the namespace is deleted", PATIENCE)


def wait_for_one_pod(kubernetes):
    pods = lambda: kubernetes.list(f"{NAMESPACE}/pods", **{"app.kubernetes.io/name": NAME}).values()
    wait_until(lambda: [is_ready(pod) for pod in pods()] == [True], "one Pod is ready", PATIENCE)
    (pod,) = pods()
    return pod


def is_ready(pod):
    conditions = {entry["type"]: entry["status"] for entry in pod["status"].get("conditions", ())}
    return conditions.get("Ready") == "True"


def monitors_and_rules(kubernetes):
    group = "/apis/monitoring.coreos.com/v1/namespaces/metastudio"
    return [list(kubernetes.list(f"{group}/{plural}")) for plural in ("servicemonitors", "prometheusrules")]


def test_one_project(kubernetes, type_in, tmp_path):
    (commands,) = documents.slow_commands("docs/installing.md", "Kubernetes")
    (tmp_path / "FILE").write_text("HUAWEICLOUD_SDK_AK=the-key\nHUAWEICLOUD_SDK_SK=its-secret\n")
    type_in(commands)
    pod = wait_for_one_pod(kubernetes)
    assert pod["spec"]["containers"][0]["envFrom"] == [{"secretRef": {"name": "metastudio-key"}}]
    secret = kubernetes.get(f"{NAMESPACE}/secrets/metastudio-key")["data"]
    assert secret.keys() == {"HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"}
    assert monitors_and_rules(kubernetes) == [[NAME], [NAME]]


def test_many_projects(kubernetes, type_in, tmp_path):
    """The files are those of the page; its other blocks make the values of them."""
    page = documents.read("docs/many-projects.md")
    for name, text in page.files().items():
        (tmp_path / name).write_text(text)
    for block in page.below("Kubernetes"):
        if block.needs:
            for secret in re.findall(r"--from-file=([\w/]+)", block.text):
                (tmp_path / secret).parent.mkdir(exist_ok=True)
                (tmp_path / secret).write_text("a-secret")
            type_in(block.text)
    pod = wait_for_one_pod(kubernetes)
    names = {volume["secret"]["secretName"] for volume in pod["spec"]["volumes"] if "secret" in volume}
    assert names == {"retail", "studio", "partner"}
    assert monitors_and_rules(kubernetes) == [[NAME], [NAME]]
