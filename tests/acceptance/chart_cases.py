"""Values of the Helm chart in combinations that matter, with the Secrets that exist in each."""

from dataclasses import dataclass, field

import chart

PROJECT = {"project": {"region": "cn-north-4"}, "existingSecret": "key"}
KEY = {"key": {"HUAWEICLOUD_SDK_AK": "access-key-of-a-test", "HUAWEICLOUD_SDK_SK": "secret-key-of-a-test"}}
FILES = {
    "config": {
        "poll": {"interval": "10m", "requests_per_second": 0.5},
        "projects": [
            {
                "name": "production",
                "region": "cn-north-4",
                "credentials": {
                    "access_key": {
                        "ak_file": "/run/secrets/production/ak",
                        "sk_file": "/run/secrets/production/sk",
                    }
                },
                "user_quotas": {"max_users": 1000000, "exclude": ["test-.*"]},
            },
            {
                "name": "customer",
                "region": "cn-east-3",
                "project_id": "0123456789abcdef0123456789abcdef",
                "credentials": {
                    "password": {
                        "domain": "customer",
                        "user": "exporter",
                        "password_file": "/run/secrets/customer.example/password",
                    }
                },
            },
        ],
    },
    "secrets": [
        {"name": "production", "items": [{"key": "access", "path": "ak"}, {"key": "secret", "path": "sk"}]},
        {"name": "customer.example"},
    ],
}
FILES_SECRETS = {
    "production": {"access": "access-key-of-a-test", "secret": "secret-key-of-a-test", "other": "not mounted"},
    "customer.example": {"password": "password-of-a-test"},
}
OWN = "projects: [{name: own, region: cn-north-4, credentials: {agency: {}}}]\n"
OIDC = {
    "provider_urn": "iam::0123456789abcdef:oidc-provider:kubernetes",
    "agency_urn": "iam::0123456789abcdef:agency:metastudio-exporter",
    "token_file": "/run/oidc/token",
}
PROMETHEUS = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
METADATA_SERVICE = {"to": [{"ipBlock": {"cidr": "169.254.169.254/32"}}], "ports": [{"port": 80, "protocol": "TCP"}]}
RULES = {
    "enabled": True,
    "namespace": "rules",
    "additionalLabels": {"release": "kube-prometheus-stack"},
    "runbookUrl": "https://wiki.example.com/runbook",
}
DASHBOARDS = {"enabled": True, "namespace": "grafana", "annotations": {"grafana_folder": "MetaStudio"}}
EXTRA = {
    "extraArgs": ["--log.format=json"],
    "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy.example.com:3128"}],
    "extraVolumes": [{"name": "authorities", "configMap": {"name": "authorities"}}],
    "extraVolumeMounts": [{"name": "authorities", "mountPath": "/etc/authorities", "readOnly": True}],
    "extraManifests": [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "{{ .Release.Name }}-object"},
            "data": {"service": '{{ include "metastudio-exporter.serviceName" . }}'},
        },
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-text\n",
    ],
}
PLACED = {
    "nodeSelector": {"kubernetes.io/arch": "arm64"},
    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
    "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway"}
    ],
    "priorityClassName": "monitoring",
    "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
    "podLabels": {"team": "media"},
    "podAnnotations": {"example.com/note": "yes"},
}
OBJECTS_OF_ALL = {
    "networkPolicy": {"enabled": True, "from": [PROMETHEUS], "extraEgress": [METADATA_SERVICE]},
    "podDisruptionBudget": {"enabled": True},
    "prometheusRule": RULES,
    "dashboards": DASHBOARDS,
}
WEB_SECRET = {"web": {"web.yml": "basic_auth_users: {}\n"}}


@dataclass
class Case:
    """Values, the number of projects, and the contents of the Secrets and ConfigMaps that they name."""

    values: dict
    projects: int = 1
    secrets: dict = field(default_factory=lambda: KEY)
    config_maps: dict = field(default_factory=dict)


