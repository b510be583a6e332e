"""Compares the English pages with their Chinese twins: what must be the same in both is found to differ.

A page and its twin have the same headings, blocks of code, tables, lists, spans of code, numbers, links and pictures,
section by section. Only the words differ. Each difference is a sentence for the translator: both files, the section,
and what only one of them has.
"""

import os.path
import re
from collections import Counter
from functools import cache
from pathlib import Path

from markdown_pages import sections

RUNBOOK = ("deploy/prometheus/RUNBOOK.md", "deploy/prometheus/RUNBOOK.zh-CN.md")
OUTSIDE_DOCS = (("README.md", "README.zh-CN.md"), RUNBOOK)
ALERT = r"MetaStudio\w+"
CHINESE = r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
COMMENT = r"(?:^|(?<=\s))# .*"
# The same picture in both languages.
PICTURES = {"overview-zh": "overview-light"}


def pairs(root):
    """The paths of all pages and of their twins, from the root; also of those that do not exist."""
    english = {path.name for path in (root / "docs").glob("*.md")}
    chinese = {path.name for path in (root / "docs" / "zh-CN").glob("*.md")}
    return [*OUTSIDE_DOCS, *((f"docs/{name}", f"docs/zh-CN/{name}") for name in sorted(english | chinese))]


def twin(path):
    """The path of the page in the other language; None if it is not a page with two languages."""
    for english, chinese in OUTSIDE_DOCS:
        if path in (english, chinese):
            return chinese if path == english else english
    if match := re.fullmatch(r"docs/(zh-CN/)?([^/]+\.md)", path):
        return f"docs/{match[2]}" if match[1] else f"docs/zh-CN/{match[2]}"
    return None


def differences(root, english, chinese):
    """What has to be mended in one of the two pages; an empty list if nothing."""
    for path, other in ((english, chinese), (chinese, english)):
        if not (root / path).is_file():
            return [f"{path} does not exist, but {other} does"]
    both = sections(root / english), sections(root / chinese)
    if [section.level for section in both[0]] != [section.level for section in both[1]]:
        return [f"{english} and {chinese}: headings: {_only(english, chinese, *_unmatched(*both))}"]
    return [
        f"{english} and {chinese}: {_place(left, right)}: {difference}"
        for left, right in zip(*both)
        for difference in _section(root, english, chinese, left, right)
    ]


def _place(left, right):
    return left.heading if left.heading == right.heading else f"{left.heading} / {right.heading}"


def _unmatched(left, right):
    """The headings of sections without a counterpart, so that the others match best."""

    @cache
    def best(i, j):
        """How well the sections from these places on match, and the headings that remain on both sides."""
        if i == len(left) or j == len(right):
            return 0, [section.heading for section in left[i:]], [section.heading for section in right[j:]]
        score, ours, theirs = best(i + 1, j)
        choices = [(score, [left[i].heading, *ours], theirs)]
        score, ours, theirs = best(i, j + 1)
        choices.append((score, ours, [right[j].heading, *theirs]))
        if left[i].level == right[j].level:
            score, ours, theirs = best(i + 1, j + 1)
            choices.insert(0, (score + 1 + _likeness(left[i], right[j]), ours, theirs))
        return max(choices, key=lambda choice: choice[0])

    return best(0, 0)[1:]


def _likeness(left, right):
    """From 0 to 1; only the spans of code of both sections can be the same in both languages."""
    ours, theirs = set(left.all_codes), set(right.all_codes)
    return len(ours & theirs) / len(ours | theirs) if ours | theirs else 1


def _section(root, english, chinese, left, right):
    """The differences of two sections."""
    if _fixed(left) != _fixed(right):
        yield "a heading that is code or an alert's name must be the same"
    for what, ours, theirs in (
        ("code", left.codes, right.codes),
        ("numbers", left.numbers, right.numbers),
        ("pictures", _pictures(english, left.pictures), _pictures(chinese, right.pictures)),
    ):
        if Counter(ours) != Counter(theirs):
            yield f"{what}: {_only(english, chinese, _missing(ours, theirs), _missing(theirs, ours))}"
    expected, links = _expected_links(root, english, left.links), _links(chinese, right.links)
    yield from (f"{chinese} must link to {link}" for link in _missing(expected, links))
    yield from (f"{chinese} must not link to {link}" for link in _missing(links, expected))
    yield from _blocks(english, chinese, left.blocks, right.blocks)
    yield from _tables(english, chinese, left.tables, right.tables)
    if left.items != right.items:
        yield f"{left.items} items of lists in {english}, {right.items} in {chinese}"


