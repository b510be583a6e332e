"""Takes the README's pictures of the overview: `screenshots.py EXPORTER DIRECTORY`, or `make screenshots`.

The same world each time: only its dates move with the day.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from browser import CHROMIUM_FLAGS, STANDING_STILL
from exporter import Exporter
from programs import installed, running
from visitor import Visitor

# An API that fails belongs into the picture.
WORLD = ("--users=250", "--resources=30", "--fault=forbidden@user_quotas#staging", *STANDING_STILL)
WIDTH, MARGIN = 1120, 24
COLOURS = 256
# GitHub shows them to everybody who opens the README.
LARGEST = 200_000

# Name, the visitor's options, and the elements that the picture begins and ends with.
PICTURES = (
    ("overview-light", {}, "body", "#available"),
    ("overview-zh", {"locale": "zh-CN"}, "body", "#available"),
    ("overview-dark", {"color_scheme": "dark"}, "#user-quotas", "#user-quotas"),
    ("overview-phone", {"viewport": {"width": 390, "height": 844}}, None, None),
)


def main(binary, directory):
    directory.mkdir(parents=True, exist_ok=True)
    arguments = [binary.resolve(), "demo", "--web.listen-address=127.0.0.1:0", *WORLD]
    with tempfile.TemporaryDirectory() as home, running(arguments, {}, home) as program, sync_playwright() as playwright:
        exporter = Exporter(program)
        exporter.wait_until_polled()
        browser = playwright.chromium.launch(executable_path=installed("chromium"), args=CHROMIUM_FLAGS)
        for name, options, first, last in PICTURES:
            options = {"viewport": {"width": WIDTH, "height": 800}} | options
            take(Visitor(browser, exporter, options), directory / f"{name}.png", first, last)
        browser.close()


def take(visitor, path, first, last):
    """Takes the part of the page from one element to another; without elements, what is in the window."""
    visitor.go("/")
    if first is None:
        visitor.page.screenshot(path=path)
    else:
        top = visitor.page.locator(first).bounding_box()["y"]
        box = visitor.page.locator(last).bounding_box()
        top = max(0, top - MARGIN)
        clip = {"x": 0, "y": top, "width": WIDTH, "height": box["y"] + box["height"] + MARGIN - top}
        visitor.page.screenshot(path=path, full_page=True, clip=clip)
    visitor.assert_quiet()
    Image.open(path).convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    if size > LARGEST:
        raise ValueError(f"{path} has {size} bytes, more than {LARGEST}")
    print(f"{path}: {size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
