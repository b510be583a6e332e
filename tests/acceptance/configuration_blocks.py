"""Blocks of the documents that other programs read: Prometheus' configurations and queries."""

import json
import re

import yaml

import shipped
from programs import installed, run_to_end


def parsed(block):
    """The documents of a YAML or JSON block. Raises an error that names the place of the block."""
    try:
        return list(yaml.safe_load_all(block.text)) if block.language == "yaml" else [json.loads(block.text)]
    except (yaml.YAMLError, json.JSONDecodeError) as error:
        raise AssertionError(f"{block.place}: {error}") from None


def is_prometheus(block):
    """Whether a block is a configuration of Prometheus, or its section with the targets."""
    if block.language != "yaml":
        return False
    first = parsed(block)[0]
    return isinstance(first, dict) and ("scrape_configs" in first or "rule_files" in first)


def check_prometheus(block, directory):
    """promtool's complaint about a configuration, or ''. The rules are beside it; other files need not exist."""
    (directory / shipped.RULES.name).write_text(shipped.RULES.read_text())
    file = directory / "prometheus.yml"
    file.write_text(block.text)
    done = run_to_end([installed("promtool"), "check", "config", "--syntax-only", file], directory)
    return "" if done.returncode == 0 else f"{block.place}: {done.stdout}{done.stderr}"


def queries(page):
    """The queries of a page, each with its place: blocks of PromQL, where empty lines separate them, and columns."""
    for block in page.blocks:
        if block.language == "promql":
            yield from ((block.place, text) for text in re.split(r"\n\s*\n", block.text) if text.strip())
    for place, cell in page.columns.get("PromQL", []):
        yield place, cell.strip("`")


def check_queries(page, directory):
    """promtool's complaint about the queries of a page, or ''. The group of each query is named after its place."""
    groups = [
        {"name": f"{number} {place}", "rules": [{"record": "query", "expr": query}]}
        for number, (place, query) in enumerate(queries(page))
    ]
    file = directory / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": groups}))
    done = run_to_end([installed("promtool"), "check", "rules", "--lint=none", file], directory)
    return "" if done.returncode == 0 else done.stdout + done.stderr
