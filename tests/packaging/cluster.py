"""A Kubernetes cluster on loopback: etcd, a real API server with its controllers and scheduler, and nodes by kwok."""

import ssl
import subprocess
from contextlib import ExitStack, contextmanager

import requests
import yaml

from kubernetes_schemas import CUSTOM, OPERATOR, module
from programs import free_port, go_program, installed, running, wait_until

TOKEN = "token-of-the-test"
NODE = "node-0"
PATIENCE = 120
# Lists as streams need a newer etcd than Debian's.
OLD_ETCD = {"KUBE_FEATURE_WatchListClient": "false"}


class Cluster:
    """The API of a running cluster."""

    def __init__(self, directory, address):
        self._address, self._authority = address, directory / "certificates" / "apiserver.crt"
        self.kubeconfig = directory / "kubeconfig"
        context = {"name": "test", "context": {"cluster": "test", "user": "test"}}
        server = {"server": address, "certificate-authority": str(self._authority)}
        self.kubeconfig.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "test", "cluster": server}],
                    "users": [{"name": "test", "user": {"token": TOKEN}}],
                    "contexts": [context],
                    "current-context": "test",
                }
            )
        )
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {TOKEN}"

    def ask(self, method, path, body=None, content_type="application/json"):
        """The status and the object of a response."""
        headers = {"Content-Type": content_type}
        response = self._session.request(
            method, f"{self._address}{path}", json=body, headers=headers, verify=str(self._authority), timeout=PATIENCE
        )
        return response.status_code, response.json()

    def get(self, path):
        status, found = self.ask("GET", path)
        assert status == 200, found
        return found

    def list(self, path, **labels):
        """The objects of a collection with these labels, by name."""
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        items = self.get(f"{path}?labelSelector={selector}")["items"]
        return {item["metadata"]["name"]: item for item in items}

    def create(self, path, manifest):
        status, created = self.ask("POST", path, manifest)
        assert status == 201, created

    def is_healthy(self):
        try:
            return self.ask_text("/readyz") == "ok"
        except (requests.RequestException, OSError, ssl.SSLError):
            return False

    def ask_text(self, path):
        return self._session.get(f"{self._address}{path}", verify=str(self._authority), timeout=5).text


@contextmanager
def cluster(directory):
    """Starts everything, and stops it. The cluster has one node and the resources of the Prometheus Operator."""
    key = directory / "service-accounts.key"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    (directory / "tokens.csv").write_text(f'{TOKEN},test,test,"system:masters"\n')
    with ExitStack() as programs:
        start = lambda *command: programs.enter_context(running(command, OLD_ETCD, directory))
        etcd = f"http://127.0.0.1:{free_port()}"
        start(
            *(installed("etcd"), f"--data-dir={directory / 'etcd'}", "--unsafe-no-fsync"),
            *(f"--listen-client-urls={etcd}", f"--advertise-client-urls={etcd}"),
            *(f"--listen-peer-urls=http://127.0.0.1:{free_port()}",),
        )
        port = free_port()
        server = start(
            *(go_program("kubernetes"), "kube-apiserver", f"--etcd-servers={etcd}"),
            *("--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--secure-port={port}"),
            *(f"--cert-dir={directory / 'certificates'}", f"--token-auth-file={directory / 'tokens.csv'}"),
            *("--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24", "--endpoint-reconciler-type=none"),
            *("--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={key}"),
            *(f"--service-account-signing-key-file={key}", "--feature-gates=WatchList=false"),
        )
        found = Cluster(directory, f"https://127.0.0.1:{port}")
        server.wait_until(found.is_healthy, "the API server is healthy", PATIENCE)
        options = (f"--kubeconfig={found.kubeconfig}", "--leader-elect=false", "--secure-port=0")
        start(
            *(go_program("kubernetes"), "kube-controller-manager", *options),
            *(f"--service-account-private-key-file={key}", "--concurrent-gc-syncs=4"),
        )
        start(go_program("kubernetes"), "kube-scheduler", *options)
        _add_resources(found)
        _add_node(found)
        stages = [f"--config={stage}" for stage in _stages()]
        start(
            *(go_program("kwok"), f"--kubeconfig={found.kubeconfig}", "--manage-all-nodes=true"),
            *("--node-lease-duration-seconds=40", *stages),
        )
        node = f"/api/v1/nodes/{NODE}"
        wait_until(lambda: _condition(found.get(node), "Ready"), "the node is ready", PATIENCE)
        yield found


def _stages():
    """kwok's own descriptions of what happens to nodes and Pods: they become ready at once, and are deleted."""
    programs = go_program("kwok").parents[1]
    [version] = [path.name for path in programs.glob("kwok@*")]
    stages = module(programs, f"sigs.k8s.io/{version}") / "kustomize" / "stage"
    yield from (stages / "pod" / "fast").glob("pod-*.yaml")
    yield stages / "node" / "fast" / "node-initialize.yaml"
    yield stages / "node" / "heartbeat-with-lease" / "node-heartbeat-with-lease.yaml"


def _add_resources(found):
    """The ServiceMonitor, PodMonitor and PrometheusRule of the operator."""
    source = module(go_program("kwok").parents[1], OPERATOR)
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    for plural in CUSTOM:
        file = f"monitoring.coreos.com_{plural}.yaml"
        found.create(definitions, yaml.safe_load((source / "example" / "prometheus-operator-crd" / file).read_text()))
    for plural in CUSTOM:
        path = f"{definitions}/{plural}.monitoring.coreos.com"
        wait_until(lambda: _condition(found.get(path), "Established"), f"{plural} are established", PATIENCE)


def _add_node(found):
    size = {"cpu": "8", "memory": "32Gi", "pods": "110"}
    labels = {"kubernetes.io/arch": "arm64", "kubernetes.io/hostname": NODE, "topology.kubernetes.io/zone": "zone-1"}
    found.create(
        "/api/v1/nodes",
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": NODE, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
            "status": {"allocatable": size, "capacity": size},
        },
    )


def _condition(manifest, name):
    conditions = manifest.get("status", {}).get("conditions") or ()
    return any(entry["type"] == name and entry["status"] == "True" for entry in conditions)


def create_namespace(found, name, labels=()):
    """A namespace, once its service account `default` exists."""
    metadata = {"name": name, "labels": dict(labels)}
    found.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    accounts = f"/api/v1/namespaces/{name}/serviceaccounts"
    wait_until(lambda: "default" in found.list(accounts), f"{name} has a service account", PATIENCE)
