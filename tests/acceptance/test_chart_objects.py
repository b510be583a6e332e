"""What the objects of the Helm chart contain, field by field."""

import json

import pytest
import yaml

import chart
from chart import CHART, NAME, NAMESPACE
from chart_cases import CASES, FILES, METADATA_SERVICE, PROJECT, PROMETHEUS
from conftest import REPOSITORY
from programs import installed, run_to_end

VERSION = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
IMAGE = "ghcr.io/metastudio-exporter/metastudio-exporter"
LABELS = {"app.kubernetes.io/name": "metastudio-exporter", "app.kubernetes.io/instance": "monitoring"}
JOB = {"action": "replace", "targetLabel": "job", "replacement": "metastudio-exporter"}
HEALTHCHECK = ["/bin/metastudio-exporter", "healthcheck"]


def rendered(name):
    return chart.render(CASES[name].values)


def container(objects):
    [found] = chart.pod(objects)["containers"]
    return found


def variables(objects):
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container(objects).get("env", [])}


def without(relabelings):
    """An endpoint of a monitor, as it is by default."""
    return {"port": "metrics", "path": "/metrics", "scheme": "http", "honorLabels": True, "relabelings": relabelings}


def test_one_pod_is_replaced_by_one_that_runs():
    objects = rendered("one project")
    deployment = objects["Deployment", NAME]["spec"]
    assert deployment["replicas"] == 1
    assert deployment["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    assert variables(objects) == {"METASTUDIO_REGION": "cn-north-4"}
    assert container(objects)["envFrom"] == [{"secretRef": {"name": "key"}}]
    assert container(objects)["image"] == f"{IMAGE}:{VERSION}"
    assert "args" not in container(objects)
    assert container(objects)["livenessProbe"] == {
        "exec": {"command": HEALTHCHECK},
        "periodSeconds": 30,
        "timeoutSeconds": 10,
    }
    assert container(objects)["readinessProbe"] == {
        "exec": {"command": HEALTHCHECK},
        "periodSeconds": 10,
        "timeoutSeconds": 10,
    }
    service = objects["Service", NAME]["spec"]
    assert service == {
        "type": "ClusterIP",
        "ports": [{"name": "metrics", "port": 10036, "targetPort": "metrics", "protocol": "TCP"}],
        "selector": LABELS,
    }


def test_the_file_is_reloaded():
    objects = rendered("a file")
    assert variables(objects) == {
        "METASTUDIO_EXPORTER_CONFIG_FILE": "/etc/metastudio-exporter/metastudio-exporter.yml",
        "METASTUDIO_EXPORTER_CONFIG_AUTO_RELOAD_INTERVAL": "30s",
    }
    mounts = {mount["mountPath"] for mount in container(objects)["volumeMounts"]}
    assert mounts == {"/etc/metastudio-exporter", "/run/secrets/production", "/run/secrets/customer.example"}
    config, *secrets = chart.pod(objects)["volumes"]
    assert config == {"name": "config", "configMap": {"name": f"{NAME}-config"}}
    # The files belong to root and the Pod's group, which may read them: 0440.
    assert [volume["secret"]["defaultMode"] for volume in secrets] == [288, 288]
    objects = rendered("an existing ConfigMap")
    assert variables(objects) == {"METASTUDIO_EXPORTER_CONFIG_FILE": "/etc/metastudio-exporter/own.yml"}
    assert not any(kind == "ConfigMap" for kind, _ in objects)


def test_each_shard_has_its_number():
    objects = rendered("shards")
    statefulset = objects["StatefulSet", NAME]["spec"]
    assert (statefulset["replicas"], statefulset["podManagementPolicy"]) == (3, "Parallel")
    assert statefulset["serviceName"] == f"{NAME}-headless"
    service = objects["Service", f"{NAME}-headless"]["spec"]
    assert (service["clusterIP"], service["selector"]) == ("None", LABELS)
    assert ("Deployment", NAME) not in objects
    found = variables(objects)
    assert found["METASTUDIO_EXPORTER_TOTAL_SHARDS"] == "3"
    path = "metadata.labels['apps.kubernetes.io/pod-index']"
    assert found["METASTUDIO_EXPORTER_SHARD"] == {"fieldRef": {"fieldPath": path}}


def test_monitors_name_the_job():
    monitor = rendered("ServiceMonitor")["ServiceMonitor", NAME]
    assert monitor["metadata"]["namespace"] == "monitoring"
    assert monitor["metadata"]["labels"]["release"] == "kube-prometheus-stack"
    assert monitor["spec"] == {
        "namespaceSelector": {"matchNames": [NAMESPACE]},
        "selector": {"matchLabels": LABELS},
        "endpoints": [
            without([JOB, {"targetLabel": "region", "replacement": "eu"}])
            | {
                "interval": "1m",
                "scrapeTimeout": "30s",
                "metricRelabelings": [{"action": "labeldrop", "regex": "asset_id"}],
            }
        ],
    }
    monitor = rendered("PodMonitor")["PodMonitor", NAME]
    assert monitor["spec"] == {
        "namespaceSelector": {"matchNames": [NAMESPACE]},
        "selector": {"matchLabels": LABELS},
        "podMetricsEndpoints": [without([JOB]) | {"honorLabels": False}],
    }
    monitor = chart.render(CASES["own names"].values | {"serviceMonitor": {"enabled": True}})
    assert monitor["ServiceMonitor", "studio-exporter"]["spec"]["endpoints"] == [without([JOB])]


def test_annotations_for_scrapes():
    annotations = chart.workload(rendered("scrape annotations"))["spec"]["template"]["metadata"]["annotations"]
    prefix = "prometheus.io"
    assert annotations == {
        f"{prefix}/scrape": "true",
        f"{prefix}/scheme": "http",
        f"{prefix}/path": "/metrics",
        f"{prefix}/port": "10036",
    }
    assert "annotations" not in chart.workload(rendered("one project"))["spec"]["template"]["metadata"]


def test_the_rules_are_the_shipped_ones(tmp_path):
    manifest = rendered("rules")["PrometheusRule", NAME]
    assert manifest["metadata"]["namespace"] == "rules"
    assert manifest["metadata"]["labels"]["release"] == "kube-prometheus-stack"
    file = REPOSITORY / "deploy" / "prometheus" / "metastudio.rules.yml"
    shipped = yaml.safe_load(file.read_text())
    base = "https://github.com/metastudio-exporter/metastudio-exporter/blob/main/deploy/prometheus/RUNBOOK.md"
    alerts = [rule for group in shipped["groups"] for rule in group["rules"] if "alert" in rule]
    for alert in alerts:
        assert alert["annotations"]["runbook_url"] == f"{base}#{alert['alert'].lower()}"
        alert["annotations"]["runbook_url"] = f"https://wiki.example.com/runbook#{alert['alert'].lower()}"
    assert manifest["spec"] == shipped
    assert len(alerts) == file.read_text().count("runbook_url")

    (tmp_path / "rules.yml").write_text(yaml.safe_dump(manifest["spec"]))
    checked = run_to_end([installed("promtool"), "check", "rules", "rules.yml"], tmp_path)
    assert checked.returncode == 0, checked.stderr


def test_the_dashboards_are_the_shipped_ones():
    objects = rendered("dashboards")
    for path in (REPOSITORY / "dashboards").glob("*.json"):
        name = path.stem.removeprefix("metastudio-")
        manifest = objects["ConfigMap", f"{NAME}-dashboard-{name}"]
        assert manifest["metadata"]["namespace"] == "grafana"
        assert manifest["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert manifest["metadata"]["annotations"] == {"grafana_folder": "MetaStudio"}
        assert manifest["data"].keys() == {path.name}
        assert json.loads(manifest["data"][path.name]) == json.loads(path.read_text())


def test_the_network_policy():
    policy = rendered("NetworkPolicy")["NetworkPolicy", NAME]["spec"]
    dns = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}
    https = {"ports": [{"port": 443, "protocol": "TCP"}]}
    metrics = [{"port": "metrics", "protocol": "TCP"}]
    assert policy == {
        "podSelector": {"matchLabels": LABELS},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"ports": metrics}],
        "egress": [dns, https],
    }
    objects = rendered("NetworkPolicy with peers")
    policy = objects["NetworkPolicy", NAME]["spec"]
    labels = LABELS | {"app.kubernetes.io/name": "metastudio-exporter-test"}
    assert objects["Pod", f"{NAME}-test"]["metadata"]["labels"] == labels
    assert policy["ingress"] == [{"ports": metrics, "from": [PROMETHEUS, {"podSelector": {"matchLabels": labels}}]}]
    assert policy["egress"] == [dns, https, METADATA_SERVICE]


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        ({}, {"maxUnavailable": 1}),
        ({"maxUnavailable": "25%"}, {"maxUnavailable": "25%"}),
        ({"minAvailable": 0}, {"minAvailable": 0}),
        ({"minAvailable": "50%"}, {"minAvailable": "50%"}),
    ],
)
def test_the_disruption_budget(budget, expected):
    objects = chart.render(PROJECT | {"podDisruptionBudget": {"enabled": True} | budget})
    assert objects["PodDisruptionBudget", NAME]["spec"] == expected | {"selector": {"matchLabels": LABELS}}


