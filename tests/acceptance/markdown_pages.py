"""Reads a Markdown page into its sections: what a translation has to keep, and what a link can point to."""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import unquote

from markdown_it import MarkdownIt

NUMBER = r"\d+(?:[.,:]\d+)*"
# GitHub drops these characters from a heading's anchor.
NOT_IN_ANCHORS = r"[^\w\- ]"


@dataclass
class Section:
    """A heading with the text up to the next one. The text before the first heading has level 0 and no title."""

    level: int
    title: str = ""
    anchor: str = ""
    # The whole title, if it is one span of code.
    code_title: str = ""
    # Spans of code outside of tables.
    codes: Counter = field(default_factory=Counter)
    numbers: Counter = field(default_factory=Counter)
    # Their addresses.
    links: list = field(default_factory=list)
    pictures: list = field(default_factory=list)
    # Pairs of an info string and a text.
    blocks: list = field(default_factory=list)
    # Lists of rows, which are lists of cells, which are counters of spans of code.
    tables: list = field(default_factory=list)
    items: int = 0

    @property
    def heading(self):
        return f"{'#' * self.level} {self.title}" if self.level else "the text above the first heading"

    @property
    def all_codes(self):
        return self.codes + sum((cell for table in self.tables for row in table for cell in row), Counter())


@cache
def sections(path):
    """All sections of the page in this file."""
    return sections_of(path.read_text())


def sections_of(text):
    found = [Section(level=0)]
    cell = None
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for before, token in zip([None, *tokens], tokens):
        section = found[-1]
        if token.type == "heading_open":
            found.append(Section(level=int(token.tag[1:])))
        elif token.type == "inline":
            _read_text(token, section, cell)
            if before.type == "heading_open":
                _read_title(token, section, found)
        elif token.type in ("fence", "code_block"):
            section.blocks.append((token.info.strip(), token.content))
        elif token.type == "html_block" and not token.content.startswith("<!--"):
            section.blocks.append(("HTML", token.content))
        elif token.type == "list_item_open":
            section.items += 1
        elif token.type == "table_open":
            section.tables.append([])
        elif token.type == "tr_open":
            section.tables[-1].append([])
        elif token.type in ("th_open", "td_open"):
            cell = Counter()
            section.tables[-1][-1].append(cell)
        elif token.type in ("th_close", "td_close"):
            cell = None
    return found


def _read_text(text, section, cell):
    """Adds what a paragraph, a title or a cell of a table contains."""
    is_address = False
    for token in text.children:
        if token.type == "code_inline":
            (section.codes if cell is None else cell)[token.content] += 1
        elif token.type == "link_open":
            is_address = token.markup == "autolink"
            section.links.append(unquote(token.attrs["href"]))
        elif token.type == "link_close":
            is_address = False
        elif token.type == "image":
            section.pictures.append(unquote(token.attrs["src"]))
            section.numbers.update(_numbers(token.content))
        elif token.type == "text" and not is_address:
            section.numbers.update(_numbers(token.content))


def _numbers(text):
    """The numbers, with 10,000 as 10000."""
    return [re.sub(r",(?=\d{3}\b)", "", number) for number in re.findall(NUMBER, text, re.ASCII)]


def _read_title(title, section, found):
    parts = [token for token in title.children if token.type in ("text", "code_inline")]
    section.title = "".join(token.content for token in parts)
    if [token.type for token in title.children] == ["code_inline"]:
        section.code_title = section.title
    known = {section.anchor for section in found}
    section.anchor = _anchor(section.title, known)


def _anchor(title, known):
    """GitHub's anchor of a heading."""
    plain = re.sub(NOT_IN_ANCHORS, "", title.lower()).replace(" ", "-")
    anchor, number = plain, 0
    while anchor in known:
        number += 1
        anchor = f"{plain}-{number}"
    return anchor
