"""The values of the Helm chart: their schema, their documentation, and those that are refused."""

import json
import os
import re

import pytest
import yaml

import chart
from chart import CHART, NAME, NAMESPACE
from chart_cases import CASES, FILES, PROJECT
from conftest import REPOSITORY
from programs import go_program, run_to_end

SCHEMA = CHART / "values.schema.json"
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
# Objects of Kubernetes, whose fields the API server checks.
OPEN = {"podSecurityContext", "securityContext", "livenessProbe", "readinessProbe", "strategy"}
BY_SCHEMA = "values don't meet the specifications of the schema(s) in the following chart(s):\nmetastudio-exporter:\n"
BY_TEMPLATE = "execution error at (metastudio-exporter/templates/deployment.yaml:1:4): "


def resolved(schema, root):
    """The schema that this one may refer to."""
    reference = schema.get("$ref")
    return root["definitions"][reference.rpartition("/")[2]] if reference else schema


def of_values(values, path=()):
    """The paths of all values that have a default of their own."""
    for name, value in values.items():
        if isinstance(value, dict) and value and name not in OPEN:
            yield from of_values(value, (*path, name))
        else:
            yield (*path, name)


def of_schema(schema, root, path=()):
    """The paths of all values in the schema."""
    for name, entry in schema["properties"].items():
        entry = resolved(entry, root)
        # The defaults of `config` and `resources` are empty.
        if "properties" in entry and (*path, name) not in [("config",), ("resources",)]:
            assert entry["additionalProperties"] is False, name
            yield from of_schema(entry, root, (*path, name))
        else:
            yield (*path, name)


def test_every_value_has_a_schema_and_every_schema_a_value():
    schema = json.loads(SCHEMA.read_text())
    assert schema["additionalProperties"] is False
    # Helm gives `global` to subcharts.
    assert set(of_schema(schema, schema)) - {("global",)} == set(of_values(VALUES))


def test_the_schema_has_that_of_the_exporters_file():
    exporters = json.loads((REPOSITORY / "deploy" / "metastudio-exporter.schema.json").read_text())
    del exporters["$schema"]
    # The default is no file. `_validate.tpl` says it if a file has no projects.
    assert exporters.pop("required") == ["projects"]
    schema = json.loads(SCHEMA.read_text())
    if os.environ.get("UPDATE_CHART"):
        schema["properties"]["config"] = exporters
        SCHEMA.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
    assert schema["properties"]["config"] == exporters


def test_the_readme_is_current(tmp_path):
    options = [f"--chart-search-root={CHART}", "--sort-values-order=file", "--log-level=warning", "--dry-run"]
    done = run_to_end([go_program("helm-docs"), *options], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    readme = CHART / "README.md"
    if os.environ.get("UPDATE_CHART"):
        readme.write_text(done.stdout)
    assert readme.read_text() == done.stdout

    rows = re.findall(r"^\| ([a-z][A-Za-z.]+) \| \w+ \| .+ \| (.*) \|$", readme.read_text(), re.MULTILINE)
    assert [name for name, _ in rows] == [".".join(path) for path in of_values(VALUES)]
    assert [name for name, description in rows if not description.endswith(".")] == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"serviceMonitr": {}}, "- at '': additional properties 'serviceMonitr' not allowed"),
        ({"image": {"tagg": "1"}}, "- at '/image': additional properties 'tagg' not allowed"),
        (
            {"image": {"digest": "sha256:0"}},
            "- at '/image/digest': 'sha256:0' does not match pattern '^(sha256:[0-9a-f]{64})?$'",
        ),
        ({"shards": 0}, "- at '/shards': minimum: got 0, want 1"),
        ({"shards": 1.5}, "- at '/shards': got number, want integer"),
        ({"service": {"port": 65536}}, "- at '/service/port': maximum: got 65,536, want 65,535"),
        ({"oidc": {"expirationSeconds": 599}}, "- at '/oidc/expirationSeconds': minimum: got 599, want 600"),
        ({"podMonitor": {"scheme": "HTTPS"}}, "- at '/podMonitor/scheme': value must be one of 'http', 'https'"),
        (
            {"serviceMonitor": {"interval": "1 minute"}},
            "- at '/serviceMonitor/interval': '1 minute' does not match pattern '^((0|[1-9][0-9]*)(ms|s|m|h))*$'",
        ),
        ({"secrets": ["key"]}, "- at '/secrets/0': got string, want object"),
        ({"secrets": [{"name": "key", "value": "s"}]}, "- at '/secrets/0': additional properties 'value' not allowed"),
        (
            {"podDisruptionBudget": {"maxUnavailable": "101%"}},
            "- at '/podDisruptionBudget/maxUnavailable': '101%' does not match pattern '^([0-9]|[1-9][0-9]|100)%$'",
        ),
        (
            {"config": {"projects": [{"region": "x", "projectId": "y"}]}},
            "- at '/config/projects/0': additional properties 'projectId' not allowed",
        ),
        ({"config": {"poll": {"interval": 300}}}, "- at '/config/poll/interval': got number, want string"),
    ],
)
def test_the_schema_refuses(values, message):
    assert chart.refusal({"demo": {"enabled": True}} | values) == BY_SCHEMA + message


