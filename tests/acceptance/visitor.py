"""Somebody with a browser of their own, who sees to it that the pages are quiet and stay at home."""

import json
from importlib.resources import files

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
# No smooth scrolling: what is in sight is so at once.
DEFAULTS = {"viewport": DESKTOP, "locale": "en-US", "reduced_motion": "reduce"}
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")

# Rows of a table: their data attributes, and the text of each cell.
ROWS = """
    id => [...document.querySelectorAll(`#${id} > tbody > tr`)].map(row => ({
        data: {...row.dataset},
        cells: [...row.cells].map(cell => cell.innerText.trim()),
        times: [...row.querySelectorAll("time")].map(time => time.dateTime),
        percent: row.querySelector(".percent")?.innerText,
    }))
"""


class Visitor:
    """Size, language and colours are `options` of Playwright's for a new context."""

    def __init__(self, chromium, exporter, options):
        self.home, self.troubles = exporter.url, []
        self.context = chromium.new_context(**DEFAULTS | options)
        self.context.set_default_timeout(10_000)
        self.context.route("**/*", self._stay_home)
        self.page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.troubles.append(f"page error: {error}"))
        self.page.on("dialog", self._dialog)

    def go(self, path):
        """Loads a page; gives the answer."""
        return self.page.goto(f"{self.home}{path}")

    def go_missing(self, path):
        """Loads a page that is not there. Chromium complains of that itself."""
        answer = self.go(path)
        assert answer.status == 404
        complaint = self.troubles.pop()
        assert "404" in complaint, complaint
        return answer

    def rows(self, table):
        """The rows of a table, see ROWS."""
        return self.page.evaluate(ROWS, table)

    def texts(self, selector):
        """What the elements read, in order, invisible parts and white space included."""
        return self.page.locator(selector).all_text_contents()

    @property
    def path(self):
        """Path and query of the page."""
        return self.page.url.removeprefix(self.home)

    def assert_quiet(self):
        assert self.troubles == []
        assert self.context.cookies() == []
        assert self.page.evaluate("document.cookie") == ""

    def axe(self, rules):
        """What axe-core says against the page as it looks now: its violations."""
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(f"() => {{ {AXE} }}")
        run = json.dumps({"runOnly": {"type": "tag", "values": rules}, "resultTypes": ["violations"]})
        return self.page.evaluate(f"axe.run(document, {run})")["violations"]

    def _stay_home(self, route):
        if route.request.url.startswith(f"{self.home}/"):
            route.continue_()
        else:
            self.troubles.append(f"asks for {route.request.url}")
            route.abort()

    def _heard(self, message):
        if message.type in ("error", "warning"):
            self.troubles.append(f"{message.type}: {message.text}")

    def _dialog(self, dialog):
        self.troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()
