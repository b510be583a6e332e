"""The workflows of GitHub: known keys and expressions, pinned actions, limits, few permissions, and existing targets."""

import os
import re
import subprocess

import pytest
import yaml

from conftest import REPOSITORY
from programs import go_program

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").iterdir())
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
# All rights to write. A job without a row reads the repository, or nothing.
WRITES = {
    "release.yml: image": {"packages"},
    "release.yml: image-index": {"attestations", "id-token", "packages"},
    "release.yml: chart": {"packages"},
    "release.yml: release": {"attestations", "contents", "id-token"},
}
# A push of these jobs is seen by users.
PUBLISH = ["image", "image-index", "chart", "release"]


def load(workflow):
    return yaml.safe_load(workflow.read_text())


def jobs():
    """Each job with the name of its file and its own."""
    return {f"{file.name}: {name}": job for file in WORKFLOWS for name, job in load(file)["jobs"].items()}


def lint(workflow):
    command = [go_program("actionlint"), "-no-color", "-shellcheck=", "-pyflakes=", workflow]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_the_workflows():
    assert [workflow.name for workflow in WORKFLOWS] == ["packaging.yml", "release.yml", "test.yml"]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_actionlint_has_no_complaint(workflow):
    linted = lint(workflow)
    assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", "")


def test_actionlint_finds_a_mistake(tmp_path):
    release = (REPOSITORY / ".github" / "workflows" / "release.yml").read_text()
    (tmp_path / "release.yml").write_text(release.replace("needs.version.outputs.version", "needs.version.outputs.versoin"))
    linted = lint(tmp_path / "release.yml")
    assert linted.returncode == 1
    assert 'property "versoin" is not defined in object type {version: string}' in linted.stdout


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_actions_are_pinned_by_their_commits(workflow):
    used = re.findall(r"\buses: *(.*)", workflow.read_text())
    assert used
    for action in used:
        local = re.fullmatch(r"\./(\.github/workflows/.*\.yml)", action)
        assert PINNED.fullmatch(action) or (local and (REPOSITORY / local[1]).is_file()), action


def test_an_action_has_one_version():
    used = {line for workflow in WORKFLOWS for line in re.findall(r"\buses: *(.*@.*)", workflow.read_text())}
    names = [line.partition("@")[0] for line in used]
    assert sorted(names) == sorted(set(names))


def test_images_are_pinned():
    images = [job["container"]["image"] for job in jobs().values() if "container" in job]
    assert set(images) == {"rust:1.95.0-bookworm"}
    runners = re.findall(r"ubuntu-[\w.-]+", "".join(workflow.read_text() for workflow in WORKFLOWS))
    assert set(runners) == {"ubuntu-24.04", "ubuntu-24.04-arm"}


def test_every_job_ends():
    """A job that calls a workflow has the limits of that workflow's jobs."""
    for name, job in jobs().items():
        assert 1 <= job["timeout-minutes"] <= 120 if "steps" in job else "uses" in job, name


def test_jobs_have_the_rights_that_they_need():
    for workflow in WORKFLOWS:
        assert load(workflow)["permissions"] == {}, workflow.name
    writes = {}
    for name, job in jobs().items():
        assert set(job["permissions"].values()) <= {"read", "write"}, name
        writes[name] = {right for right, value in job["permissions"].items() if value == "write"}
        assert job["permissions"].get("contents") != "write" or name == "release.yml: release"
    assert {name: rights for name, rights in writes.items() if rights} == WRITES


def test_checkouts_keep_no_credentials():
    for name, job in jobs().items():
        for step in job.get("steps", []):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name


def test_commands_have_no_expressions():
    """GitHub puts the value of an expression into the script, as code."""
    for name, job in jobs().items():
        for step in job.get("steps", []):
            assert "${{" not in step.get("run", ""), name


def test_make_has_the_targets():
    makefile = "".join((REPOSITORY / name).read_text() for name in ("Makefile", "tests/packaging/packaging.mk"))
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    runs = [step.get("run", "") for job in jobs().values() for step in job.get("steps", [])]
    made = {target for run in runs for target in re.findall(r"\bmake ([a-z-]+)", run)}
    assert made == {"test", "deny", "docs", "test-packaging", "dist"}
    assert made <= targets


def test_scripts_and_files_exist():
    text = (REPOSITORY / ".github" / "workflows" / "release.yml").read_text()
    scripts = re.findall(r"(?:deploy|tests)/[\w/-]+\.sh", text)
    assert scripts == ["deploy/release-notes.sh", "tests/acceptance/go-programs.sh"]
    assert all(os.access(REPOSITORY / script, os.X_OK) for script in scripts)


def test_nothing_is_published_before_all_tests_have_passed():
    needs = {name.removeprefix("release.yml: "): job.get("needs", []) for name, job in jobs().items()}

    def before(name):
        direct = [needs[name]] if isinstance(needs[name], str) else needs[name]
        return set(direct).union(*map(before, direct))

    for name in PUBLISH:
        assert {"version", "test", "test-packaging"} <= before(name), name
    assert before("release") == {"version", "test", "test-packaging", "dist", "image", "image-index", "chart"}


def test_releases_are_built_from_tags_only():
    # YAML reads the key `on` as true.
    triggers = {workflow.name: load(workflow)[True] for workflow in WORKFLOWS}
    assert triggers["release.yml"] == {"push": {"tags": ["v*"]}}
    assert triggers["test.yml"]["push"] == {"branches": ["**"]}


def test_updates_every_week():
    updates = yaml.safe_load((REPOSITORY / ".github" / "dependabot.yml").read_text())
    assert updates["version"] == 2
    places = {update["package-ecosystem"]: update.get("directories") or [update["directory"]] for update in updates["updates"]}
    assert places == {
        "cargo": ["/", "/fuzz"],
        "github-actions": ["/"],
        "docker": ["/deploy/docker"],
        "docker-compose": ["/deploy/compose"],
        "pip": ["/tests/acceptance"],
        "gomod": [f"/tests/packaging/{name}" for name in ("kubernetes", "operator-config", "otelcol")],
    }
    for update in updates["updates"]:
        assert update["schedule"] == {"interval": "weekly"}
        assert [group["patterns"] for group in update["groups"].values()] == [["*"]]
