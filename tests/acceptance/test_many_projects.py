"""Hundreds of projects of several accounts and clouds in one file. Some of them fail, each in its own way."""

import socket
from contextlib import contextmanager

import configuration
import expected
import exposition
import loopback
from cloud import Cloud
from configuration import Credentials
from expected import COLLECTORS
from exporter import ONE_POLL
from programs import free_port

# The latency makes concurrent requests accumulate if nothing limits them.
MANY = ("--projects=500", "--accounts=3", "--users=5", "--resources=3", "--speed=0", "--latency=100ms")
# Each list has two pages.
LONG = ("--projects=2", "--users=150", "--resources=110", "--speed=0")
MACHINE_ACCOUNT = 2
# On a busy machine, 500 projects take more than ten seconds.
SHORT_TIMEOUT, LONG_TIMEOUT = "--poll.timeout=30s", "--poll.timeout=10m"
# 32 concurrent projects of an endpoint, two APIs, four concurrent pages of each.
MOST_IN_FLIGHT = 32 * 2 * 4

# The reason of the failed poll of each API, None for success: (voice_training, user_quotas).
SUCCESS = (None, None)
FAULTS = {
    "forbidden@user_quotas": (None, "forbidden"),
    "server-error": ("server", "server"),
    "stalled": ("timeout", "timeout"),
    "redirect": ("redirect", "redirect"),
    "not-json": ("decode", "decode"),
    "too-large@voice_training": ("too_large", None),
    "cut-body": SUCCESS,
    "flaky": SUCCESS,
    "throttled": SUCCESS,
    "skewed-clock": SUCCESS,
}
LONG_FAULTS = {"failing-page@voice_training": ("server", None), "moving-list": SUCCESS}
OTHERS = {"wrong-key": ("auth", "auth"), "dead": ("connect", "connect"), "silent": ("timeout", "timeout")}
ENDS = FAULTS | LONG_FAULTS | OTHERS
INCOMPLETE = {"moving-list"} | {name for name, ends in ENDS.items() if ends != SUCCESS}


