"""What needs a person: first on the overview, in view on a phone, with the numbers of the metrics and links to the rows."""

import re

import pytest

import exposition
from simulation import DAY, Simulation

pytest_plugins = ["browser"]

PHONE = {"width": 390, "height": 844}
FOLDED_FROM = 6
HIGH, RUNNING_OUT = 0.8, 0.95
NUMBER = re.compile(r"[\d,]+")
WORDS = {"critical": "Critical", "warning": "Warning"}


def test_the_lines_match_the_metrics(visit, demo, metrics):
    page = visit(demo)

    products = Products(metrics)
    expected = {
        "products-expired": len(products.expiring(-30, 0)),
        "products-running-out": len(products.used(RUNNING_OUT, 1)),
        "expires-7d": len(expiring(metrics, 0, 7)),
        "products-expires-7d": len(products.expiring(0, 7)),
        "frozen": len([place for place in lossy(metrics) if status(metrics, place) == 1]),
        "products-frozen": len(products.frozen),
        "products-high": len(products.used(HIGH, RUNNING_OUT)),
        "used-up": len(users(metrics, 1, 2)),
        "running-out": len(users(metrics, RUNNING_OUT, 1)),
        "products-expires-30d": len(products.expiring(7, 30)),
        "expires-30d": len(expiring(metrics, 7, 30)),
    }
    found = lines(page)
    # Those with the same time left are in any order.
    assert {line["id"] for line in found} == {"nothing-to-train", *expected}
    assert found[0]["id"] == "nothing-to-train"
    assert {line["id"]: number(line["sentence"]) for line in found[1:]} == expected
    assert [line["severity"] for line in found] == ["critical"] * 5 + ["warning"] * 7
    assert all(line["badge"] == WORDS[line["severity"]] for line in found)
    assert page.texts("#more-attention summary") == ["6 more"]
    assert page.page.locator("[data-summary]").count() == 0


def test_each_line_leads_to_the_rows_that_it_counts(visit, demo):
    page = visit(demo)
    for line in lines(page):
        page.go(line["href"])
        table = line["href"].removeprefix("./").split("?")[0]
        rows = page.rows(table)
        marks = [row["data"].get("marks", "").split() for row in rows]
        match line["id"].removeprefix("products-"):
            case "used-up":
                assert {row["data"]["level"] for row in rows} == {"used-up"}
            case "running-out" if table == "products":
                assert all("running-out" in mark for mark in marks)
            case "running-out":
                assert {row["data"]["level"] for row in rows} == {"running-out"}
            case "high":
                assert all("high" in mark for mark in marks)
            case "expired":
                assert all("expired" in mark for mark in marks)
            case "frozen":
                assert all("frozen" in mark for mark in marks)
            case "expires-7d":
                assert all("expires-very-soon" in mark for mark in marks)
            case "expires-30d":
                # The list has the resources that expire within 7 days too.
                marks = [mark for mark in marks if "expires-very-soon" not in mark]
                rows = [row for row in rows if "expires-very-soon" not in row["data"]["marks"]]
                assert all("expires-soon" in mark for mark in marks)
        if line["id"] != "nothing-to-train":
            assert len(rows) == number(line["sentence"]), line
        assert {row["data"]["project"] for row in rows} >= set(line["projects"])


def test_the_figures_of_the_totals_lead_to_the_rows_that_they_count(visit, demo):
    page = visit(demo)
    links = page.page.locator("[data-total] .notes a").all()
    places = [(link.get_attribute("href"), number(link.inner_text())) for link in links]
    assert len(places) == 14

    for href, counted in places:
        page.go(href)
        assert number(page.texts("#levels [aria-current] .count")[0]) == counted, href


