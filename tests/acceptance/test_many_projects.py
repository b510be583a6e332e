"""Hundreds of projects of several accounts and clouds from one file, some of which go wrong, each in its own way."""

import socket
from contextlib import contextmanager

import configuration
import expected
import exposition
import loopback
from cloud import Cloud
from configuration import Credentials
from expected import COLLECTORS
from programs import free_port

# With the latency, those that are asked for at a time would pile up if nothing held them back.
MANY = ("--projects=500", "--accounts=3", "--users=5", "--resources=3", "--speed=0", "--latency=100ms")
# Lists of two pages each.
LONG = ("--projects=2", "--users=150", "--resources=110", "--speed=0")
MACHINE = 2
ONE_POLL = ("--poll.interval=24h", "--poll.max-staleness=48h")
# How long those that are never answered take.
SHORT_PATIENCE, LONG_PATIENCE = "--poll.timeout=10s", "--poll.timeout=10m"
# 32 projects of an endpoint at a time, two APIs, four pages of each.
MOST_IN_FLIGHT = 32 * 2 * 4

# How the poll of each API ends, None for well: (voice_training, user_quotas).
WELL = (None, None)
FAULTS = {
    "forbidden@user_quotas": (None, "forbidden"),
    "server-error": ("server", "server"),
    "stalled": ("timeout", "timeout"),
    "redirect": ("redirect", "redirect"),
    "not-json": ("decode", "decode"),
    "too-large@voice_training": ("too_large", None),
    "cut-body": WELL,
    "flaky": WELL,
    "throttled": WELL,
    "skewed-clock": WELL,
}
LONG_FAULTS = {"failing-page@voice_training": ("server", None), "moving-list": WELL}
OTHERS = {"wrong-key": ("auth", "auth"), "dead": ("connect", "connect"), "silent": ("timeout", "timeout")}
ENDS = FAULTS | LONG_FAULTS | OTHERS
UNTRUE = {"moving-list"} | {name for name, ends in ENDS.items() if ends != WELL}


@contextmanager
def silence():
    """The address of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_every_project_is_polled_and_shows_what_is_true_or_why_not(simulate, serve, tmp_path):
    many, long = Cloud(simulate(*MANY)), Cloud(simulate(*LONG))
    many.set_machine_account(MACHINE)
    with silence() as silent:
        projects = [*some_troubled(many, tmp_path, silent), *all_troubled(long, tmp_path)]
        assert len(projects) == 500 + 2
        file = configuration.write(tmp_path / "many.yml", projects)
        exporter = serve({}, *ONE_POLL, SHORT_PATIENCE, f"--config.file={file}")
        exporter.wait_until_polled()
    samples = exporter.scrape()

    ends = {
        (project["name"], collector): end
        for project in projects
        for collector, end in zip(COLLECTORS, ENDS.get(project["name"], WELL))
    }
    assert by_poll(samples, "metastudio_up") == {poll: float(end is None) for poll, end in ends.items()}
    assert failures(samples) == {(*poll, end): 1 for poll, end in ends.items() if end}
    consistent = by_poll(samples, "metastudio_snapshot_consistent")
    assert consistent == {poll: float(poll[0] != "moving-list") for poll, end in ends.items() if not end}
    true = [project for project in projects if project["name"] not in UNTRUE]
    assert len(true) == 500 + 2 - 11
    assert of_projects(exposition.steady(samples), true) == truth(many, true)
    assert 0 < many.most_in_flight() <= MOST_IN_FLIGHT


def test_no_project_waits_for_those_of_endpoints_that_are_dead_or_silent(simulate, serve, tmp_path):
    cloud = Cloud(simulate("--projects=120", "--users=1", "--resources=1"))
    # More of each than are polled at a time; of the cloud that is well one project is never answered.
    lost, (stalled, *well) = projects_of(cloud, tmp_path, "lost")[:80], projects_of(cloud, tmp_path, "well")[80:]
    cloud.set_faults(f"stalled#{stalled['project_id']}")
    with silence() as silent:
        for place, project in enumerate(lost):
            project["endpoint"] = f"http://{silent}" if place % 2 else f"http://127.0.0.1:{free_port()}"
        file = configuration.write(tmp_path / "lost.yml", [*lost, stalled, *well])
        exporter = serve({}, *ONE_POLL, LONG_PATIENCE, f"--config.file={file}")
        for project in well:
            exporter.program.wait_until(lambda: ups_of(exporter, project) == [1, 1], "it is polled")

        assert ups_of(exporter, stalled) == []
        assert [ups_of(exporter, project) for project in lost[1::2]] == [[]] * 40, "still waiting"


def test_no_project_waits_for_those_of_a_silent_endpoint_with_the_same_key(simulate, serve, tmp_path):
    cloud = Cloud(simulate("--projects=41", "--users=1", "--resources=1"))
    *lost, well = projects_of(cloud, tmp_path, "key")
    with silence() as silent:
        for project in lost:
            project["endpoint"] = f"http://{silent}"
        file = configuration.write(tmp_path / "lost.yml", [*lost, well])
        exporter = serve({}, *ONE_POLL, LONG_PATIENCE, f"--config.file={file}")
        exporter.program.wait_until(lambda: ups_of(exporter, well) == [1, 1], "it is polled")


def some_troubled(cloud, directory, silent):
    """All projects of a cloud, the first of which have troubles, and are named after them."""
    projects = with_all_kinds_of_credentials(cloud, directory)
    access_key, _ = cloud.new_access_key(0)
    changes = dict.fromkeys(FAULTS, {}) | {
        "wrong-key": {
            "credentials": secrets_of(cloud, {}, directory, "wrong").key_pair(access_key, "not-the-secret-key")
        },
        "dead": {"endpoint": f"http://127.0.0.1:{free_port()}"},
        "silent": {"endpoint": f"http://{silent}"},
    }
    troubled = [project | {"name": name} | change for project, (name, change) in zip(projects, changes.items())]
    have_faults(cloud, troubled[: len(FAULTS)])
    return troubled + projects[len(troubled) :]


def all_troubled(cloud, directory):
    """The projects of the cloud with the long lists."""
    projects = [
        project | {"name": fault} for project, fault in zip(projects_of(cloud, directory, "long"), LONG_FAULTS)
    ]
    have_faults(cloud, projects)
    return projects


def projects_of(cloud, directory, name):
    """All projects of the one account, with its key below `name`."""
    (account,) = cloud.accounts()
    key = secrets_of(cloud, account, directory, name).access_key()
    return [configuration.project(cloud.endpoint, project, key) for project in account["projects"]]


def have_faults(cloud, projects):
    """Has each project's fault, after which it is named."""
    cloud.set_faults(*(f"{project['name']}#{project['project_id']}" for project in projects))


