"""The tests of rules and dashboards on a new Prometheus. `make test` runs them on Debian's."""

import os
import re
import subprocess
import sys

import pytest

import shipped
from programs import go_program, installed

# They start the Prometheus and promtool that are in PATH.
ON_PROMETHEUS = [
    "test_panel_numbers",
    "test_panel_products",
    "test_panel_queries_on_prometheus",
    "test_prometheus",
    "test_rules",
    "test_rules_on_prometheus",
]


@pytest.mark.timeout(1800)
def test_rules_and_dashboards_work_on_the_new_prometheus(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(go_program("prometheus").parent), prepend=os.pathsep)
    for program in ("prometheus", "promtool"):
        assert installed(program) == str(go_program(program))
    acceptance = shipped.ROOT / "tests" / "acceptance"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *(acceptance / f"{name}.py" for name in ON_PROMETHEUS)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ passed in ", done.stdout, re.MULTILINE), done.stdout
