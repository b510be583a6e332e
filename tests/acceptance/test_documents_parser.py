"""The parser of documents, the comparison of printed lines, and the checks of blocks, on small texts."""

import pytest

import documents
import printed
from configuration_blocks import check_prometheus, check_queries, is_prometheus, parsed, queries
from documented_places import EXPORTER, Places
from slow_blocks import reads

TEXT = """\
# Title

## Run `check` ##

````sh needs=cloud exit=1
```
# not a heading
````

1. In a list:

   ```yaml file=a.yml
   a:
     b: 1
   ```

### Last

```mermaid
graph
```
"""


def parse(text):
    return documents.parse("docs/small.md", text)


def only(text):
    """The one block of a text."""
    (block,) = parse(text).blocks
    return block


def test_headings_and_blocks():
    page = parse(TEXT)
    assert [(heading.line, heading.level, heading.text) for heading in page.headings] == [
        (1, 1, "Title"),
        (3, 2, "Run `check`"),
        (17, 3, "Last"),
    ]
    assert page.blocks == [
        documents.Block(
            "docs/small.md", 5, "Run `check`", "sh", {"needs": "cloud", "exit": "1"}, "```\n# not a heading\n"
        ),
        documents.Block("docs/small.md", 12, "Run `check`", "yaml", {"file": "a.yml"}, "a:\n  b: 1\n"),
        documents.Block("docs/small.md", 19, "Last", "mermaid", {}, "graph\n"),
    ]
    assert [block.line for block in page.below("Run `check`")] == [5, 12]


def test_a_heading_that_is_missing_or_there_twice():
    for text in ("# Other\n", "# Twice\n## Twice\n"):
        with pytest.raises(ValueError, match=r"^docs/small.md has not one heading 'Twice'$"):
            parse(text).below("Twice")


def test_a_block_that_does_not_end():
    with pytest.raises(ValueError, match=r"^docs/small.md:2: the block does not end$"):
        parse("text\n```sh needs=nothing\n````x\n")


def test_the_pages_are_the_readme_and_those_of_docs():
    paths = [page.path for page in documents.pages()]
    assert paths[0] == "README.md" and "docs/installing.md" in paths
    assert not [path for path in paths if "zh-CN" in path]


LANGUAGES = "sh, text, yaml, json, ini, nginx, promql, mermaid"
NEEDS = "nothing, cloud, demo, exporter, prometheus, make, debian, docker, compose, kubernetes, release"


@pytest.mark.parametrize(
    ("info", "problem"),
    [
        ("", f"the language is '', not one of {LANGUAGES}"),
        ("bash", f"the language is 'bash', not one of {LANGUAGES}"),
        ("sh", f"needs=None is not one of {NEEDS}"),
        ("sh needs=podman", f"needs=podman is not one of {NEEDS}"),
        ("sh needs=nothing run", "unknown words after sh: run"),
        ("sh needs=nothing exit=no", "exit=no is not a number"),
        ("sh needs=nothing exit=1 runs", "a program that keeps running has no exit code"),
        ("text", "text has to say that it `prints`"),
        ("text prints", "`prints` is not directly after a block of commands"),
        ("yaml", "yaml has to be a `file=NAME` or a `part`"),
        ("yaml part file=a.yml", "yaml has to be a `file=NAME` or a `part`"),
        ("yaml file=../a.yml", "'../a.yml' is not the name of a file in the page's directory"),
    ],
)
def test_a_block_with_a_problem(info, problem):
    assert documents.problems(parse(f"```{info}\n```\n")) == [f"docs/small.md:1: {problem}"]


@pytest.mark.parametrize(
    ("command", "count"), [("a && b", 0), ("a &&\nb", 0), ("a 2>&1", 0), ("a &", 1), ("a & # b", 1)]
)
def test_a_program_in_the_background(command, count):
    found = documents.problems(parse(f"```sh needs=nothing\n{command}\n```\n"))
    assert found == ["docs/small.md:1: a program in the background needs a block of its own, which `runs`"] * count


def test_what_is_printed_is_of_commands():
    commands = "```sh needs={}\n```\n```text prints\n```\n"
    assert documents.problems(parse(commands.format("docker"))) == []
    (problem,) = documents.problems(parse(commands.format("make")))
    assert problem == "docs/small.md:3: `prints` is not directly after a block of commands"


OUTPUT = "first\nsecond is 2\nthird  \nfourth\n"


@pytest.mark.parametrize(
    "expected",
    [
        OUTPUT,
        "first\nfourth\n",
        "second is ...\n",
        "... is 2\n...\nfourth\n",
        "f...t\n\n...\nthird\n",
        "",
    ],
)
def test_lines_that_are_printed(expected):
    assert printed.difference(expected, OUTPUT) == ""


