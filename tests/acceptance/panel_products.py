"""Histories of products for the panels: one job for each case, so that the variable `job` selects it."""

import math

from panel_history import END, HOUR, MINUTE, History, always, growing

DAY = 24 * HOUR


class Product:
    """A row of the list of all products."""

    def __init__(self, resource_id, resource_type="TYPE", business_type="VIDEO_2D", sub_resource_type="", unit="count"):
        self._key = {
            "project": "p",
            "resource_id": resource_id,
            "resource_type": resource_type,
            "business_type": business_type,
            "sub_resource_type": sub_resource_type,
        }
        self._unit = unit
        self.samples = []

    def listed(self, charging_mode="PERIODIC", status=0):
        """Every product has these."""
        info = {"charging_mode": charging_mode, "resource_source": "PURCHASED", "order_id": ""}
        self._add("info", always(1), **info)
        self._add("status", always(status))
        return self

    def used(self, usage, amount=None):
        """Usage and amount: points, or a number that does not change. Without an amount, the product has no limit."""
        self._add("usage", _points(usage), unit=self._unit)
        if amount is not None:
            self._add("amount", _points(amount), unit=self._unit)
        return self

    def expires(self, seconds):
        """When it expires, from the end of the history."""
        self._add("expiry_timestamp_seconds", always(END + seconds))
        return self

    def _add(self, name, points, **labels):
        # Prometheus drops empty labels.
        present = {key: value for key, value in (self._key | labels).items() if value}
        self.samples.append((f"metastudio_resource_{name}", points, present))


def _points(value):
    return always(value) if isinstance(value, (int, float)) else value


def lists_products(history, *products):
    """A project of which the exporter polls the list of all products."""
    history.runs().polls("p", "tenant_resources")
    which = {"project": "p", "collector": "tenant_resources", "reason": "server"}
    history.add("metastudio_exporter_poll_failures_total", always(0), **which)
    history.add("metastudio_resources", always(len(products)), project="p")
    for product in products:
        for name, points, labels in product.samples:
            history.add(name, points, **labels)
    return history


def history():
    yield lists_products(History("used"), *used())
    yield lists_products(History("trends"), *trends())
    yield lists_products(History("forecasts"), *forecasts())
    yield lists_products(History("expiry"), *expiry())
    yield lists_products(History("kinds"), *kinds())
    yield lists_products(History("limitless"), *limitless())
    yield lists_products(History("unusable"), *unusable())
    for job, instance in (("replicas", "a:10036"), ("replicas", "b:10036"), ("others", "a:10036")):
        yield lists_products(History(job, instance), Product("r").listed().used(90, 100).expires(5 * DAY))
    for instance, unit in (("a:10036", "count"), ("b:10036", "times")):
        yield lists_products(History("units", instance), Product("r", unit=unit).listed().used(5, 5).expires(DAY))
    yield lists_products(History("empty"))
    off = History("off").runs().polls("p", "voice_training")
    which = {"project": "p", "collector": "voice_training", "reason": "server"}
    yield off.add("metastudio_exporter_poll_failures_total", always(0), **which)
    yield both_lists()


def used():
    """Both sides of the bounds of the utilisation."""
    for name, usage, amount in (
        *(("79.9", 79.9, 100), ("80", 80, 100), ("94.9", 94.9, 100), ("95", 95, 100), ("99.5", 99.5, 100)),
        *(("100", 100, 100), ("105", 105, 100), ("of 0", 1, 0), ("0 of 0", 0, 0), ("0", 0, 100)),
    ):
        yield Product(name).listed().used(usage, amount)
    yield Product("other status").listed(status=7).used(81, 100)
    yield Product("no usage").listed()


def trends():
    hour = END - HOUR
    yield Product("steady", unit="seconds").listed().used(1800, 3600)
    # A second each second: two hours are left.
    yield Product("growing", unit="seconds").listed().used(growing(60, of=36_000), 36_000 + 7200)
    # 5 a minute until the top-up an hour ago, and 1 a minute since. 40 are left.
    before = [(at, 460 - 5 * (hour - at) / MINUTE) for at, _ in always(0) if at < hour]
    after = [(at, 460 + (at - hour) / MINUTE) for at, _ in always(0) if at >= hour]
    amounts = [(at, 500 if at < hour else 560) for at, _ in always(0)]
    yield Product("topped up").listed().used(before + after, amounts)
    # 60 used since the reset an hour ago, 1 a minute.
    after = [(at, (at - hour) / MINUTE) for at, _ in always(0) if at >= hour]
    yield Product("reset").listed().used([(at, 4000) for at, _ in before] + after, 100)
    # A smaller amount is no top-up.
    amounts = [(at, 1400 if at < hour else 1300) for at, _ in always(0)]
    yield Product("reduced").listed().used(growing(2, of=1200), amounts)


