"""States of exporters that the dashboards must not embellish, and what all panels show in them.

Each scenario has its own cloud, exporter and Prometheus, so that "All" in every variable selects its targets only.
"""

import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import exposition
from grafana_variables import selection
from panel_queries import dashboards, panels
from panel_values import shown
from programs import free_port
from prometheus import NEXT_START_DIFFERS
from scenario_programs import Programs, limits, wait_for
from simulation import DAY

WORLD = ("--users=3", "--resources=2", "--speed=0")
# A product of each business type, one of them on demand, and a package with sub-resources.
PRODUCTS = "--products=16"
COLLECTORS = ["voice_training", "user_quotas", "tenant_resources"]
EMPTY = ("--users=0", "--resources=0", "--speed=0")
# The same in every run, with a positive limit of every item.
USER, COUNT_ITEM, TIME_ITEM = "67d534f1223167b43357894213e22775", "voice_clone_basic", "video_time_2d_model"
USED_UP = (COUNT_ITEM, "voice_clone_middle")
RESTARTS = 4
# The time range of graphs, in seconds. Other queries look back for an hour.
RANGE = 30


def healthy(programs):
    programs.start_cloud(*WORLD)
    programs.make_healthy()
    exporter = programs.start_exporter()
    return programs.start_prometheus(exporter.address)


def killed(programs):
    """The exporter is killed after it has been scraped."""
    programs.start_cloud(*WORLD)
    programs.make_healthy()
    exporter = programs.start_exporter()
    prometheus = programs.start_prometheus(exporter.address)
    exporter.program.kill()
    wait_for(prometheus, "up == 0")
    wait_for(prometheus, "absent(metastudio_exporter_build_info)")
    wait_for(prometheus, "ALERTS == 1 and on () absent({__name__=~'metastudio:.+'})")
    return prometheus


def restarting(programs):
    """The exporter restarts again and again before its first poll ends, because the cloud never sends a body."""
    programs.start_cloud("--fault=stalled", *WORLD)
    address = f"127.0.0.1:{free_port()}"
    exporter = programs.start_exporter(address)
    prometheus = programs.start_prometheus(address, polled=False)
    for restart in range(1, RESTARTS + 1):
        wait_for(prometheus, NEXT_START_DIFFERS)
        exporter.program.kill()
        exporter = programs.start_exporter(address)
        wait_for(prometheus, f"changes(process_start_time_seconds[1h]) == {restart}")
    return prometheus


def emptied(programs):
    """All resources and users of the project are deleted: a reload moves the exporter to a cloud with the same project
    and keys, so that no poll fails in between."""
    programs.start_cloud(*WORLD)
    programs.make_healthy()
    exporter = programs.start_exporter()
    prometheus = programs.start_prometheus(exporter.address)
    programs.start_cloud(*EMPTY)
    exporter.program.send_sighup()
    wait_for(prometheus, "metastudio_users == 0 and metastudio_voice_training_resources == 0")
    return prometheus


def exhausted(programs):
    """Two items of the user have been used up before the first scrape, and the usage of a third grows."""
    programs.start_cloud(*WORLD)
    limit = limits(programs.make_healthy())[USER]
    simulation = programs.simulation
    used_up = [simulation.usage(USER, item, int(limit[item])) for item in USED_UP]
    simulation.apply_edits(*used_up)
    exporter = programs.start_exporter()
    prometheus = programs.start_prometheus(exporter.address)
    for growth in range(1, 4):
        used = int(limit[TIME_ITEM]) // 2 + growth
        simulation.apply_edits(*used_up, simulation.usage(USER, TIME_ITEM, used))
        wait_for(prometheus, f"metastudio_user_quota_usage{{user_id='{USER}', item='{TIME_ITEM}'}} == {used * 60}")
    return prometheus


def refused(programs):
    """An API that has answered 403 from the start."""
    programs.start_cloud("--fault=forbidden@user_quotas", *WORLD)
    programs.make_healthy()
    exporter = programs.start_exporter()
    return programs.start_prometheus(exporter.address)


