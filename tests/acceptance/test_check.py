"""The `check` command: its reports about good and bad projects, as table and as JSON."""

import json
import os
import pty
import re
import subprocess

import pytest

import configuration
from cloud import Cloud
from configuration import Credentials
from expected import COLLECTORS
from programs import free_port, run_to_end

HEADER = ["PROJECT", "API", "RESULT", "CREDENTIALS", "CLOCK", "ROWS", "TIME"]
# Columns are separated by two or more spaces.
GAP = re.compile(r" {2,}")
UNPOLLED = (
    "tenant_resources is not polled. These credentials can read it; to poll it, add it to the collectors of "
)
STEPS = {"credentials", "clock", "project", "authentication", "authorization", "first_page", "last_page"}
PROGRESS = re.compile(r"\r\x1b\[K(\d) of 3 projects checked")


@pytest.fixture
def projects(simulate, tmp_path):
    """Three projects: with a key, with a password, and with a user without the right to list quotas."""
    cloud = Cloud(simulate("--projects=3", "--users=120", "--resources=3", "--speed=0"))
    (account,) = cloud.accounts()
    user = {"access_key": account["user_access_key"], "secret_key": account["user_secret_key"]}
    (tmp_path / "user").mkdir()
    secrets = Credentials(cloud, account, tmp_path)
    kinds = [secrets.access_key(), secrets.password(), Credentials(cloud, user, tmp_path / "user").access_key()]
    return [
        configuration.project(cloud.endpoint, project, kind) for project, kind in zip(account["projects"], kinds)
    ]


@pytest.fixture
def check(binary, tmp_path):
    """Runs `check` on projects until it exits."""

    def run_check(projects, *flags, stderr=subprocess.PIPE):
        file = configuration.write(tmp_path / "exporter.yml", projects)
        return run_to_end([binary, "check", f"--config.file={file}", *flags], tmp_path, stderr=stderr)

    return run_check


def test_good_projects_give_a_table_and_exit_code_0(check, projects):
    result = check(projects[:2])

    assert (result.returncode, result.stderr) == (0, ""), result.stdout
    table, unpolled, summary = result.stdout.split("\n\n")
    assert unpolled == UNPOLLED + "project-0001 (30 rows), project-0002 (30 rows)."
    header, *rows = (GAP.split(line) for line in table.splitlines())
    assert header == HEADER
    assert [row[:3] for row in rows] == [
        [project["name"], collector, "ok"] for project in projects[:2] for collector in COLLECTORS
    ]
    assert [row[3].split()[0] for row in rows] == ["access_key", "access_key", "password", "password"]
    assert [row[5] for row in rows] == ["3", "120"] * 2
    assert all(re.fullmatch(r"[+-]\d+s", row[4]) and re.fullmatch(r"\d+\.\ds", row[6]) for row in rows)
    assert summary == "4 checks: 4 ok.\n"


def test_bad_projects_give_advice_and_exit_code_1(check, projects):
    projects[1]["endpoint"] = f"http://127.0.0.1:{free_port()}"

    result = check(projects, "--poll.timeout=2s")

    assert result.returncode == 1
    assert result.stderr == "metastudio-exporter: 3 of 6 checks failed; the report says what to do\n"
    table, *findings, unpolled, summary = result.stdout.split("\n\n")
    assert unpolled == UNPOLLED + "project-0001 (30 rows), project-0003 (30 rows)."
    results = [GAP.split(line)[2] for line in table.splitlines()[1:]]
    assert results == ["ok", "ok", "failed", "failed", "ok", "failed"]
    named = [re.search(r"^failed: (?:.*\n)+    of: (.*)\n    do: .+", finding)[1] for finding in findings]
    assert len(named) == 2
    unreachable, forbidden = named
    assert unreachable == "project-0002 voice_training, project-0002 user_quotas"
    assert re.fullmatch(r"project-0003 user_quotas \(request [0-9a-f]{32}\)", forbidden)
    assert summary == "6 checks: 3 ok, 3 failed.\n"


def test_the_json_report_has_the_same_results(check, projects):
    result = check(projects, "--format=json")

    assert result.returncode == 1
    checks = json.loads(result.stdout)
    assert [(check["project"], check["collector"], check["result"]) for check in checks] == [
        (project["name"], collector, "failed" if (place, collector) == (2, "user_quotas") else "ok")
        for place, project in enumerate(projects)
        for collector in COLLECTORS
    ]
    for result_row, project in zip(checks[::2], projects):
        assert result_row["steps"].keys() == STEPS
        assert {key: result_row[key] for key in ("project_id", "region", "endpoint")} == {
            key: project[key] for key in ("project_id", "region", "endpoint")
        }
    assert [result_row["rows"] for result_row in checks[:4]] == [3, 120] * 2
    (finding,) = checks[-1]["findings"]
    assert (finding["step"], finding["reason"], finding["result"]) == ("authorization", "forbidden", "failed")
    assert [result_row["findings"] for result_row in checks[:-1]] == [[]] * 5


def test_check_works_with_one_project_from_the_environment(binary, simulate, tmp_path):
    variables = simulate("--users=3", "--resources=3")

    result = run_to_end([binary, "check"], tmp_path, variables)

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.endswith("\n\n2 checks: 2 ok.\n")


def test_progress_is_shown_only_on_a_terminal(check, projects):
    ours, terminal = pty.openpty()
    try:
        result = check(projects[:2] + [projects[0] | {"name": "again"}], stderr=terminal)
    finally:
        os.close(terminal)
    output = read_all(ours)

    assert result.returncode == 0
    assert PROGRESS.findall(output) == ["0", "1", "2"]
    assert PROGRESS.sub("", output) == "\r\x1b[K", "the line is removed at the end, and there is no other output"
    assert "checked" not in result.stdout and "\x1b" not in result.stdout


def read_all(terminal):
    """Reads all output of the other end, which is closed."""
    output = b""
    try:
        while part := os.read(terminal, 4096):
            output += part
    except OSError:
        # Linux reports a closed terminal as an error.
        pass
    finally:
        os.close(terminal)
    return output.decode()