def test_the_token_of_the_service_account():
    objects = rendered("OIDC")
    assert variables(objects) == {
        "METASTUDIO_REGION": "cn-north-4",
        "HUAWEICLOUD_SDK_PROJECT_ID": "0123456789abcdef0123456789abcdef",
        "METASTUDIO_EXPORTER_PROJECT_COLLECTORS": "voice_training",
        "HUAWEICLOUD_OIDC_PROVIDER_URN": "iam::0123456789abcdef:oidc-provider:kubernetes",
        "HUAWEICLOUD_OIDC_AGENCY_URN": "iam::0123456789abcdef:agency:metastudio-exporter",
        "HUAWEICLOUD_OIDC_TOKEN_FILE": "/run/oidc/token",
    }
    token = {"path": "token", "audience": "sts.myhuaweicloud.com", "expirationSeconds": 3600}
    [volume] = chart.pod(objects)["volumes"]
    assert volume["projected"] == {"defaultMode": 288, "sources": [{"serviceAccountToken": token}]}
    [volume] = [entry for entry in chart.pod(rendered("OIDC in a file"))["volumes"] if entry["name"] == "oidc-token"]
    assert volume["projected"]["sources"] == [{"serviceAccountToken": token | {"audience": "iam"}}]


def test_names_and_images():
    objects = rendered("own names")
    assert objects.keys() == {
        ("ServiceAccount", "studio-exporter"),
        ("Service", "studio-exporter"),
        ("Deployment", "studio-exporter"),
        ("Pod", "studio-exporter-test"),
    }
    assert objects["Service", "studio-exporter"]["spec"]["selector"] == LABELS | {"app.kubernetes.io/name": "studio"}
    digest = f"sha256:{'0123456789abcdef' * 4}"
    objects = rendered("image by digest")
    assert container(objects)["image"] == f"swr.example.com:443/team/exporter@{digest}"
    assert chart.pod(objects)["imagePullSecrets"] == [{"name": "registry"}]
    both = chart.render(PROJECT | {"image": {"tag": "1.2.3", "digest": digest}})
    assert container(both)["image"] == f"{IMAGE}:1.2.3@{digest}"
    assert chart.pod(rendered("existing service account"))["serviceAccountName"] == "existing"
    assert chart.pod(chart.render(PROJECT | {"serviceAccount": {"create": False}}))["serviceAccountName"] == "default"
    objects = rendered("pod identity")
    assert chart.pod(objects)["serviceAccountName"] == "metastudio"
    assert objects["ServiceAccount", "metastudio"]["metadata"]["annotations"] == {"example.com/role": "reader"}