def with_products(programs):
    """The collector of all products is on. One product of each kind of trouble; the others are half used."""
    programs.start_cloud(*WORLD, PRODUCTS, collectors=COLLECTORS)
    programs.make_healthy()
    simulation, now = programs.simulation, time.time()
    trouble = {
        "VIDEO_2D": {"usage": 582},
        "VOICE_CLONE": {"usage": 17},
        "LIVE_2D": {"usage": 5},
        "ASSET_MANAGER": {"resource_expire_time": now - 3 * DAY},
        "MODELING_2D": {"resource_expire_time": now + 5 * DAY},
        "CHAT_2D": {"resource_expire_time": now + 20 * DAY},
        "SYNTHETICS_SOUND": {"status": 1},
        "MODELING_3D": {"amount": -1},
    }
    rows = [row for row in simulation.products() if row["business_type"] in trouble]
    simulation.apply_edits(*(simulation.product(row, **trouble[row["business_type"]]) for row in rows))
    exporter = programs.start_exporter()
    return programs.start_prometheus(exporter.address)


def without_targets(programs):
    """Prometheus has the job, but no target of it."""
    return programs.start_prometheus()


SCENARIOS = {
    "healthy": healthy,
    "killed": killed,
    "restarting": restarting,
    "emptied": emptied,
    "exhausted": exhausted,
    "refused": refused,
    "with products": with_products,
    "without targets": without_targets,
}


def run_all(binary, directory):
    """Runs all scenarios at the same time. Returns, by scenario, what every panel shows, as
    {(dashboard, panel ID): Shown}, and its `names`."""
    with ThreadPoolExecutor(len(SCENARIOS)) as threads:
        runs = {name: threads.submit(_run, name, binary, directory) for name in SCENARIOS}
        return {name: run.result() for name, run in runs.items()}


def _run(name, binary, directory):
    with ExitStack() as ends:
        programs = Programs(ends, binary, Path(tempfile.mkdtemp(dir=directory)))
        prometheus = SCENARIOS[name](programs)
        return all_panels(prometheus), names(prometheus)


def all_panels(prometheus):
    """What every panel shows now."""
    at = time.time()
    return {
        (name, panel["id"]): _panel(prometheus, panel, selected, at)
        for name, dashboard in dashboards().items()
        for selected in [
            selection(dashboard, prometheus, user_id=USER, count_item=COUNT_ITEM, time_item=TIME_ITEM)
        ]
        for panel in panels(dashboard)
    }


def _panel(prometheus, panel, selected, at):
    results = {}
    for target in panel["targets"]:
        query = selected.query(target["expr"])
        send = _range if target.get("range") else _instant
        results[target["refId"]] = send(prometheus, query, at)
    return shown(json.loads(selected.text(json.dumps(panel))), results)


def _instant(prometheus, query, at):
    rows = prometheus.ask("query", query=query, time=at)["result"]
    return _ordered([(row["metric"], [float(row["value"][1])]) for row in rows])


def _ordered(series):
    """Prometheus does not define the order of series with equal values. Sort them by their labels."""
    places = {}
    for place, (_, values) in enumerate(series):
        places.setdefault(str(values), []).append(place)
    ordered = list(series)
    for same in places.values():
        by_labels = sorted((series[place] for place in same), key=lambda row: sorted(row[0].items()))
        for place, row in zip(same, by_labels, strict=True):
            ordered[place] = row
    return ordered


def _range(prometheus, query, at):
    """Every line, with None at the times without a value."""
    start = at - RANGE
    lines = prometheus.ask("query_range", query=query, start=start, end=at, step=1)["result"]
    return [(line["metric"], _with_gaps(line["values"], start)) for line in lines]


def _with_gaps(points, start):
    values = [None] * (RANGE + 1)
    for timestamp, value in points:
        values[round(timestamp - start)] = float(value)
    return values


def names(prometheus):
    """Names for values of labels that differ in every run or in every version."""
    labels = ("instance", "revision", "rustversion", "version")
    values = {value: label.upper() for label in labels for value in prometheus.ask(f"label/{label}/values")}
    return {USER: "USER"} | values
