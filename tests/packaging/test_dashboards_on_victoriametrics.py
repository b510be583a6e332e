"""Every query of the dashboards has the same result in VictoriaMetrics as in Prometheus, with the same samples, except
those in `DIFFERENT`. VictoriaMetrics has no rows with the value NaN; the cells of tables are then empty."""

from contextlib import ExitStack

import pytest

import panel_products
import test_panel_numbers
from compared_results import compared
from consumers import VictoriaMetrics
from grafana_prometheus import prometheus_of
from panel_history import END, SHOWN
from panel_queries import panel_queries
from programs import go_program, running

CHANGES = "VictoriaMetrics counts the first sample of a series as a change, if the series begins in the time range"
DIFFERENT = {
    "metastudio-exporter: Restarts (A)": CHANGES,
    "metastudio-exporter: Restarts in the last hour (A)": CHANGES,
}
# Two replicas that disagree about a unit, of which either is right.
UNDEFINED = "units"
USERS = ("u1", "u2")


@pytest.fixture(scope="module")
def histories():
    """Series of two hours with all special cases of the dashboards."""
    histories = [*test_panel_numbers.history(), *panel_products.history()]
    return [history for history in histories if history.labels["job"] != UNDEFINED]


@pytest.fixture(scope="module")
def prometheus(histories, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(go_program("prometheus").parent), prepend=":")
        with prometheus_of(histories, tmp_path_factory.mktemp("prometheus")) as prometheus:
            yield prometheus


@pytest.fixture(scope="module")
def victoriametrics(histories, tmp_path_factory):
    directory = tmp_path_factory.mktemp("victoria-metrics")
    with ExitStack() as programs:

        def start(arguments, environment):
            return programs.enter_context(running(arguments, environment, directory))

        server = VictoriaMetrics(start, directory / "data")
        server.write_past("".join(history.lines for history in histories))
        yield server


def dashboard_queries():
    """Name and text of every query of a dashboard, for all jobs and for each user."""
    for user in USERS:
        # Of rows with the same value, VictoriaMetrics and Prometheus choose others for a `topk` that cannot have all.
        values = {"job": ".+", "user_id": user, "count_item": "idle", "time_item": "growing", "topn": "1000"}
        for query in panel_queries(**values, **SHOWN):
            yield str(query), query.query


def test_every_query_of_a_dashboard_has_the_same_result(prometheus, victoriametrics):
    different, with_rows = compared(prometheus, victoriametrics, dashboard_queries(), END)

    assert different.keys() == DIFFERENT.keys(), different
    # The others have nothing to show in these two hours.
    assert (len(with_rows), len({name for name, _ in dashboard_queries()})) == (134, 177)
