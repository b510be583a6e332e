"""The tables of the documents that are generated: flags from `--help`, keys from the JSON Schema, metrics from a scrape.

A table is between two comments, `<!-- generated: NAME -->` and `<!-- end -->`. Knows nothing of pytest.
"""

import json
import re

from prometheus_client.parser import text_string_to_metric_families

from programs import REPOSITORY

SCHEMA = REPOSITORY / "deploy" / "metastudio-exporter.schema.json"
TABLE = re.compile(r"(<!-- generated: (.*?) -->\n\n)(.*?)(\n\n<!-- end -->)", re.DOTALL)
# A flag with its lines, which are indented further.
FLAG = re.compile(r"^ +(?:-\w, )?--([\w.-]+)(?: <(\w+)>)?\n((?: {10}.*\n|\n)*)", re.MULTILINE)
# What descriptions name of the program: flags, variables, paths.
NAMED = re.compile(r"(?<![\w`])(--[\w.-]*\w|\$[A-Z_]+|/-/\w+|/sd)(?![\w`])")
NOTE = re.compile(r"\[(env|default|possible values): *(.*?)=?\]")


def table(header, rows):
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines).replace("|  |", "| |")


def generated(text):
    """The tables of a document by their names."""
    return {name: content for _, name, content, _ in TABLE.findall(text)}


def with_tables(text, tables):
    """The document with these tables in the place of its own."""
    return TABLE.sub(lambda found: found[1] + tables[found[2]] + found[4], text)


def code(text):
    return f"`{text}`" if text else ""


def described(text):
    """A description as a cell."""
    return NAMED.sub(r"`\1`", text).replace("|", r"\|")


def number(value):
    return str(int(value)) if value == int(value) else str(value)


def flags(help_text):
    """All flags of a long help."""
    rows = []
    for name, value, description in FLAG.findall(help_text):
        notes = dict(NOTE.findall(description))
        meaning = " ".join(NOTE.sub("", description).split()).rstrip(".")
        if name not in ("help", "version"):
            rows.append([code(f"--{name}" + (f" {value}" if value else "")), code(notes.get("default")), described(f"{meaning}.")])
    return table(["flag", "default", "meaning"], rows)


def keys(schema, path=""):
    """All keys of a schema with their descriptions; those of a list are those of its items."""
    rows = []
    for name, key in schema.get("properties", {}).items():
        here = f"{path}{name}"
        rows.append([code(here), _values(key), described(_meaning(key))])
        rows += keys(key, f"{here}.") + keys(key.get("items", {}), f"{here}[].")
    return rows


def file_keys():
    """All keys of the configuration file."""
    return table(["key", "value", "meaning"], keys(json.loads(SCHEMA.read_text())))


def _meaning(key):
    default = key.get("default")
    shown = ", ".join(default) if isinstance(default, list) else json.dumps(default).strip('"')
    return key["description"] + (f" Default: {shown}." if "default" in key and "Default:" not in key["description"] else "")


def _values(key):
    if "enum" in key:
        return ", ".join(map(code, key["enum"]))
    kinds = key["type"] if isinstance(key["type"], list) else [key["type"]]
    kind = next(kind for kind in kinds if kind != "null")
    if kind == "array":
        return f"list: {_values(key['items'])}"
    if "minimum" in key:
        return f"{number(key['minimum'])} to {number(key['maximum'])}"
    if key.get("examples"):
        return "such as " + ", ".join(map(code, key["examples"]))
    return {"object": "mapping", "boolean": "`true` or `false`", "string": "URL" if key.get("format") == "uri" else "text"}[kind]


def metrics(text, is_wanted, hidden=()):
    """The metrics of a scrape that `is_wanted`, by their names, with their labels but those `hidden`."""
    rows = []
    for family in text_string_to_metric_families(text):
        # The parser takes the suffix of a counter for a part of the format.
        name = f"{family.name}_total" if family.type == "counter" else family.name
        if is_wanted(name):
            labels = dict.fromkeys(label for sample in family.samples for label in sample.labels)
            shown = ", ".join(code(label) for label in labels if label not in (*hidden, "le"))
            rows.append([code(name), family.type, shown, described(family.documentation)])
    return table(["metric", "type", "labels", "meaning"], rows)
