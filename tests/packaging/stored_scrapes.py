"""What a program stored, compared with the scrapes that the exporter sent."""

import math

import exposition
from consumers import TARGET_LABELS
from programs import wait_until

JOB = "metastudio-exporter"


def as_stored(samples):
    """The samples as all consumers store them: a label without a value is no label. `le` is a number here: Prometheus 3
    stores `le="1"` as `le="1.0"`, VictoriaMetrics as it is."""
    return {
        (name, tuple((label, float(text) if label == "le" else text) for label, text in labels if text)): value
        for (name, labels), value in samples.items()
    }


def same(stored, scrape, digits):
    """Whether a consumer stored a scrape with this many significant digits."""
    return stored.keys() == scrape.keys() and all(
        math.isclose(stored[series], value, rel_tol=10**-digits if digits else 0) for series, value in scrape.items()
    )


def stored_series(consumer, **labels):
    """The samples of a target in a consumer: those of the exporter, and those that the consumer added."""
    rows = consumer.query_rows('{__name__!=""}')
    ours, added = {}, {}
    for row in rows:
        target = {name: row["metric"].pop(name, None) for name in ("job", "instance")}
        if target != labels:
            continue
        name = row["metric"].pop("__name__")
        samples = added if name == "up" or name.startswith("scrape_") else ours
        samples[exposition.key(name, **row["metric"])] = float(row["value"][1])
    return as_stored(ours), added


def targets(consumer):
    """The labels of all targets of which a consumer has any series."""
    return {(row["metric"].get("job"), row["metric"].get("instance")) for row in consumer.query_rows('{__name__!=""}')}


def with_labels_of_target(samples, labels):
    """A series has the labels of the target that it has not itself."""
    return {exposition.key(name, **labels | dict(own)): value for (name, own), value in samples.items()}


def assert_stores_what_it_scraped(consumer, recorder, paths, added, digits=None):
    """`paths` are those of the scrapes by `instance`. Without `digits`, all values are exact. A single target has
    `TARGET_LABELS`."""
    labels = TARGET_LABELS if len(paths) == 1 else {}

    def expected(scrape):
        return as_stored(with_labels_of_target(scrape, labels))

    for instance, path in paths.items():

        def stores_a_scrape():
            stored, _ = stored_series(consumer, job=JOB, instance=instance)
            return stored and any(same(stored, expected(scrape), digits) for scrape in recorder.scrapes(path))

        try:
            wait_until(stores_a_scrape, "it stores one whole scrape", deadline=60)
        except TimeoutError:
            stored, _ = stored_series(consumer, job=JOB, instance=instance)
            assert stored == expected(next(recorder.scrapes(path), {}))
            raise
        stored, own = stored_series(consumer, job=JOB, instance=instance)
        assert {name for name, _ in own} == added
        assert {own_labels for _, own_labels in own} == {tuple(labels.items())}
        assert own[exposition.key("up", **labels)] == 1
        assert own[exposition.key("scrape_samples_scraped", **labels)] == len(stored)
        assert own[exposition.key("scrape_samples_post_metric_relabeling", **labels)] == len(stored)
    assert targets(consumer) == {(JOB, instance) for instance in paths}
    assert recorder.paths() == set(paths.values())
