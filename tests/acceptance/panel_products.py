"""Histories of products, written into the database of a Prometheus that scrapes nothing."""

from panel_history import END, always

DAY = 86400


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
