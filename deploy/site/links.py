"""Finds links within a built site that point to nothing."""

from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The addresses that a page links to, and the names of its elements."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name == "id":
                self.ids.add(value)


def broken_links(directory):
    """A message for each link to a file, or to an element of a page, that does not exist."""
    pages = {path: Page(path.read_text()) for path in sorted(directory.rglob("*.html"))}
    return [
        f"{path.relative_to(directory)}: {link} points to nothing"
        for path, page in pages.items()
        for link in page.links
        if not _exists(pages, path, link)
    ]


def _exists(pages, path, link):
    address = urlsplit(link)
    if address.scheme or address.netloc:
        return True
    target = (path.parent / unquote(address.path)).resolve() if address.path else path
    if not target.is_file():
        return False
    anchor = unquote(address.fragment)
    return not anchor or target not in pages or anchor in pages[target].ids
