"""The documents for users: their headings and their fenced blocks, with what each block says about itself.

The info string of a block is its language and words:

- ```` ```sh needs=WORD ````: commands, and what they need. All blocks of a page are typed in one directory, with one
  environment. `exit=1` is their exit code; with `runs`, the last command is a server that keeps running.
- ```` ```text prints ````: what the block of commands before it prints, compared by `printed.py`.
- ```` ```yaml file=NAME ````: a file in the page's directory, also in other languages.
- ```` ```yaml part ````, ```` ```promql ````: a fragment that no command reads.
"""

import re
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

# What a block of commands can need. The first group runs in `test_documents.py`, the other one in `tests/packaging/`.
QUICK = ("nothing", "cloud", "demo", "exporter", "prometheus", "make")
SLOW = ("debian", "docker", "compose", "kubernetes", "release")
# The words that each language allows. A language that is not here is an error.
WORDS = {
    "sh": {"needs", "runs", "exit"},
    "text": {"prints"},
    "yaml": {"file", "part"},
    "json": {"file", "part"},
    "ini": {"file", "part"},
    "nginx": {"file", "part"},
    "promql": set(),
    "mermaid": set(),
}
# A code span in a line. A cell of a table can have `\|` within.
_SPAN = re.compile(r"(`+)(.+?)\1")
_CELL_END = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r":?-+:?")
_BACKGROUND = re.compile(r"(?<!&)&\s*(?:#.*)?$", re.MULTILINE)
_HEADING = re.compile(r"(#{1,6}) +(.*?)(?: +#+)?$")
_FENCE = re.compile(r"( *)(`{3,}|~{3,})(.*)$")


@dataclass(frozen=True)
class Block:
    """A fenced block. A word without a value, such as `runs`, has the value ''."""

    page: str
    line: int
    heading: str
    language: str
    words: dict[str, str]
    text: str

    @property
    def place(self):
        return f"{self.page}:{self.line}"

    @property
    def needs(self):
        """The word of a block of commands; None of other blocks."""
        return self.words.get("needs")

    @property
    def is_quick(self):
        return self.needs in QUICK


@dataclass(frozen=True)
class Heading:
    line: int
    level: int
    text: str


@dataclass(frozen=True)
class Page:
    """A Markdown file; its path is relative to the repository."""

    path: str
    headings: list[Heading]
    blocks: list[Block]
    # The lines outside of blocks, by their numbers.
    prose: dict[int, str]

    def below(self, heading):
        """The blocks between this heading and the next one. Raises an error if the page has not one such heading."""
        if [found.text for found in self.headings].count(heading) != 1:
            raise ValueError(f"{self.path} has not one heading {heading!r}")
        return [block for block in self.blocks if block.heading == heading]

    def spans(self):
        """The code spans, each with its place."""
        for number, line in self.prose.items():
            for found in _SPAN.finditer(line):
                yield f"{self.path}:{number}", found[2].strip().replace("\\|", "|")

    def column(self, title):
        """The cells of all columns with this title, each with its place."""
        column, in_table = None, False
        for number, line in self.prose.items():
            cells = [cell.strip() for cell in _CELL_END.split(line)] if line.startswith("|") else []
            if cells and not in_table:
                column = cells.index(title) if title in cells else None
            elif cells and column and not _RULE.fullmatch(cells[column]):
                yield f"{self.path}:{number}", cells[column]
            in_table = bool(cells)


def pages():
    """README.md and the English pages of docs/."""
    files = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
    return [read(str(file.relative_to(REPOSITORY))) for file in files if file.name != "SUMMARY.md"]


def read(path):
    """The page at a path below the repository."""
    return parse(path, (REPOSITORY / path).read_text())


def slow_commands(path, heading):
    """The commands below a heading of a page that only the tests of packaging can type."""
    return [block.text for block in read(path).below(heading) if block.needs in SLOW]


def slow_output(path, heading):
    """What a page says that these commands print: the texts directly after them."""
    blocks = read(path).below(heading)
    pairs = zip(blocks, blocks[1:])
    return [after.text for block, after in pairs if block.needs in SLOW and "prints" in after.words]


def parse(path, text):
    """The headings and blocks of a text. Raises an error if a block does not end."""
    headings, blocks, prose, heading = [], [], {}, ""
    lines = enumerate(text.splitlines(), start=1)
    for number, line in lines:
        if found := _FENCE.match(line):
            indent, fence, info = found.groups()
            body = _body(f"{path}:{number}", lines, indent, fence)
            language, *words = info.split() or [""]
            pairs = (word.partition("=") for word in words)
            words = {name: value for name, _, value in pairs}
            blocks.append(Block(path, number, heading, language, words, body))
            continue
        prose[number] = line
        if found := _HEADING.match(line):
            heading = found[2]
            headings.append(Heading(number, len(found[1]), heading))
    return Page(path, headings, blocks, prose)


def _body(place, lines, indent, fence):
    """The lines up to the end of a block, without the indentation of the block."""
    end = re.compile(rf" *{fence[0]}{{{len(fence)},}} *$")
    body = []
    for _, line in lines:
        if end.match(line):
            return "".join(f"{line}\n" for line in body)
        body.append(line.removeprefix(indent))
    raise ValueError(f"{place}: the block does not end")


def problems(page):
    """What is wrong with the info strings of a page's blocks."""
    before = [None, *page.blocks]
    return [f"{block.place}: {text}" for last, block in zip(before, page.blocks) for text in _problems(last, block)]


def _problems(last, block):
    if block.language not in WORDS:
        yield f"the language is {block.language!r}, not one of {', '.join(WORDS)}"
        return
    if unknown := block.words.keys() - WORDS[block.language]:
        yield f"unknown words after {block.language}: {', '.join(sorted(unknown))}"
    if block.language == "sh" and block.needs not in QUICK + SLOW:
        yield f"needs={block.needs} is not one of {', '.join(QUICK + SLOW)}"
    if block.language == "sh" and _BACKGROUND.search(block.text):
        yield "a program in the background needs a block of its own, which `runs`"
    if not block.words.get("exit", "0").isdecimal():
        yield f"exit={block.words['exit']} is not a number"
    if {"runs", "exit"} <= block.words.keys():
        yield "a program that keeps running has no exit code"
    if block.language == "text" and "prints" not in block.words:
        yield "text has to say that it `prints`"
    if "prints" in block.words and (last is None or last.needs in (None, "make")):
        yield "`prints` is not directly after a block of commands"
    if block.language == "yaml" and len(block.words) != 1:
        yield "yaml has to be a `file=NAME` or a `part`"
    if "file" in block.words and not re.fullmatch(r"[\w-]+\.[\w.-]+", block.words["file"]):
        yield f"{block.words['file']!r} is not the name of a file in the page's directory"
