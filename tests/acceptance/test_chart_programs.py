"""The exporter, its probes and a Prometheus, run with what the Helm chart renders."""

import re
import socket

import pytest
import yaml

import certificates
import chart
import loopback
from chart_cases import CASES, KEY, PROJECT
from programs import free_port, run_to_end
from prometheus import Prometheus

ADDRESS = "METASTUDIO_EXPORTER_WEB_LISTEN_ADDRESS"
# No password has this hash.
USERS = f"basic_auth_users: {{admin: $2y$04${'a' * 53}}}"


class Pod:
    """A running exporter with the arguments, variables and files of the chart's Pod, on a port of its own."""

    def __init__(self, start, binary, directory, objects, secrets):
        self._binary, self._directory, self._objects = binary, directory, objects
        self._container = chart.Container(objects, directory / "root", secrets)
        self.address = f"127.0.0.1:{free_port()}"
        self._environment = self._container.environment | {ADDRESS: self.address}
        self.program = start([binary, *self._container.arguments], self._environment)
        self.program.wait_until(lambda: "listening" in self.program.stderr, "the exporter listens")

    def probe(self, name):
        """Exit code and output of a probe."""
        done = run_to_end([self._binary, *self._container.probe(name)], self._directory, self._environment)
        return done.returncode, done.stdout

    def helm_test(self):
        """Exit code and output of the Pod of `helm test`, for which the name of the Service is this exporter."""
        [test] = [manifest for (kind, _), manifest in self._objects.items() if kind == "Pod"]
        [container] = test["spec"]["containers"]
        service = f"--web.listen-address={chart.NAME}:10036"
        assert service in container["args"]
        arguments = [f"--web.listen-address={self.address}" if it == service else it for it in container["args"]]
        variables = {entry["name"]: entry["value"] for entry in container.get("env", [])}
        done = run_to_end([self._binary, *arguments], self._directory, variables)
        return done.returncode, done.stdout


@pytest.fixture
def run_pod(start, binary, tmp_path):
    return lambda objects, secrets: Pod(start, binary, tmp_path, objects, secrets)


def test_the_demo_shows_two_projects(run_pod):
    pod = run_pod(chart.render(CASES["demo"].values), {})
    pod.program.wait_until(lambda: loopback.returns_200(f"http://{pod.address}/-/ready"), "all projects are polled")
    metrics = loopback.get(f"http://{pod.address}/metrics").text
    assert len(set(re.findall(r'metastudio_project_info\{project="([^"]+)"', metrics))) == 2
    healthy = (0, f"http://{pod.address}/-/healthy responds 200 OK\n")
    assert pod.probe("livenessProbe") == pod.probe("readinessProbe") == pod.helm_test() == healthy
    pod.program.kill()
    assert pod.probe("livenessProbe")[0] == pod.probe("readinessProbe")[0] == pod.helm_test()[0] == 1


def test_probes_need_no_users_and_no_certificates(run_pod, tmp_path):
    authority = certificates.Authority(tmp_path / "authority", "ca")
    server = authority.sign("server", certificates.SERVER)
    clients = "client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.crt"
    web = {
        "web.yml": f"tls_server_config: {{cert_file: server.crt, key_file: server.key, {clients}}}\n{USERS}\n",
        "server.crt": server.certificate.read_text(),
        "server.key": server.key.read_text(),
        "ca.crt": authority.certificate.read_text(),
    }
    pod = run_pod(chart.render(CASES["TLS and users"].values), KEY | {"web": web})
    refused = f"https://{pod.address}/-/healthy refuses a client without a certificate"
    for code, output in pod.probe("livenessProbe"), pod.probe("readinessProbe"), pod.helm_test():
        assert (code, output.startswith(refused)) == (0, True), output


def test_probes_know_the_variables(run_pod):
    path = [{"name": "METASTUDIO_EXPORTER_WEB_ROUTE_PREFIX", "value": "/metastudio"}]
    pod = run_pod(chart.render(PROJECT | {"extraEnv": path}), KEY)
    healthy = (0, f"http://{pod.address}/metastudio/-/healthy responds 200 OK\n")
    assert pod.probe("livenessProbe") == pod.probe("readinessProbe") == pod.helm_test() == healthy


def test_a_project_that_does_not_respond_does_not_take_the_pod_from_the_service(run_pod):
    """Readiness is not `/-/ready`: Prometheus would not scrape the Pod."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        project = {"region": "cn-north-4", "id": "0" * 32, "endpoint": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        pod = run_pod(chart.render(PROJECT | {"project": project}), KEY)
        assert loopback.get(f"http://{pod.address}/-/ready").status == 503
        assert pod.probe("readinessProbe") == (0, f"http://{pod.address}/-/healthy responds 200 OK\n")


@pytest.mark.parametrize(("kind", "value"), [("ServiceMonitor", "serviceMonitor"), ("PodMonitor", "podMonitor")])
def test_prometheus_gets_the_job_and_the_project(run_pod, start, tmp_path, kind, value):
    """The job that the rules select, and the exporter's own label `project`, as the monitors say."""
    objects = chart.render(CASES["demo"].values | {value: {"enabled": True}})
    pod = run_pod(objects, {})
    spec = objects[kind, chart.NAME]["spec"]
    [endpoint] = spec.get("endpoints") or spec["podMetricsEndpoints"]
    [relabeling] = endpoint["relabelings"]
    scrape = {
        # The operator's name for the job.
        "job_name": f"{value}/metastudio/{chart.NAME}/0",
        "scrape_interval": "1s",
        "honor_labels": endpoint["honorLabels"],
        "metrics_path": endpoint["path"],
        "scheme": endpoint["scheme"],
        "static_configs": [{"targets": [pod.address], "labels": {"project": "of-the-target"}}],
        "relabel_configs": [{"target_label": relabeling.pop("targetLabel"), **relabeling}],
    }
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump({"scrape_configs": [scrape]}))
    prometheus = Prometheus(start, file, tmp_path / "data")
    up = 'up{job="metastudio-exporter"} == 1'
    prometheus.program.wait_until(lambda: prometheus.query_rows(up), "Prometheus scrapes the exporter")
    info = 'count by (job) (metastudio_project_info{project!="of-the-target"})'
    prometheus.program.wait_until(lambda: prometheus.query_rows(info), "the projects are polled")
    [row] = prometheus.query_rows(info)
    assert (row["metric"], row["value"][1]) == ({"job": "metastudio-exporter"}, "2")
    assert prometheus.query_rows('metastudio_project_info{project="of-the-target"}') == []
