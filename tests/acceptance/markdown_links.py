"""Finds links of Markdown pages that point to nothing: to a missing file, or to a heading that a page does not have."""

import os.path
import re
import subprocess

from markdown_pages import sections


def pages(root):
    """The paths of all Markdown files that git has or could add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "*.md"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60)
    return [path for path in listed.stdout.splitlines() if (root / path).is_file()]


def broken_links(root, page):
    """A message for each link of the page that points to nothing in the repository."""
    return [
        f"{page}: {section.heading}: {problem}"
        for section in sections(root / page)
        for link in (*section.links, *section.pictures)
        if not re.match(r"[a-z]+:", link) and (problem := _problem(root, page, link))
    ]


def _problem(root, page, link):
    path, _, anchor = link.partition("#")
    target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
    if target.startswith(("..", "/")) or not (root / target).exists():
        return f"{link}: there is no {target}"
    if anchor and (not target.endswith(".md") or anchor not in [each.anchor for each in sections(root / target)]):
        return f"{link}: {target} has no heading with this anchor"
    return None
