"""Follows the polls of an exporter by the requests that the cloud answered, which costs the exporter nothing."""

from measure import wait_until_quiet
from programs import wait_until


def wait_for_poll(cloud, exporter, number):
    """Waits until poll `number` (from 1) is complete and rendered: the exporter is quiet, or polls again."""
    wait_until(lambda: cloud.polls_begun()[1] >= number, f"poll {number} has all pages", deadline=300)
    wait_until_quiet(exporter.process_id, otherwise=lambda: cloud.polls_begun()[0] > number)


def wait_for_next_poll(cloud, exporter):
    """Waits until a poll that has not begun yet is complete and rendered."""
    wait_for_poll(cloud, exporter, cloud.polls_begun()[0] + 1)


def changed_users(cloud, while_waiting):
    """How many users of the first project differ after `while_waiting`."""
    before = _users(cloud)
    while_waiting()
    after = _users(cloud)
    return sum(after[user] != row for user, row in before.items())


def _users(cloud):
    return {row["user_id"]: row for row in cloud.truth(cloud.projects[0]["id"])["assets"]}