def test_the_remaining_values():
    objects = rendered("placed")
    placed = CASES["placed"].values
    pod = chart.pod(objects)
    fields = ("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints", "priorityClassName")
    assert {name: pod[name] for name in fields} == {name: placed[name] for name in fields}
    assert container(objects)["resources"] == placed["resources"]
    metadata = chart.workload(objects)["spec"]["template"]["metadata"]
    assert (metadata["labels"]["team"], metadata["annotations"]) == ("media", {"example.com/note": "yes"})

    [port] = rendered("NodePort")["Service", NAME]["spec"]["ports"]
    assert (port["port"], port["nodePort"]) == (80, 30036)
    assert {"livenessProbe", "readinessProbe"}.isdisjoint(container(rendered("no probes")))
    assert container(chart.render(FILES | {"extraArgs": ["--log.level=debug"]}))["args"] == ["--log.level=debug"]


def test_extra_objects_are_templates():
    objects = rendered("extra objects")
    assert objects["ConfigMap", "monitoring-object"]["data"] == {"service": NAME}
    assert ("ConfigMap", "monitoring-text") in objects
    assert variables(objects)["HTTPS_PROXY"] == "http://proxy.example.com:3128"
    mounts = [mount["mountPath"] for mount in container(objects)["volumeMounts"]]
    assert mounts == ["/etc/authorities"]