@contextmanager
def silent_server():
    """The address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_every_project_is_polled_and_exposes_its_data_or_the_failure(simulate, serve, tmp_path):
    many, long = Cloud(simulate(*MANY)), Cloud(simulate(*LONG))
    many.set_machine_account(MACHINE_ACCOUNT)
    with silent_server() as silent:
        projects = [*projects_with_faults(many, tmp_path, silent), *projects_with_long_lists(long, tmp_path)]
        assert len(projects) == 500 + 2
        file = configuration.write(tmp_path / "many.yml", projects)
        exporter = serve({}, *ONE_POLL, SHORT_TIMEOUT, f"--config.file={file}")
        exporter.wait_until_polled()
    samples = exporter.scrape()

    ends = {
        (project["name"], collector): end
        for project in projects
        for collector, end in zip(COLLECTORS, ENDS.get(project["name"], SUCCESS))
    }
    assert by_poll(samples, "metastudio_up") == {poll: float(end is None) for poll, end in ends.items()}
    assert failures(samples) == {(*poll, end): 1 for poll, end in ends.items() if end}
    consistent = by_poll(samples, "metastudio_snapshot_consistent")
    assert consistent == {poll: float(poll[0] != "moving-list") for poll, end in ends.items() if not end}
    complete = [project for project in projects if project["name"] not in INCOMPLETE]
    assert len(complete) == 500 + 2 - 11
    names = {project["name"] for project in complete}
    assert exposition.of_projects(exposition.steady(samples), names) == expected.of_cloud(many, complete)
    assert 0 < many.most_in_flight() <= MOST_IN_FLIGHT


def test_projects_do_not_wait_for_dead_or_silent_endpoints(simulate, serve, tmp_path):
    cloud = Cloud(simulate("--projects=120", "--users=1", "--resources=1"))
    # More projects of each kind than are polled concurrently. One project of the healthy cloud never gets an answer.
    lost, (stalled, *well) = projects_of(cloud, tmp_path, "lost")[:80], projects_of(cloud, tmp_path, "well")[80:]
    cloud.set_faults(f"stalled#{stalled['project_id']}")
    with silent_server() as silent:
        for place, project in enumerate(lost):
            project["endpoint"] = f"http://{silent}" if place % 2 else f"http://127.0.0.1:{free_port()}"
        file = configuration.write(tmp_path / "lost.yml", [*lost, stalled, *well])
        exporter = serve({}, *ONE_POLL, LONG_TIMEOUT, f"--config.file={file}")
        for project in well:
            exporter.program.wait_until(lambda: up_values(exporter, project) == [1, 1], "it is polled")

        assert up_values(exporter, stalled) == []
        assert [up_values(exporter, project) for project in lost[1::2]] == [[]] * 40, "still waiting"


def test_projects_do_not_wait_for_a_silent_endpoint_with_the_same_key(simulate, serve, tmp_path):
    cloud = Cloud(simulate("--projects=41", "--users=1", "--resources=1"))
    *lost, well = projects_of(cloud, tmp_path, "key")
    with silent_server() as silent:
        for project in lost:
            project["endpoint"] = f"http://{silent}"
        file = configuration.write(tmp_path / "lost.yml", [*lost, well])
        exporter = serve({}, *ONE_POLL, LONG_TIMEOUT, f"--config.file={file}")
        exporter.program.wait_until(lambda: up_values(exporter, well) == [1, 1], "it is polled")


def projects_with_faults(cloud, directory, silent):
    """All projects of a cloud. The first ones have faults and are named after them."""
    projects = with_all_kinds_of_credentials(cloud, directory)
    access_key, _ = cloud.new_access_key(0)
    changes = dict.fromkeys(FAULTS, {}) | {
        "wrong-key": {
            "credentials": secrets_of(cloud, {}, directory, "wrong").key_pair(access_key, "not-the-secret-key")
        },
        "dead": {"endpoint": f"http://127.0.0.1:{free_port()}"},
        "silent": {"endpoint": f"http://{silent}"},
    }
    faulty = [project | {"name": name} | change for project, (name, change) in zip(projects, changes.items())]
    set_faults(cloud, faulty[: len(FAULTS)])
    return faulty + projects[len(faulty) :]


def projects_with_long_lists(cloud, directory):
    """The projects of the cloud with the long lists."""
    projects = [
        project | {"name": fault} for project, fault in zip(projects_of(cloud, directory, "long"), LONG_FAULTS)
    ]
    set_faults(cloud, projects)
    return projects


def projects_of(cloud, directory, name):
    """All projects of the only account, with its key in the directory `name`."""
    (account,) = cloud.accounts()
    key = secrets_of(cloud, account, directory, name).access_key()
    return [configuration.project(cloud.endpoint, project, key) for project in account["projects"]]


def set_faults(cloud, projects):
    """Sets the fault of each project, which is also its name."""
    cloud.set_faults(*(f"{project['name']}#{project['project_id']}" for project in projects))


def with_all_kinds_of_credentials(cloud, directory):
    """All projects of the cloud. The projects of an account use its kinds of credentials in rotation."""
    projects = []
    for account in cloud.accounts():
        secrets = secrets_of(cloud, account, directory, f"account-{account['number']}")
        kinds = [secrets.access_key(), secrets.password()]
        if account["number"] == MACHINE_ACCOUNT:
            kinds += [secrets.agency(), secrets.oidc(), secrets.pod_identity()]
        projects += [
            configuration.project(cloud.endpoint, project, kinds[place % len(kinds)])
            for place, project in enumerate(account["projects"])
        ]
    return projects


def secrets_of(cloud, account, directory, name):
    (directory / name).mkdir()
    return Credentials(cloud, account, directory / name)


def up_values(exporter, project):
    """Whether the last polls of the project succeeded; empty before the first polls."""
    text = loopback.get(f"{exporter.url}/metrics?project={project['name']}").text
    return list(by_poll(exposition.parse(text), "metastudio_up").values())


def by_poll(samples, name):
    """A metric by project and collector."""
    return {(labels["project"], labels["collector"]): value for labels, value in exposition.rows(samples, name)}


def failures(samples):
    """The numbers of failed polls that are not 0."""
    return {
        (labels["project"], labels["collector"], labels["reason"]): count
        for labels, count in exposition.rows(samples, "metastudio_exporter_poll_failures_total")
        if count
    }
