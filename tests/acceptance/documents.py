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

from markdown_it import MarkdownIt

from programs import REPOSITORY

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
# A line that starts a program in the background.
_BACKGROUND = re.compile(r"(?<!&)&\s*(?:#.*)?$", re.MULTILINE)
_MARKDOWN = MarkdownIt("commonmark").enable("table")


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
    # The code spans outside of blocks, each with its place. The line is that of their paragraph or row.
    spans: list[tuple[str, str]]
    # The cells of tables, by the title of their column, each with its place.
    columns: dict[str, list[tuple[str, str]]]

    def below(self, heading):
        """The blocks between this heading and the next one. Raises an error if the page has not one such heading."""
        if [found.text for found in self.headings].count(heading) != 1:
            raise ValueError(f"{self.path} has not one heading {heading!r}")
        return [block for block in self.blocks if block.heading == heading]

    def files(self):
        """The texts of the blocks that are files, by the name of the file."""
        return {block.words["file"]: block.text for block in self.blocks if "file" in block.words}


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
    """What is in a text. Raises an error if a block does not end."""
    page, lines = Page(path, [], [], [], {}), text.splitlines()
    titles, column = [], 0
    tokens = _MARKDOWN.parse(text)
    for before, token in zip([None, *tokens], tokens):
        if token.type == "fence":
            page.blocks.append(_block(page, token, lines))
        elif token.type == "inline":
            place = f"{path}:{token.map[0] + 1}"
            page.spans.extend((place, child.content) for child in token.children if child.type == "code_inline")
            if before.type == "heading_open":
                page.headings.append(Heading(token.map[0] + 1, int(before.tag[1:]), token.content))
            elif before.type == "td_open":
                page.columns.setdefault(titles[column], []).append((place, token.content))
            elif before.type == "th_open":
                titles.append(token.content)
        elif token.type == "table_open":
            titles = []
        elif token.type == "tr_open":
            column = 0
        elif token.type == "td_close":
            column += 1
    return page


def _block(page, token, lines):
    first, end = token.map
    place = f"{page.path}:{first + 1}"
    if lines[end - 1].strip().strip(token.markup[0]) or end - 1 == first:
        raise ValueError(f"{place}: the block does not end")
    language, *words = token.info.split() or [""]
    words = {name: value for name, _, value in (word.partition("=") for word in words)}
    heading = page.headings[-1].text if page.headings else ""
    return Block(page.path, first + 1, heading, language, words, token.content)


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
