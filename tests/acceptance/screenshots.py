"""Takes the README's screenshots of the overview: `screenshots.py EXPORTER DIRECTORY`, or `make screenshots`.

The simulated world is the same each time; only its dates depend on the current day.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from browser import CHROMIUM_FLAGS, STATIC_WORLD
from exporter import Exporter
from programs import installed, running
from browser_tab import BrowserTab

WORLD = ("--users=250", "--resources=30", *STATIC_WORLD)
FAULTS = ("--fault=forbidden@user_quotas#staging",)
WIDTH, MARGIN = 1120, 24
COLOURS = 256
# In bytes. GitHub loads the screenshots with the README.
MAX_SIZE = 200_000

# Name, faults, options of the tab, and the first and last element of the screenshot.
SCREENSHOTS = (
    ("overview-light", (), {}, "body", "#available"),
    ("overview-zh", (), {"locale": "zh-CN"}, "body", "#available"),
    ("overview-dark", (), {"color_scheme": "dark"}, "#user-quotas", "#user-quotas"),
    ("overview-phone", (), {"viewport": {"width": 390, "height": 844}}, None, None),
    ("overview-failing", FAULTS, {}, "body", "#apis-section"),
)


def main(binary, directory):
    directory.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed("chromium"), args=CHROMIUM_FLAGS)
        for faults in ((), FAULTS):
            arguments = [binary.resolve(), "demo", "--web.listen-address=127.0.0.1:0", *WORLD, *faults]
            with tempfile.TemporaryDirectory() as home, running(arguments, {}, home) as program:
                exporter = Exporter(program)
                exporter.wait_until_polled()
                take_all(browser, exporter, directory, faults)
        browser.close()


def take_all(browser, exporter, directory, faults):
    """Takes the screenshots of the world with these faults."""
    for name, own, options, first, last in SCREENSHOTS:
        if own == faults:
            options = {"viewport": {"width": WIDTH, "height": 800}} | options
            take(BrowserTab(browser, options), exporter.url, directory / f"{name}.png", first, last)


def take(tab, home, path, first, last):
    """Takes a screenshot from the first to the last element; without elements, of the visible part of the page."""
    tab.open(home)
    tab.go("/")
    if first is None:
        tab.page.screenshot(path=path)
    else:
        top = tab.page.locator(first).bounding_box()["y"]
        box = tab.page.locator(last).bounding_box()
        top = max(0, top - MARGIN)
        clip = {"x": 0, "y": top, "width": WIDTH, "height": box["y"] + box["height"] + MARGIN - top}
        tab.page.screenshot(path=path, full_page=True, clip=clip)
    if problems := tab.reset():
        raise ValueError(problems)
    picture = Image.open(path).convert("RGB")
    # MAXCOVERAGE keeps the colours of the few green and red pixels.
    picture = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)
    size = path.stat().st_size
    if size > MAX_SIZE:
        raise ValueError(f"{path} has {size} bytes, more than {MAX_SIZE}")
    print(f"{path}: {size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
