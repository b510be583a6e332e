"""The generated tables of docs/ are those of the program. `UPDATE_REFERENCES=1` writes them."""

import os
import re

import pytest

import configuration
import loopback
import references
from cloud import Cloud
from exporter import ONE_POLL
from programs import REPOSITORY, run_to_end

COLLECTORS = ["voice_training", "user_quotas", "tenant_resources"]
SOURCES = [REPOSITORY / "src" / name for name in ("exposition/families.rs", "telemetry/project_families.rs")]


@pytest.fixture
def scrape(simulate, serve, tmp_path):
    """The metrics of an exporter that has all of them."""
    cloud = Cloud(simulate("--users=3", "--resources=4"))
    (account,) = cloud.accounts()
    credentials = configuration.Credentials(cloud, account, tmp_path).password()
    settings = {"collectors": COLLECTORS, "user_quotas": {"names": True}}
    project = configuration.project(cloud.endpoint, account["projects"][0], credentials, **settings)
    file = configuration.write(tmp_path / "exporter.yml", [project])
    exporter = serve({}, f"--config.file={file}", *ONE_POLL)
    exporter.wait_until_polled()
    return loopback.get(f"{exporter.url}/metrics").text


def check(page, tables):
    """Compares the tables of a page, or updates them."""
    path = REPOSITORY / "docs" / page
    text = path.read_text()
    if "UPDATE_REFERENCES" in os.environ:
        text = references.with_tables(text, tables)
        path.write_text(text)
    assert references.generated(text) == tables, f"docs/{page} is old: UPDATE_REFERENCES=1"


def test_the_configuration_page_has_every_flag_and_key(binary, tmp_path):
    help_text = run_to_end([binary, "--help"], tmp_path).stdout
    tables = {"flags": references.flags(help_text), "keys": references.file_keys()}
    check("configuration.md", tables)
    assert tables["flags"].count("\n| `--") == help_text.count("[env: METASTUDIO_EXPORTER_") == 26
    assert tables["keys"].count("\n") == 1 + 48


def test_the_page_of_metrics_has_every_metric(scrape):
    def is_own(name):
        return name.startswith("metastudio_exporter_")

    def is_data(name):
        return name.startswith("metastudio_") and not is_own(name)

    tables = {
        "data": references.metrics(scrape, is_data, hidden=["project"]),
        "exporter": references.metrics(scrape, is_own),
        "process": references.metrics(scrape, lambda name: name.startswith("process_")),
    }
    check("metrics.md", tables)
    for source in SOURCES:
        for name in re.findall(r'name: "(metastudio_\w+)"', source.read_text()):
            assert f"\n| `{name}` |" in "".join(tables.values()), name
    assert tables["data"].count("\n") == 1 + 24


def test_a_changed_table_is_noticed():
    text = "# T\n\n<!-- generated: a -->\n\n| old |\n\n<!-- end -->\n\nrest\n"
    assert references.generated(text) == {"a": "| old |"}
    assert references.with_tables(text, {"a": "| new |"}) == text.replace("old", "new")


def test_a_flag_has_its_default_and_its_sentences():
    help_text = """Options:
      --poll.interval <DURATION>
          Time between
          polls.

          Another sentence.

          [env: METASTUDIO_EXPORTER_POLL_INTERVAL=7m]
          [default: 5m]

      --config.check
          Check

          [env: METASTUDIO_EXPORTER_CONFIG_CHECK=]

  -h, --help
          Print help
"""
    assert references.flags(help_text) == """| flag | default | meaning |
| --- | --- | --- |
| `--poll.interval DURATION` | `5m` | Time between polls. Another sentence. |
| `--config.check` | | Check. |"""
