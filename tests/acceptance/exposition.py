"""Prometheus' text format, read by Prometheus' own Python library, as {(name, sorted labels): value}."""

from prometheus_client.parser import text_string_to_metric_families

OWN = "metastudio_exporter_"
VOLATILE = ("metastudio_last_success_timestamp_seconds", "metastudio_poll_duration_seconds")


def key(name, **labels):
    """What tells one series from all others."""
    return name, tuple(sorted(labels.items()))


def parse(text):
    """All samples; a series that comes twice is an error, as it is to Prometheus."""
    samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            series = key(sample.name, **sample.labels)
            if series in samples:
                raise ValueError(f"twice: {series}")
            samples[series] = sample.value
    return samples


def named(samples, *prefixes):
    """The samples whose names begin with one of `prefixes`."""
    return {series: value for series, value in samples.items() if series[0].startswith(prefixes)}


def data(samples):
    """The cloud's data and the polls' state, without what is about the exporter."""
    return {
        series: value
        for series, value in named(samples, "metastudio_").items()
        if not series[0].startswith(OWN)
    }


def steady(samples):
    """The data that is the same in every run."""
    return {series: value for series, value in data(samples).items() if series[0] not in VOLATILE}


def volatile(samples):
    """The data that tells when a poll was and how long it took."""
    return named(samples, *VOLATILE)