def with_credentials(**credentials):
    return {"config": {"projects": [FILES["config"]["projects"][0], {"region": "x", "credentials": credentials}]}}


def inline(key, file):
    belongs = f"secrets do not belong in a ConfigMap; use {file} with a Secret in `secrets`"
    return f"config.projects[1].credentials.{key}: {belongs}"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {},
            "there is nothing to poll: set project.region and existingSecret, or config, or existingConfigMap; or "
            "demo.enabled=true to try the exporter without an account",
        ),
        (
            PROJECT | {"serviceMonitor": {"enabled": True}, "podMonitor": {"enabled": True}},
            "serviceMonitor.enabled and podMonitor.enabled: enable only one of them, otherwise Prometheus scrapes "
            "every exporter more than once",
        ),
        (
            PROJECT | {"podMonitor": {"enabled": True}, "scrapeAnnotations": {"enabled": True}},
            "podMonitor.enabled and scrapeAnnotations.enabled: enable only one of them, otherwise Prometheus scrapes "
            "every exporter more than once",
        ),
        (FILES | {"existingConfigMap": "own"}, "config and existingConfigMap: set only one of them"),
        (
            FILES | {"project": {"region": "cn-north-4"}},
            "project.region: config and existingConfigMap list the projects; set it there",
        ),
        ({"config": {"poll": {"interval": "5m"}}}, "config.projects: list at least one project"),
        (
            PROJECT | {"shards": 2},
            "shards: one project cannot be divided; list the projects in config or existingConfigMap",
        ),
        ({"demo": {"enabled": True}, "shards": 2}, "demo.enabled: the demo has no shards"),
        (
            PROJECT | {"oidc": {"enabled": True, "agencyUrn": "iam::0:agency:a"}},
            "oidc.providerUrn and oidc.agencyUrn: set both or none",
        ),
        (
            PROJECT | {"extraArgs": ["--log.level=debug", "--web.route-prefix=/metastudio"]},
            "extraArgs: --web.route-prefix is METASTUDIO_EXPORTER_WEB_ROUTE_PREFIX in extraEnv, or a value of its own; "
            "commands in the container do not know the arguments",
        ),
        (with_credentials(access_key={"ak": "a", "sk": "s"}), inline("access_key.sk", "sk_file")),
        (
            with_credentials(access_key={"ak": "a", "sk_file": "s", "security_token": "t"}),
            inline("access_key.security_token", "security_token_file"),
        ),
        (with_credentials(token={"value": "t"}), inline("token.value", "file")),
        (
            with_credentials(password={"domain": "d", "user": "u", "password": "p"}),
            inline("password.password", "password_file"),
        ),
    ],
)
def test_the_templates_refuse(values, message):
    assert chart.refusal(values) == BY_TEMPLATE + message


def test_versions_of_kubernetes():
    refused = chart.refusal(PROJECT, "--kube-version=1.24.17")
    assert refused == "chart requires kubeVersion: >=1.25.0-0 which is incompatible with Kubernetes v1.24.17"
    assert ("Deployment", NAME) in chart.render(PROJECT, "--kube-version=1.25.0")
    shards = CASES["shards"].values
    refused = chart.refusal(shards, "--kube-version=1.27.16")
    needs = "shards: more than one shard needs Kubernetes 1.28, which labels Pods with their ordinal"
    assert refused == BY_TEMPLATE + needs
    assert ("StatefulSet", NAME) in chart.render(shards, "--kube-version=1.28.0")


def test_the_notes_say_what_to_do_next():
    text = chart.notes(PROJECT)
    assert f"installed as deploy/{NAME}." in text
    assert f"The Pods wait for this Secret in the namespace {NAMESPACE}: key\n" in text
    assert f"kubectl --namespace {NAMESPACE} create secret generic key --from-env-file=FILE" in text
    assert f"kubectl --namespace {NAMESPACE} exec deploy/{NAME} -- metastudio-exporter check" in text
    assert f"kubectl --namespace {NAMESPACE} port-forward service/{NAME} 10036:10036" in text
    assert "http://localhost:10036/metrics" in text
    assert "Prometheus does not find it yet: set serviceMonitor.enabled=true" in text
    assert "prometheusRule.enabled=true installs them" in text

    text = chart.notes({"demo": {"enabled": True}})
    assert "It shows a simulated cloud" in text
    assert "Secret" not in text and "check" not in text

    text = chart.notes(CASES["everything in shards"].values)
    assert f"these Secrets in the namespace {NAMESPACE}: production, customer.example\n" in text
    assert f"exec statefulset/{NAME} -- metastudio-exporter check" in text
    assert f"port-forward {NAME}-0 10036:10036" in text
    assert "At most five Pods may use the same key" in text
    assert f"Prometheus finds it by the PodMonitor {NAMESPACE}/{NAME}" in text
    assert "prometheusRule" not in text

    assert "At most five" not in chart.notes(FILES | {"shards": 5})
    assert "https://localhost:10036/" in chart.notes(CASES["TLS and users"].values)
    assert "port-forward service/monitoring-metastudio-exporter 10036:80" in chart.notes(CASES["NodePort"].values)
