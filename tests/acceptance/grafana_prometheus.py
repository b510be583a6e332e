"""A real Prometheus that answers as Grafana asks: for tables, for graphs, for the values of a variable."""

import time
from contextlib import ExitStack, contextmanager

from panel_queries import VARIABLE_QUERY
from past import write_past
from programs import running
from prometheus import Prometheus


@contextmanager
def prometheus_of(histories, directory):
    """Runs a Prometheus that has these histories and scrapes nothing."""
    write_past(directory, directory / "data", "".join(history.lines for history in histories))
    (directory / "prometheus.yml").write_text("{}\n", encoding="utf-8")
    with ExitStack() as programs:

        def start(arguments, environment):
            return programs.enter_context(running(arguments, environment, directory))

        yield GrafanaPrometheus(start, directory / "prometheus.yml", directory / "data")


class GrafanaPrometheus(Prometheus):
    """Sends the queries of Grafana: for tables, for graphs, for the values of a variable."""

    def rows(self, query, at=None):
        """The rows of an instant query, now or at a time: labels and value."""
        rows = self.ask("query", query=query, time=time.time() if at is None else at)["result"]
        return [(row["metric"], float(row["value"][1])) for row in rows]

    def lines(self, query):
        """The number of lines of a graph of the last seconds."""
        now = time.time()
        return len(self.ask("query_range", query=query, start=now - 3, end=now, step=1)["result"])

    def values_of_variable(self, query):
        """The values that Grafana's Prometheus data source returns for the query of a variable, before its regular
        expression."""
        selector, label, expression = VARIABLE_QUERY.fullmatch(query).groups()
        if label:
            return self.ask(f"label/{label}/values", **{"match[]": selector})
        return [
            "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + f"}} {value:g} 0"
            for labels, value in self.rows(expression)
        ]