def forecasts():
    """1 a minute, on both sides of a day and of a week; used up; and growing products that cannot be used."""
    for left in (1430, 1450, 10_070, 10_090):
        yield Product(f"{left} left").listed().used(growing(1, of=1000), 1000 + left)
    yield Product("used up").listed().used(5, 5)
    yield Product("steady").listed().used(4, 5)
    yield Product("unlimited").listed().used(growing(1, of=1000), math.inf)
    yield Product("frozen").listed(status=1).used(growing(1, of=1000), 1001)
    yield Product("expired").listed().used(growing(1, of=1000), 1001).expires(-60)
    yield Product("on demand").listed("ON_DEMAND").used(growing(1, of=1000), 1001)


def expiry():
    """Both sides of the bounds of the days."""
    for days in (7, 30, 90):
        yield Product(f"before {days}").listed().used(10, 100).expires(days * DAY - 60)
        yield Product(f"at {days}").listed().used(10, 100).expires(days * DAY)
    yield Product("now").listed().used(10, 100).expires(0)
    yield Product("next").listed().used(10, 100).expires(60)
    yield Product("past").listed().used(10, 100).expires(-DAY)
    yield Product("time", unit="seconds").listed().used(1800, 9000).expires(100 * DAY)
    yield Product("unlimited").listed().used(10, math.inf).expires(101 * DAY)
    yield Product("on demand").listed("ON_DEMAND").used(10).expires(102 * DAY)
    yield Product("unknown").listed().expires(103 * DAY)
    yield Product("never").listed().used(10, 100)


def kinds():
    video = ("VIDEO_2D_TIME", "VIDEO_2D", "", "seconds")
    yield Product("v1", *video).listed().used(18_000, 36_000).expires(DAY)
    yield Product("v2", *video).listed().used(9000, 36_000)
    yield Product("expired", *video).listed().used(1, 36_000).expires(-60)
    yield Product("frozen", *video).listed(status=1).used(1, 36_000)
    yield Product("on demand", *video).listed("ON_DEMAND").used(1)
    package = ("FLEXUS_2D_PACKAGE", "FLEXUS_2D")
    yield Product("f", *package).listed().used(0, 1)
    yield Product("f", *package, "video_time_flexus_2d_model", "seconds").listed().used(7200, 7200)
    yield Product("f", *package, "voice_clone_flexus").listed().used(4, 10)
    yield Product("s", "ASSET_STORAGE", "ASSET_MANAGER", "", "gigabytes").listed().used(12.5, 50)
    # What is used beyond one amount does not make the others smaller.
    yield Product("w1", "TTSA_3D_WORDS", "TTSA_3D", "", "words").listed().used(150_000, 100_000)
    yield Product("w2", "TTSA_3D_WORDS", "TTSA_3D", "", "words").listed().used(20_000, 100_000)
    yield Product("l", "LIVE_2D_CHANNEL", "LIVE_2D", "", "channels").listed().used(2, math.inf)
    yield Product("u", "HOLOGRAM", "HOLOGRAM_4D", "", "light_year").listed().used(1, 4)


def limitless():
    yield Product("time", unit="seconds").listed("ON_DEMAND").used(growing(30, of=7200))
    # What the API reports for it is not documented. An amount of 0 is no quota.
    yield Product("with amount").listed("ON_DEMAND").used(5, 0)
    yield Product("without usage").listed("ON_DEMAND")
    yield Product("unlimited").listed().used(growing(1, of=300), math.inf)
    yield Product("limited").listed().used(10, 100)


def unusable():
    yield Product("used up").listed().used(5, 5)
    yield Product("almost").listed().used(4.9, 5)
    yield Product("frozen").listed(status=1).used(5, 5)
    yield Product("other").listed(status=7).used(1, 5)
    yield Product("expired").listed().used(5, 5).expires(-2 * DAY)
    yield Product("later").listed().used(1, 5).expires(60)


def both_lists():
    """A voice training resource in both lists and one in its own list only; products on both sides of the bounds."""
    of = lists_products(
        History("both"),
        Product("shared", "VOICE_CLONE_PACKAGE", "VOICE_CLONE").listed().used(9, 10).expires(400 * DAY),
        Product("79.9").listed().used(79.9, 100),
        Product("95").listed().used(95, 100).expires(100 * DAY),
        Product("after 30", "P", "FLEXUS_2D", "sub").listed().used(1, 10).expires(30 * DAY + 60),
        Product("at 30").listed().used(1, 10).expires(30 * DAY),
        Product("frozen").listed(status=1).used(1, 10),
        Product("expired").listed().used(1, 10).expires(-29 * DAY),
        Product("long ago").listed().used(10, 10).expires(-30 * DAY),
        Product("on demand").listed("ON_DEMAND").used(10, 0).expires(DAY),
        Product("of 0").listed(status=1).used(1, 0).expires(DAY),
    )
    for resource_id, left, days in (("shared", 1, 400), ("own", 2, 14)):
        which = {"project": "p", "resource_id": resource_id, "resource_type": "BASIC"}
        attributes = dict.fromkeys(("asset_id", "charge_mode", "resource_source", "operation_type"), "x")
        for name, value, labels in (
            *(("models", 8, {}), ("models_available", left, {}), ("status", 0, {}), ("info", 1, attributes)),
            ("expiry_timestamp_seconds", END + days * DAY, {}),
        ):
            of.add(f"metastudio_voice_training_resource_{name}", always(value), **which, **labels)
    return of