@pytest.mark.parametrize("world", ["demo", "failing"])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_the_list_is_in_view_on_a_phone(visit, request, world, locale):
    page = visit(request.getfixturevalue(world), locale=locale, viewport=PHONE)

    boxes = [line.bounding_box() for line in page.page.locator("#attention > ul [data-attention]").all()]
    assert len(boxes) == FOLDED_FROM
    assert max(box["y"] + box["height"] for box in boxes) <= PHONE["height"]
    # The totals come next, a few lines each.
    cards = [card.bounding_box() for card in page.page.locator("[data-total]").all()]
    assert boxes[-1]["y"] < cards[0]["y"]
    assert all(card["height"] < 140 for card in cards), cards
    tables = page.page.locator("table").all()
    assert cards[-1]["y"] < min(table.bounding_box()["y"] for table in tables)
    assert page.page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0


def test_a_failing_api_comes_first_with_its_reason(visit, failing):
    page = visit(failing)

    found = [(line["severity"], line["sentence"], line["projects"]) for line in lines(page)[:2]]

    assert found == [
        ("critical", "User quotas failing: The cloud failed. No poll has succeeded yet.", ["production"]),
        (
            "critical",
            "Voice training resources failing: The credentials may not call this API. No poll has succeeded yet.",
            ["staging"],
        ),
    ]
    assert page.texts("[data-summary=partly]") == ["1 of 8 APIs has not been polled yet."]
    page.page.click("[data-attention=failing] a >> nth=0")
    assert page.path == "/?project=production#apis-section"
    assert page.page.locator("#apis-section").bounding_box()["y"] < page.page.viewport_size["height"]
    assert page.rows("apis")[0]["data"]["state"] == "fails"


def test_further_lines_are_folded(visit, run_demo):
    faults = ("odd-fields", "moving-list@user_quotas", "iam-forbidden")
    with run_demo(*(f"--fault={name}" for name in faults)) as exporter:
        page = visit(exporter, viewport=PHONE)
        shown = page.page.locator("[data-attention]:visible")
        assert shown.count() == FOLDED_FROM
        every = page.page.locator("[data-attention]").count()
        assert page.texts("#more-attention summary") == [f"{every - FOLDED_FROM} more"]

        page.page.locator("summary").focus()
        page.page.keyboard.press("Enter")

        assert shown.count() == every
        kinds = {line["id"] for line in lines(page)}
        assert {"failing", "invalid-values", "inconsistent"} <= kinds
        # An incomplete list is not OK.
        states = {(row["data"]["collector"], row["data"]["state"], row["cells"][2]) for row in page.rows("apis")}
        assert ("user_quotas", "incomplete", "Incomplete") in states
        assert colour(page, ".badge.incomplete") == colour(page, ".badge.warning") != colour(page, "#main")


def test_nothing_is_green_only_while_nothing_needs_a_person(visit, simulate, serve):
    variables = simulate("--users=20", "--resources=20", "--speed=0")
    cloud = Simulation(variables)
    exporter = serve(variables, "--poll.interval=1s", "--poll.requests-per-second=1000")
    exporter.wait_until_polled()
    samples = exporter.scrape()
    cloud.make_healthy(samples)
    page = visit(exporter)

    load_until(page, exporter, lambda: page.texts("[data-summary]") == ["Nothing: all 2 APIs are OK."])
    assert lines(page) == []
    assert colour(page, "[data-summary=nothing]") == colour(page, "#totals .fine")

    resource = resource_ids(samples)[0]
    cloud.apply_edits(cloud.status(resource, 1))
    load_until(page, exporter, lambda: [line["id"] for line in lines(page)] == ["frozen"])
    assert page.texts("[data-summary]") == []

    # A frozen resource with nothing left loses nothing.
    cloud.apply_edits(cloud.status(resource, 1), cloud.available(resource, 0))
    load_until(page, exporter, lambda: "frozen" not in [line["id"] for line in lines(page)])
    page.go("/resources?sort=state")
    row = page.page.locator(f"#resources tr[data-resource='{resource}']")
    badges = row.locator(".badge")
    assert badges.all_inner_texts() == ["Frozen", "Used up"]
    assert badges.first.get_attribute("class") == "badge muted"


