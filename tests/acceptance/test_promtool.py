"""Prometheus' own linter accepts the metrics."""

import subprocess

import pytest

from programs import installed


def check_metrics(text):
    return subprocess.run(
        [installed("promtool"), "check", "metrics"], input=text, capture_output=True, text=True, timeout=60
    )


def complaints(text):
    result = check_metrics(text)
    return result.returncode, result.stdout, result.stderr


@pytest.mark.parametrize("flags", [(), ("--fault", "odd-fields")], ids=["healthy", "odd-fields"])
def test_promtool_accepts_the_metrics(simulate, once, flags):
    result = once(simulate(*flags))

    assert result.returncode == 0, result.stderr
    assert "metastudio_user_quota_limit{" in result.stdout
    assert complaints(result.stdout) == (0, "", "")


def test_promtool_accepts_the_metrics_when_every_poll_fails(simulate, once):
    result = once(simulate("--fault", "forbidden"))

    assert result.returncode == 1
    assert "metastudio_up{" in result.stdout and "metastudio_user_quota_limit{" not in result.stdout
    assert complaints(result.stdout) == (0, "", "")


def test_promtool_rejects_a_metric_without_help(simulate, once):
    """Ensures that the linter can fail."""
    text = once(simulate()).stdout
    without_help = "".join(
        line for line in text.splitlines(keepends=True) if not line.startswith("# HELP metastudio_users ")
    )

    code, _, stderr = complaints(without_help)

    assert (code, stderr) == (3, "metastudio_users no help text\n")
