"""A browser tab that records errors, dialogs, and requests to other hosts."""

import json
from importlib.resources import files

from programs import DEADLINE

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
# No smooth scrolling: an element is visible immediately.
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


class BrowserTab:
    """A tab in a browser context of its own. `options` are Playwright's: size, language, colour scheme."""

    def __init__(self, chromium, options):
        self.options, self.home, self.problems = options, "", []
        self.context = chromium.new_context(**DEFAULTS | options)
        self.context.set_default_timeout(DEADLINE * 1000)
        self.page = self.context.new_page()
        self.page.on("request", self._check_request)
        self.page.on("console", self._check_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        self.page.on("dialog", self._dismiss_dialog)

    def open(self, home):
        """Starts to use an exporter. Requests to other hosts are problems."""
        self.home = home
        self.page.emulate_media(color_scheme=self.options.get("color_scheme", "light"))

    def reset(self):
        """Leaves the exporter; returns and clears the problems since `open`."""
        self.page.goto("about:blank")
        problems = self.problems + [f"cookie: {cookie}" for cookie in self.context.cookies()]
        self.problems = []
        self.context.clear_cookies()
        return problems

    def go(self, path):
        """Loads a page by its path or by a link, which begins with a dot; returns the response."""
        return self.page.goto(f"{self.home}{path.removeprefix('.')}")

    def go_to_missing(self, path):
        """Loads a page that does not exist. Chromium itself logs an error about it."""
        answer = self.go(path)
        assert answer.status == 404
        complaint = self.problems.pop()
        assert "404" in complaint, complaint
        return answer

    def rows(self, table):
        """The rows of a table; see ROWS."""
        # After a click the page may still be arriving.
        self.page.wait_for_load_state()
        return self.page.evaluate(ROWS, table)

    def texts(self, selector):
        """The texts of the elements in order, including invisible parts and white space."""
        self.page.wait_for_load_state()
        return self.page.locator(selector).all_text_contents()

    @property
    def path(self):
        """Path and query of the page."""
        return self.page.url.removeprefix(self.home)

    def axe(self, rules):
        """The violations that axe-core finds on the current page."""
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(f"() => {{ {AXE} }}")
        run = json.dumps({"runOnly": {"type": "tag", "values": rules}, "resultTypes": ["violations"]})
        return self.page.evaluate(f"axe.run(document, {run})")["violations"]

    def _check_request(self, request):
        if not request.url.startswith((f"{self.home}/", "about:blank")):
            self.problems.append(f"request to another host: {request.url}")

    def _check_console(self, message):
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text}")

    def _dismiss_dialog(self, dialog):
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()
