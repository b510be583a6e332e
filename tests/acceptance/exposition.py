"""Prometheus' text format, read by Prometheus' own Python library, as {(name, sorted labels): value}."""

from prometheus_client.parser import text_string_to_metric_families

OWN = "metastudio_exporter_"
VOLATILE = ("metastudio_last_success_timestamp_seconds", "metastudio_poll_duration_seconds")


def key(name, /, **labels):
    """The key of a series in a dictionary of samples."""
    return name, tuple(sorted(labels.items()))


def parse(text):
    """All samples. A duplicate series is an error, as in Prometheus."""
    samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            series = key(sample.name, **sample.labels)
            if series in samples:
                raise ValueError(f"duplicate series: {series}")
            samples[series] = sample.value
    return samples


def with_prefix(samples, *prefixes):
    """The samples whose names begin with one of `prefixes`."""
    return {series: value for series, value in samples.items() if series[0].startswith(prefixes)}


def rows(samples, name):
    """Labels and value of every series with this name."""
    return [(dict(labels), value) for (found, labels), value in samples.items() if found == name]


def of_projects(samples, names):
    """The samples whose label `project` is one of `names`."""
    return {series: value for series, value in samples.items() if dict(series[1]).get("project") in names}


def data(samples):
    """The cloud's data and the state of polls, without the exporter's own metrics."""
    return {
        series: value
        for series, value in with_prefix(samples, "metastudio_").items()
        if not series[0].startswith(OWN)
    }


def steady(samples):
    """The data that is the same in every run."""
    return {series: value for series, value in data(samples).items() if series[0] not in VOLATILE}


def volatile(samples):
    """The data that depends on when a poll ran and how long it took."""
    return with_prefix(samples, *VOLATILE)