def test_nothing_is_known_before_the_first_poll(visit, simulate, serve):
    cloud = simulate("--fault=stalled", "--speed=0")
    exporter = serve(cloud)

    page = visit(exporter)

    assert page.texts("[data-summary=unknown]") == ["Not known yet: no API has been polled."]
    assert colour(page, "[data-summary]") == colour(page, "#main")
    assert page.page.locator(".fine, .badge.works").count() == 0


def lines(page):
    """The lines about what needs a person, in order."""
    page.page.wait_for_load_state()
    return page.page.evaluate("""
        () => [...document.querySelectorAll("[data-attention]")].map(line => ({
            id: line.dataset.attention,
            severity: line.dataset.severity,
            badge: line.querySelector(".badge").textContent,
            sentence: line.querySelector("a").textContent,
            href: line.querySelector("a").getAttribute("href"),
            projects: [...line.querySelectorAll(".name")].map(name => name.textContent),
        }))
    """)


def load_until(page, exporter, condition):
    """Loads the overview until the condition is met."""

    def met():
        page.go("/")
        return condition()

    exporter.program.wait_until(met, "the overview shows the change")


def colour(page, selector):
    return page.page.locator(selector).first.evaluate("element => getComputedStyle(element).color")


def number(text):
    return int(NUMBER.match(text)[0].replace(",", ""))


def users(metrics, least, below):
    """Users whose highest utilisation is in this range."""
    return [user for user, found in metrics.highest_utilisation.items() if least <= found < below]


def lossy(metrics):
    """Labels of the resources with models left."""
    left = metrics.series("metastudio_voice_training_resource_models_available")
    return [labels for labels, models in left if models > 0]


def status(metrics, labels):
    return metrics.value("metastudio_voice_training_resource_status", **labels)


def expiring(metrics, least, below):
    """Resources with models left that expire in this range of days."""
    now = metrics.total("process_start_time_seconds")
    times = [metrics.value("metastudio_voice_training_resource_expiry_timestamp_seconds", **labels) for labels in lossy(metrics)]
    return [time for time in times if time is not None and least * DAY <= time - now < below * DAY]


class Products:
    """The products with something to lose, by the metrics."""

    def __init__(self, metrics):
        self._metrics = metrics
        amounts = metrics.series("metastudio_resource_amount")
        on_demand = [labels for labels, _ in metrics.series("metastudio_resource_info") if labels["charging_mode"] == "ON_DEMAND"]
        assert len(on_demand) == 4
        # Of a package only the sub-resources count.
        packages = {labels["resource_id"] for labels, _ in amounts if labels["sub_resource_type"]}
        self._ratios = [
            (labels, metrics.value("metastudio_resource_usage", **labels) / amount)
            for labels, amount in amounts
            if labels["sub_resource_type"] or labels["resource_id"] not in packages
        ]
        self._lossy = [_without_unit(labels) for labels, ratio in self._ratios if ratio < 1]

    @property
    def frozen(self):
        return [labels for labels in self._lossy if self._metrics.value("metastudio_resource_status", **labels) == 1]

    def used(self, least, below):
        """Those whose utilisation is in this range and that can be used."""
        found = [_without_unit(labels) for labels, ratio in self._ratios if least <= ratio < below]
        return [labels for labels in found if labels not in self.frozen and labels not in self.expiring(-999, 0)]

    def expiring(self, least, below):
        """Those that expire in this range of days."""
        now = self._metrics.total("process_start_time_seconds")
        expiry = lambda labels: self._metrics.value("metastudio_resource_expiry_timestamp_seconds", **labels)
        times = [(labels, expiry(labels)) for labels in self._lossy]
        return [labels for labels, time in times if time is not None and least * DAY <= time - now < below * DAY]


def _without_unit(labels):
    return {name: value for name, value in labels.items() if name != "unit"}


def resource_ids(samples):
    """The resources that expire, sorted."""
    series = exposition.rows(samples, "metastudio_voice_training_resource_expiry_timestamp_seconds")
    return sorted(labels["resource_id"] for labels, _ in series)
