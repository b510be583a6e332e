"""Releases of the Helm chart in a cluster: what is installed, and what the control plane makes of it."""

import shutil

import yaml

import chart
from cluster import OLD_ETCD, PATIENCE
from programs import go_program, run_to_end, wait_until

# Where objects of the chart can be.
COLLECTIONS = (
    "/api/v1/configmaps",
    "/api/v1/pods",
    "/api/v1/secrets",
    "/api/v1/serviceaccounts",
    "/api/v1/services",
    "/apis/apps/v1/controllerrevisions",
    "/apis/apps/v1/deployments",
    "/apis/apps/v1/replicasets",
    "/apis/apps/v1/statefulsets",
    "/apis/discovery.k8s.io/v1/endpointslices",
    "/apis/monitoring.coreos.com/v1/podmonitors",
    "/apis/monitoring.coreos.com/v1/prometheusrules",
    "/apis/monitoring.coreos.com/v1/servicemonitors",
    "/apis/networking.k8s.io/v1/networkpolicies",
    "/apis/policy/v1/poddisruptionbudgets",
)


class Releases:
    """Helm for one cluster and one namespace."""

    WAIT = ("--wait", f"--timeout={PATIENCE}s")

    def __init__(self, cluster, directory, namespace):
        self._cluster, self._directory, self.namespace = cluster, directory, namespace

    def install(self, values, *flags, release=chart.RELEASE, chart_directory=chart.CHART):
        """Installs or upgrades a release, and waits for its Pods; returns what helm prints."""
        return self.done("upgrade", release, chart_directory, "--install", *self._values(values), *self.WAIT, *flags)

    def done(self, *arguments):
        """The output of a helm that succeeds."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def run(self, *arguments):
        options = (f"--kubeconfig={self._cluster.kubeconfig}", f"--namespace={self.namespace}")
        command = [go_program("helm"), *arguments, *options]
        return run_to_end(command, self._directory, OLD_ETCD, timeout=2 * PATIENCE)

    def _values(self, values):
        file = self._directory / "values.yaml"
        file.write_text(yaml.safe_dump(values))
        return (f"--values={file}",)

    def pods(self, release=chart.RELEASE):
        """The exporter's Pods that are not about to stop, by name."""
        labels = {"app.kubernetes.io/name": "metastudio-exporter", "app.kubernetes.io/instance": release}
        pods = self._cluster.list(f"/api/v1/namespaces/{self.namespace}/pods", **labels)
        return {name: pod for name, pod in pods.items() if "deletionTimestamp" not in pod["metadata"]}

    def endpoints(self, service):
        """The names of the Pods that a Service has."""
        path = f"/apis/discovery.k8s.io/v1/namespaces/{self.namespace}/endpointslices"
        slices = self._cluster.list(path, **{"kubernetes.io/service-name": service}).values()
        return {entry["targetRef"]["name"] for part in slices for entry in part.get("endpoints") or ()}

    def remaining(self):
        """All objects of the cluster that belong to the chart, or to Helm."""
        found = set()
        for collection in COLLECTIONS:
            for item in self._cluster.get(collection)["items"]:
                metadata = item["metadata"]
                of_release = "app.kubernetes.io/instance" in metadata.get("labels", {})
                if of_release or chart.NAME in metadata["name"] or metadata["name"].startswith("sh.helm.release"):
                    found.add((collection.rpartition("/")[2], metadata["name"]))
        return found

    def uninstall(self, release=chart.RELEASE):
        """Uninstalls a release; returns once nothing is left."""
        self.done("uninstall", release, *self.WAIT)
        wait_until(lambda: not self.remaining(), f"nothing is left, but there is {self.remaining()}", PATIENCE)


def next_version(directory):
    """A copy of the chart as its next version."""
    copy = directory / "next" / "metastudio-exporter"
    shutil.copytree(chart.CHART, copy, symlinks=False)
    file = copy / "Chart.yaml"
    metadata = yaml.safe_load(file.read_text())
    metadata["version"] = metadata["appVersion"] = "99.0.0"
    file.write_text(yaml.safe_dump(metadata))
    return copy