CASES = {
    "one project": Case(PROJECT),
    "demo": Case({"demo": {"enabled": True}}, projects=0),
    "a file": Case(FILES, projects=2, secrets=FILES_SECRETS),
    "an existing ConfigMap": Case(
        {"existingConfigMap": "own", "configMapKey": "own.yml", "reloadInterval": ""},
        config_maps={"own": {"own.yml": OWN}},
    ),
    "shards": Case(FILES | {"shards": 3}, projects=2, secrets=FILES_SECRETS),
    "ServiceMonitor": Case(
        PROJECT
        | {
            "serviceMonitor": {
                "enabled": True,
                "namespace": "monitoring",
                "additionalLabels": {"release": "kube-prometheus-stack"},
                "interval": "1m",
                "scrapeTimeout": "30s",
                "relabelings": [{"targetLabel": "region", "replacement": "eu"}],
                "metricRelabelings": [{"action": "labeldrop", "regex": "asset_id"}],
            }
        }
    ),
    "ServiceMonitor of shards": Case(
        FILES | {"shards": 2, "serviceMonitor": {"enabled": True}}, projects=2, secrets=FILES_SECRETS
    ),
    "PodMonitor": Case(PROJECT | {"podMonitor": {"enabled": True, "honorLabels": False}}),
    "scrape annotations": Case(PROJECT | {"scrapeAnnotations": {"enabled": True}}),
    "rules": Case(PROJECT | {"prometheusRule": RULES}),
    "dashboards": Case(PROJECT | {"dashboards": DASHBOARDS}),
    "NetworkPolicy": Case(PROJECT | {"networkPolicy": {"enabled": True}}),
    "NetworkPolicy with peers": Case(PROJECT | {"networkPolicy": OBJECTS_OF_ALL["networkPolicy"]}),
    "PodDisruptionBudget": Case(PROJECT | {"podDisruptionBudget": {"enabled": True, "minAvailable": "50%"}}),
    "TLS and users": Case(
        PROJECT
        | {
            "webConfig": {"existingSecret": "web"},
            "serviceMonitor": {
                "enabled": True,
                "scheme": "https",
                "tlsConfig": {"ca": {"secret": {"name": "web", "key": "ca.crt"}}, "serverName": "metastudio"},
                "basicAuth": {
                    "username": {"name": "scrape", "key": "user"},
                    "password": {"name": "scrape", "key": "password"},
                },
            },
        },
        secrets=KEY | WEB_SECRET,
    ),
    "OIDC": Case(
        {
            "project": {
                "region": "cn-north-4",
                "id": "0123456789abcdef0123456789abcdef",
                "collectors": ["voice_training"],
            },
            "oidc": {"enabled": True, "providerUrn": OIDC["provider_urn"], "agencyUrn": OIDC["agency_urn"]},
        },
        secrets={},
    ),
    "OIDC in a file": Case(
        {
            "config": {"projects": [{"region": "cn-north-4", "credentials": {"oidc": OIDC}}]},
            "oidc": {"enabled": True, "audience": "iam"},
        },
        secrets={},
    ),
    "pod identity": Case(
        {
            "config": {"projects": [{"region": "cn-north-4", "credentials": {"pod_identity": {}}}]},
            "serviceAccount": {"name": "metastudio", "annotations": {"example.com/role": "reader"}},
            # CCE injects these.
            "extraEnv": [
                {"name": "HC_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.23.45/v1/credentials"},
                {"name": "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE", "value": "/run/secrets/pod-token"},
            ],
        },
        secrets={},
    ),
    "agency": Case(
        {
            "project": {"region": "cn-north-4", "endpoint": "https://metastudio.example.com"},
            "networkPolicy": {"enabled": True, "extraEgress": [METADATA_SERVICE]},
        },
        secrets={},
    ),
    "image by digest": Case(
        PROJECT
        | {
            "image": {"repository": "swr.example.com:443/team/exporter", "digest": f"sha256:{'0123456789abcdef' * 4}"},
            "imagePullSecrets": [{"name": "registry"}],
        }
    ),
    "own names": Case(PROJECT | {"nameOverride": "studio", "fullnameOverride": "studio-exporter"}),
    "existing service account": Case(PROJECT | {"serviceAccount": {"create": False, "name": "existing"}}),
    "NodePort": Case(PROJECT | {"service": {"type": "NodePort", "port": 80, "nodePort": 30036}}),
    "no probes": Case(PROJECT | {"livenessProbe": None, "readinessProbe": None}),
    "placed": Case(PROJECT | PLACED),
    "extra objects": Case(PROJECT | EXTRA, config_maps={"authorities": {"ca.crt": ""}}),
    "everything": Case(
        FILES | PLACED | EXTRA | OBJECTS_OF_ALL
        | {"serviceMonitor": {"enabled": True}, "webConfig": {"existingSecret": "web"}, "existingSecret": "key"},
        projects=2,
        secrets=FILES_SECRETS | KEY | WEB_SECRET,
        config_maps={"authorities": {"ca.crt": ""}},
    ),
    "everything in shards": Case(
        FILES | PLACED | EXTRA | OBJECTS_OF_ALL
        | {"shards": 6, "podMonitor": {"enabled": True}, "oidc": {"enabled": True}},
        projects=2,
        secrets=FILES_SECRETS,
        config_maps={"authorities": {"ca.crt": ""}},
    ),
}

HEAD = """\
# What the Helm chart renders

`tests/acceptance/test_chart.py` compares this file with the chart, and checks each combination: kubeconform with the
schemas of Kubernetes and of the Prometheus Operator, and the exporter with the rendered files and variables.
`UPDATE_CHART=1` writes it; review the difference. [chart_cases.py](acceptance/chart_cases.py) has the values. The
release is `monitoring` in the namespace `metastudio`; `*` stands for `monitoring-metastudio-exporter`. The Pod is that of
`helm test`.

| combination | values that differ from the defaults | objects |
|---|---|---|
"""


def report(rendered):
    """The text for the objects of each case."""
    rows = []
    for name, found in rendered.items():
        names = ", ".join(f"`{key}`" for key in sorted(CASES[name].values))
        rows.append(f"| {name} | {names} | {', '.join(_object(manifest) for manifest in found.values())} |\n")
    return HEAD + "".join(rows)


def _object(manifest):
    metadata = manifest["metadata"]
    namespace = metadata.get("namespace", chart.NAMESPACE)
    name = metadata["name"].replace(chart.NAME, "*")
    return f"{manifest['kind']} `{name}`" + (f" in {namespace}" if namespace != chart.NAMESPACE else "")