@pytest.mark.parametrize(
    "expected",
    [
        "second\n",  # A part of a line.
        "fourth\nfirst\n",  # In another order.
        "first\nfirst\n",  # More often.
        "second is 3\n",
        "second ... 3\n",
        "second.is.2\n",  # No regular expression.
        " first\n",
        "...\nfifth\n",
    ],
)
def test_lines_that_are_not_printed(expected):
    assert printed.difference(expected, OUTPUT) != ""


DIFFERENCE = """\
--- in the document
+++ printed
@@ -1,2 +1,4 @@
+first
 second is 2
-last
+third
+fourth"""


def test_a_difference_shows_the_line_that_is_missing_and_all_output():
    assert printed.difference("second is ...\nlast\n", OUTPUT) == DIFFERENCE


def test_what_is_no_yaml_or_json():
    with pytest.raises(AssertionError, match=r"^docs/small.md:1: mapping values are not allowed here"):
        parsed(only("```yaml part\na: b: c\n```\n"))
    with pytest.raises(AssertionError, match=r"^docs/small.md:1: Expecting property name"):
        parsed(only("```json part\n{\n```\n"))
    assert parsed(only("```yaml part\na: 1\n---\nb: 2\n```\n")) == [{"a": 1}, {"b": 2}]


def test_a_configuration_of_prometheus(tmp_path):
    good = only("```yaml part\nscrape_configs:\n  - job_name: a\n```\n")
    bad = only("```yaml part\nscrape_configs:\n  - job: a\n```\n")
    assert is_prometheus(good) and is_prometheus(bad)
    assert not is_prometheus(only("```yaml part\n- scrape_configs\n```\n"))
    assert check_prometheus(good, tmp_path) == ""
    complaint = check_prometheus(bad, tmp_path)
    assert complaint.startswith("docs/small.md:1: ") and "field job not found" in complaint


QUERIES = """\
```promql
# The sum.
sum by (project) (
  metastudio_users
)

metastudio_up == 0
```

| PromQL | question |
|---|---|
| `metastudio_users` | How many? |

| question | PromQL |
|:--|--:|
| Any? | `metastudio_users{project=~"a\\|b"}` |

| other |
|---|
| `no query` |
"""


def test_queries(tmp_path):
    page = parse(QUERIES)
    assert list(queries(page)) == [
        ("docs/small.md:1", "# The sum.\nsum by (project) (\n  metastudio_users\n)"),
        ("docs/small.md:1", "metastudio_up == 0\n"),
        ("docs/small.md:12", "metastudio_users"),
        ("docs/small.md:16", 'metastudio_users{project=~"a|b"}'),
    ]
    assert check_queries(page, tmp_path) == ""


@pytest.mark.parametrize(("old", "new", "place"), [("== 0", "==", 1), ("`metastudio_users`", "`sum(`", 12)])
def test_what_is_no_query(tmp_path, old, new, place):
    complaint = check_queries(parse(QUERIES.replace(old, new)), tmp_path)
    assert f"docs/small.md:{place}" in complaint and "parse error" in complaint


def test_code_spans():
    assert parse("a `b` and ``c`d``\n```\n`e`\n```\n\n| h |\n|---|\n| `f\\|g` |\n").spans == [
        ("docs/small.md:1", "b"),
        ("docs/small.md:1", "c`d"),
        ("docs/small.md:8", "f|g"),
    ]


SEEN = "curl localhost:10036/sd >/etc/metastudio-exporter/sd; cat ./run/secrets/ak /run/secrets/ak\n"


def test_addresses_and_directories(tmp_path):
    places = Places(tmp_path)
    port = places.address(EXPORTER).partition(":")[2]
    typed = (
        f"curl localhost:{port}/sd >{tmp_path}/etc/metastudio-exporter/sd;"
        f" cat ./run/secrets/ak {tmp_path}/run/secrets/ak\n"
    )
    assert places.typed(f"sudo {SEEN}") == typed
    assert places.printed(typed) == SEEN
    assert places.secrets(SEEN) == [tmp_path / "run/secrets/ak"]
    assert places.typed("--listen=:10036 http://[::]:10036 :100360") == (
        f"--listen=127.0.0.1:{port} http://127.0.0.1:{port} :100360"
    )
    assert places.same_host("[::]:10036 127.0.0.1:8480 127.0.0.1:80") == "localhost:10036 localhost:8480 127.0.0.1:80"


TYPES = """
import documents

def test_it(type_in):
    type_in(*documents.slow_commands("docs/small.md", "Docker"))
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [("", ""), ("test_it", "test_other"), ("Docker", "Podman"), ("small", "other"), ("import documents", "import re")],
)
def test_a_test_that_types_slow_commands(old, new):
    assert reads(TYPES.replace(old, new), "test_it", "docs/small.md", "Docker") == (old == new)
