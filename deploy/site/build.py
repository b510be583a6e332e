"""Builds the site of the documents: `build.py MDBOOK DIRECTORY`, or `make docs`.

Each language is a book of mdBook, so that it has its own contents and its own search. Both are built from the files at
their places in the repository, so that links work, and then put into one directory. mdBook puts a hash into the names
of its own files, so the books share the directory.
"""

import os.path
import re
import shutil
import subprocess
import sys
from pathlib import Path

from links import broken_links

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(__file__).resolve().parent
ENGLISH, CHINESE = ROOT / "docs", ROOT / "docs" / "zh-CN"
CHAPTER = re.compile(r"\[([^]]+)\]\(([^)]+\.md)\)")
LINK = re.compile(r"\]\(([^)#\s]+)")
CHARACTER = r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
LINE_IN_CHINESE = re.compile(rf"(?<={CHARACTER})\n(?={CHARACTER})")
BLOCK = re.compile(r"^( *```[a-z]+) .*$", re.MULTILINE)
# A cell of a table, whose text and links are on one line.
CODE_IN_TABLE = re.compile(r"(?<=<code>)[^<]+(?=</code>[^\n]*</td>)")
BUTTONS = '<div class="right-buttons">'
# mdBook writes them for each book; those of the English one stay.
SHARED = ("index.html", "toc.html")


def main(mdbook, directory):
    built = directory.with_name(f"{directory.name}-books")
    for path in (built, directory):
        shutil.rmtree(path, ignore_errors=True)
    for home in (ENGLISH, CHINESE):
        assemble(home, built / home.name)
        subprocess.run([mdbook, "build", built / home.name], check=True)
    shutil.copytree(built / ENGLISH.name / "book", directory)
    add_book(built / CHINESE.name / "book", directory)
    for path in directory.rglob("*.html"):
        path.write_text(with_breaks(path.read_text()))
    link_languages(directory)
    shutil.rmtree(built)
    if problems := broken_links(directory):
        sys.exit("\n".join(problems))
    print(directory)


def chapters(home):
    """The paths from the root of the pages that SUMMARY.md in this directory names."""
    text = (home / "SUMMARY.md").read_text()
    return [from_root(home / "SUMMARY.md", target) for _, target in CHAPTER.findall(text)]


def summary(home):
    """SUMMARY.md as mdBook needs it at the root."""
    page = home / "SUMMARY.md"
    return CHAPTER.sub(lambda found: f"[{found[1]}]({from_root(page, found[2])})", page.read_text())


def assemble(home, book):
    """Puts together all files of a book."""
    source = book / "src"
    source.mkdir(parents=True)
    shutil.copy(home / "book.toml", book)
    for name in ("search.js", "style.css"):
        shutil.copy(SITE / name, book)
    (source / "SUMMARY.md").write_text(summary(home))
    for chapter in chapters(home):
        text = (ROOT / chapter).read_text()
        write(source / chapter, with_whole_sentences(without_marks(text)).encode())
        for path in linked_files(ROOT / chapter, text):
            write(source / path, (ROOT / path).read_bytes())


def without_marks(text):
    """The page, whose blocks of code have a language and nothing for the tests."""
    return BLOCK.sub(r"\1", text)


def with_whole_sentences(text):
    """The page without line breaks between two Chinese characters, which browsers show as spaces."""
    return LINE_IN_CHINESE.sub("", text)


def linked_files(page, text):
    """The files that a page links to, which are no pages."""
    paths = (from_root(page, target) for target in LINK.findall(text) if ":" not in target)
    return [path for path in paths if (ROOT / path).is_file() and not path.endswith(".md")]


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def add_book(book, directory):
    """Adds the files of a second book, except of those that the first one has too."""
    for path in sorted(book.rglob("*")):
        target = directory / path.relative_to(book)
        if path.is_file() and path.name not in SHARED and not target.exists():
            write(target, path.read_bytes())


def with_breaks(page):
    """The HTML, where long names in tables can be broken after an underscore."""
    return CODE_IN_TABLE.sub(lambda code: code[0].replace("_", "_<wbr>"), page)


def link_languages(directory):
    """Gives each page a link to the same page in the other language."""
    for english, chinese in zip(chapters(ENGLISH), chapters(CHINESE), strict=True):
        if english != chinese:
            add_language(directory, english, chinese, "中文", "zh-CN")
            add_language(directory, chinese, english, "English", "en")
    shutil.copy(directory / "README.html", directory / "index.html")


def add_language(directory, page, other, name, language):
    path = directory / page.replace(".md", ".html")
    address = os.path.relpath(directory / other.replace(".md", ".html"), path.parent)
    style = "color: var(--icons); padding: 0 8px"
    link = f'<a href="{address}" lang="{language}" hreflang="{language}" style="{style}">{name}</a>'
    text = path.read_text()
    if text.count(BUTTONS) != 1:
        sys.exit(f"{path} has no place for the link to the other language")
    path.write_text(text.replace(BUTTONS, f"{BUTTONS}\n{link}"))


def from_root(page, target):
    return os.path.relpath(os.path.normpath(page.parent / target), ROOT)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