def _only(english, chinese, ours, theirs):
    """Says what one of the pages has alone."""
    listed = ((english, ", ".join(ours)), (chinese, ", ".join(theirs)))
    return "; ".join(f"only {path} has {items}" for path, items in listed if items)


def _missing(items, others):
    return list((Counter(items) - Counter(others)).elements())


def _fixed(section):
    """The title, if it is not to be translated."""
    return section.title if section.code_title or re.fullmatch(ALERT, section.title) else None


def _links(page, links):
    return [_from_root(page, link) for link in links]


def _pictures(page, pictures):
    paths = (Path(_from_root(page, picture)) for picture in pictures)
    return [str(path.with_stem(PICTURES.get(path.stem, path.stem))) for path in paths]


def _from_root(page, link):
    """A link of a page as a path from the root; other addresses as they are."""
    if re.match(r"[a-z]+:", link):
        return link
    path, hash_sign, anchor = link.partition("#")
    path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
    return f"{path}{hash_sign}{anchor}"


def _expected_links(root, english, links):
    """What the links of the English page are in the Chinese one."""
    return [_expected_link(root, link) for link in _links(english, links)]


def _expected_link(root, link):
    path, hash_sign, anchor = link.partition("#")
    other = twin(path)
    if other is None:
        return link
    return f"{other}{hash_sign}{_expected_anchor(root / path, root / other, anchor)}"


def _expected_anchor(path, other, anchor):
    """The anchor of the heading at the same place. Links without a target fail in `test_links.py`."""
    if anchor and path.is_file() and other.is_file():
        places = [section.anchor for section in sections(path)]
        others = [section.anchor for section in sections(other)]
        if anchor in places and len(places) == len(others):
            return others[places.index(anchor)]
    return anchor


def _blocks(english, chinese, left, right):
    if len(left) != len(right):
        yield f"{len(left)} blocks of code in {english}, {len(right)} in {chinese}"
        return
    for place, ((info, text), (other_info, other_text)) in enumerate(zip(left, right), 1):
        if info != other_info:
            yield f"block {place}: ```{info} in {english}, ```{other_info} in {chinese}"
            continue
        ours, theirs = _lines(info, text), _lines(info, other_text)
        comments = set(_comments(text))
        theirs += [line for line in _comments(other_text) if not re.search(CHINESE, line) and line not in comments]
        if ours != theirs:
            only = _only(english, chinese, _missing(ours, theirs), _missing(theirs, ours))
            yield f"block {place}: {only or 'the lines have another order'}"


def _lines(info, text):
    """The lines to compare. Comments can be translated, except in what a program prints."""
    if info.split()[:1] == ["text"]:
        return text.splitlines()
    lines = [re.sub(COMMENT, "", line).rstrip() for line in text.splitlines()]
    return [line for line in lines if line]


def _comments(text):
    return re.findall(COMMENT, text, re.MULTILINE)


def _tables(english, chinese, left, right):
    sizes = [[f"{len(table)} x {len(table[0])}" for table in tables] for tables in (left, right)]
    if sizes[0] != sizes[1]:
        yield f"tables, rows x columns: {_sizes(sizes[0])} in {english}, {_sizes(sizes[1])} in {chinese}"
        return
    for place, (table, other) in enumerate(zip(left, right), 1):
        for row, (cells, others) in enumerate(zip(table, other), 1):
            ours, theirs = sum(cells, Counter()), sum(others, Counter())
            if ours != theirs:
                only = _only(english, chinese, _missing(ours, theirs), _missing(theirs, ours))
                yield f"table {place}, row {row}: code: {only}"


def _sizes(sizes):
    return ", ".join(sizes) or "none"
