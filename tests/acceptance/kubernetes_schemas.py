"""Makes JSON Schemas for kubeconform from Kubernetes' own OpenAPI document and the CRDs of the Prometheus Operator.

Usage: kubernetes_schemas.py DIRECTORY, the directory of `go-programs.sh`. The schemas are in DIRECTORY/schemas. They
are stricter than the API server: fields that are not known are errors, and so is null.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

KUBERNETES = "k8s.io/kubernetes@v1.37.2"
OPERATOR = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
# What the chart has, and a Pod.
KINDS = {
    "ConfigMap": "api.core.v1",
    "Deployment": "api.apps.v1",
    "NetworkPolicy": "api.networking.v1",
    "Pod": "api.core.v1",
    "PodDisruptionBudget": "api.policy.v1",
    "Service": "api.core.v1",
    "ServiceAccount": "api.core.v1",
    "StatefulSet": "api.apps.v1",
}
CUSTOM = ("servicemonitors", "podmonitors", "prometheusrules")
REFERENCE = "#/definitions/"
# Their type in the document is string.
NUMBERS_TOO = ("io.k8s.apimachinery.pkg.util.intstr.IntOrString", "io.k8s.apimachinery.pkg.api.resource.Quantity")


def make(programs):
    """Makes the schemas, unless those of these versions are there."""
    directory = programs / "schemas"
    made = directory / "made"
    versions = f"{KUBERNETES}\n{OPERATOR}\n{Path(__file__).read_text()}"
    if made.is_file() and made.read_text() == versions:
        return
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    schemas = of_kubernetes(module(programs, KUBERNETES)) | of_operator(module(programs, OPERATOR))
    for name, schema in schemas.items():
        (directory / f"{name}.json").write_text(json.dumps(schema))
    made.write_text(versions)


def module(programs, name):
    """The directory with the files of a Go module, which is downloaded if it is not there."""
    go = programs / "python" / "go"
    path = programs / "path"
    environment = {"GOROOT": go, "GOPATH": path, "GOMODCACHE": path / "pkg" / "mod", "GOCACHE": programs / "cache"}
    settings = {"GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "-modcacherw"}
    done = subprocess.run(
        [go / "bin" / "go", "mod", "download", "-json", name],
        env=os.environ | {key: str(value) for key, value in environment.items()} | settings,
        cwd=programs,
        stdout=subprocess.PIPE,
        check=True,
    )
    return Path(json.loads(done.stdout)["Dir"])


def of_kubernetes(source):
    """A schema for each of `KINDS`, with all definitions that it needs."""
    document = json.loads((source / "api" / "openapi-spec" / "swagger.json").read_text())
    definitions = {name: strict(definition) for name, definition in document["definitions"].items()}
    for name in NUMBERS_TOO:
        definitions[name] = {"type": ["string", "integer", "number"]}
    return dict(
        (file_name(kind, group.split(".")[1:]), with_definitions(f"io.k8s.{group}.{kind}", definitions))
        for kind, group in KINDS.items()
    )


def of_operator(source):
    """A schema for each of `CUSTOM`."""
    schemas = {}
    for plural in CUSTOM:
        file = source / "example" / "prometheus-operator-crd" / f"monitoring.coreos.com_{plural}.yaml"
        definition = yaml.safe_load(file.read_text())["spec"]
        [version] = [version for version in definition["versions"] if version["name"] == "v1"]
        schema = strict(version["schema"]["openAPIV3Schema"])
        # Kubernetes adds the fields of the metadata.
        schema["properties"]["metadata"] = {"type": "object"}
        schemas[file_name(definition["names"]["kind"], ["monitoring.coreos.com", "v1"])] = schema
    return schemas


def file_name(kind, group):
    """The name by which kubeconform finds the schema: KIND-GROUP-VERSION, without a group for the core's."""
    group, version = group
    return "-".join(part for part in (kind.lower(), "" if group == "core" else group.split(".")[0], version) if part)


def strict(schema):
    """The schema without unknown fields."""
    if isinstance(schema, list):
        return [strict(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and not schema.get("x-kubernetes-preserve-unknown-fields"):
        schema.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        schema.pop("type", None)
    return schema


def with_definitions(name, definitions):
    """A schema that refers to `name`, with the definitions that this needs."""
    needed, waiting = {}, [name]
    while waiting:
        name_of_next = waiting.pop()
        if name_of_next not in needed:
            needed[name_of_next] = definitions[name_of_next]
            waiting += references(definitions[name_of_next])
    return {"$ref": REFERENCE + name, "definitions": needed}


def references(schema):
    if isinstance(schema, list):
        return [name for entry in schema for name in references(entry)]
    if not isinstance(schema, dict):
        return []
    if isinstance(schema.get("$ref"), str):
        return [schema["$ref"].removeprefix(REFERENCE)]
    return [name for value in schema.values() for name in references(value)]


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve())