def with_all_kinds_of_credentials(cloud, directory):
    """All projects of the cloud; each account's take its kinds in turns."""
    projects = []
    for account in cloud.accounts():
        secrets = secrets_of(cloud, account, directory, f"account-{account['number']}")
        kinds = [secrets.access_key(), secrets.password()]
        if account["number"] == MACHINE:
            kinds += [secrets.agency(), secrets.oidc(), secrets.pod_identity()]
        projects += [
            configuration.project(cloud.endpoint, project, kinds[place % len(kinds)])
            for place, project in enumerate(account["projects"])
        ]
    return projects


def secrets_of(cloud, account, directory, name):
    (directory / name).mkdir()
    return Credentials(cloud, account, directory / name)


def ups_of(exporter, project):
    """Whether the last polls of the project succeeded; empty before there were any."""
    text = loopback.get(f"{exporter.url}/metrics?project={project['name']}").text
    return list(by_poll(exposition.parse(text), "metastudio_up").values())


def by_poll(samples, name):
    """A metric by project and collector."""
    return {(labels["project"], labels["collector"]): value for labels, value in rows(samples, name)}


def failures(samples):
    """How many polls failed, where any did."""
    return {
        (labels["project"], labels["collector"], labels["reason"]): count
        for labels, count in rows(samples, "metastudio_exporter_poll_failures_total")
        if count
    }


def rows(samples, name):
    return [(dict(labels), value) for (found, labels), value in samples.items() if found == name]


def of_projects(samples, projects):
    names = {project["name"] for project in projects}
    return {series: value for series, value in samples.items() if dict(series[1]).get("project") in names}


def truth(cloud, projects):
    """The series of projects whose polls went well, by what the cloud says is true."""
    series = {}
    for project in projects:
        true = cloud.truth(project["project_id"])
        labels = {name: project[name] for name in ("project_id", "region", "endpoint")}
        voice_training = true["resources"], true["resource_available_nums"]
        series |= expected.healthy(labels, voice_training, true["assets"], project["name"])
    return series
