"""Renders the Helm chart, and builds from it what a container has: arguments, variables and files."""

import json
import tempfile
from pathlib import Path

import yaml

from programs import REPOSITORY, go_program, run_to_end

CHART = REPOSITORY / "deploy" / "helm" / "metastudio-exporter"
RELEASE = "monitoring"
NAMESPACE = "metastudio"
NAME = f"{RELEASE}-metastudio-exporter"


def helm(*arguments, directory=None):
    """Runs helm to its end."""
    with tempfile.TemporaryDirectory() as home:
        return run_to_end([go_program("helm"), *arguments], directory or home, {"HOME": home})


def template(values, *flags, release=RELEASE):
    """Renders the chart with these values; returns the finished program."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "values.yaml"
        file.write_text(yaml.safe_dump(values))
        command = ["template", release, CHART, f"--namespace={NAMESPACE}", f"--values={file}"]
        return helm(*command, *flags)


def render(values, *flags, release=RELEASE):
    """The objects of a release by kind and name, in the order of installation."""
    done = template(values, *flags, release=release)
    assert done.returncode == 0, done.stderr
    return objects(done.stdout)


def objects(text):
    """The objects of a text by kind and name."""
    found = {}
    for manifest in yaml.safe_load_all(text):
        if manifest:
            name = (manifest["kind"], manifest["metadata"]["name"])
            assert name not in found, f"{name} twice"
            found[name] = manifest
    return found


def refusal(values, *flags):
    """Why the chart refuses these values."""
    done = template(values, *flags)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr.partition("Error: ")[2].partition("\n\n")[0].strip()


def notes(values):
    """What `helm install` says, without an API server. It does not see any Secret."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "values.yaml"
        file.write_text(yaml.safe_dump(values))
        options = [f"--namespace={NAMESPACE}", f"--values={file}", "--dry-run=client"]
        done = helm("install", RELEASE, CHART, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\nNOTES:\n")[1]


def problems(manifests):
    """What kubeconform finds in these objects, and how many it knows."""
    schemas = go_program("kubeconform").parents[1] / "schemas" / "{{.ResourceKind}}{{.KindSuffix}}.json"
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "objects.yaml"
        file.write_text(yaml.safe_dump_all(manifests))
        options = ["-strict", "-summary", "-output=json", f"-schema-location={schemas}"]
        report = json.loads(run_to_end([go_program("kubeconform"), *options, file], directory).stdout)
    return [resource["msg"] for resource in report["resources"]], report["summary"]["valid"]


def workload(rendered):
    """The Deployment or StatefulSet."""
    [found] = [manifest for (kind, _), manifest in rendered.items() if kind in ("Deployment", "StatefulSet")]
    return found


def pod(rendered):
    """The specification of the exporter's Pods."""
    return workload(rendered)["spec"]["template"]["spec"]


class Container:
    """The exporter's container, with its files below a directory instead of the root."""

    def __init__(self, rendered, root, secrets, config_maps=None):
        """`secrets` and `config_maps` have the contents of those that are not rendered, by name and key."""
        self._root, self._pod = root, pod(rendered)
        [self._container] = self._pod["containers"]
        rendered_maps = {
            name: manifest.get("data", {}) for (kind, name), manifest in rendered.items() if kind == "ConfigMap"
        }
        self._secrets, self._config_maps = secrets, rendered_maps | (config_maps or {})
        self._mounts = {mount["mountPath"]: mount["name"] for mount in self._container.get("volumeMounts", [])}
        for path, volume in self._mounts.items():
            self._write(Path(f"{root}{path}"), self._contents(volume))

    @property
    def arguments(self):
        return [self._in_root(argument) for argument in self._container.get("args", [])]

    @property
    def environment(self):
        """The variables of the first Pod."""
        environment = {}
        for source in self._container.get("envFrom", []):
            environment |= self._secrets[source["secretRef"]["name"]]
        for variable in self._container.get("env", []):
            environment[variable["name"]] = self._in_root(variable["value"]) if "value" in variable else "0"
        return environment

    def probe(self, name):
        """The arguments of the command of a probe."""
        program, *arguments = self._container[name]["exec"]["command"]
        assert program == "/bin/metastudio-exporter"
        return arguments

    def _contents(self, volume):
        [volume] = [entry for entry in self._pod["volumes"] if entry["name"] == volume]
        if "configMap" in volume:
            return self._config_maps[volume["configMap"]["name"]]
        if "secret" in volume:
            contents = self._secrets[volume["secret"]["secretName"]]
            items = volume["secret"].get("items") or [{"key": key, "path": key} for key in contents]
            return {item["path"]: contents[item["key"]] for item in items}
        return {source["serviceAccountToken"]["path"]: "token" for source in volume["projected"]["sources"]}

    def _write(self, directory, contents):
        directory.mkdir(parents=True)
        for name, text in contents.items():
            (directory / name).write_text(self._in_root(text))

    def _in_root(self, text):
        for path in self._mounts:
            text = text.replace(f"{path}/", f"{self._root}{path}/")
        return text
