"""The results of the same queries in two servers that have the same samples."""

import math


def compared(one, another, queries, at):
    """The queries with different results, by name with both results, and the names of those with the same rows."""
    different, with_rows = {}, set()
    for name, query in queries:
        results = _result(one, query, at), _result(another, query, at)
        if not _same(*results):
            different[name] = results
        elif results[0]:
            with_rows.add(name)
    return different, with_rows


def _result(server, query, at):
    """The rows of a query, or the error. VictoriaMetrics has no rows with the value NaN, and keeps the name of the metric
    in `min_over_time`."""
    try:
        rows = server.ask("query", query=query, time=at)["result"]
    except ValueError as error:
        return str(error)
    result = {}
    for row in rows:
        value = float(row["value"][1])
        if not math.isnan(value):
            result[tuple(sorted(label for label in row["metric"].items() if label[0] != "__name__"))] = value
    return result


def _same(one, another):
    """Whether two results are equal up to rounding. Two errors are not."""
    if isinstance(one, str) or isinstance(another, str):
        return False
    return one.keys() == another.keys() and all(
        math.isclose(value, another[row], rel_tol=1e-9, abs_tol=1e-9) for row, value in one.items()
    )
