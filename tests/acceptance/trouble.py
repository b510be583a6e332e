"""Causes problems in a healthy simulated cloud, and knows the messages that the webhook should receive."""

import time
from typing import NamedTuple

from simulation import DAY
from webhook import Message, message


class ExpectedMessage(NamedTuple):
    """An expected message, and the description of its last alert; `...` matches what depends on the time."""

    message: Message
    description: str


def cause_problems(cloud):
    """Uses quotas up and brings expiries near; returns the expected messages, sorted. That a user has used 90 percent is
    only information, which is not sent."""
    simulation = cloud.simulation
    over, high, nearly_out = cloud.users()[:3]
    limits = cloud.limits(over)
    in_20_days, in_3_days = (int(time.time()) + days * DAY for days in (20, 3))
    simulation.apply_edits(
        *(simulation.usage(over, item, limit) for item, limit in limits.items()),
        simulation.quota(over, "voice_clone_middle", 5),
        simulation.usage(over, "voice_clone_middle", 6),
        simulation.quota(high, "video_time_2d_model", 120),
        simulation.usage(high, "video_time_2d_model", 108),
        simulation.quota(nearly_out, "voice_clone_basic", 100),
        simulation.usage(nearly_out, "voice_clone_basic", 97),
        simulation.expires(cloud.resource("MIDDLE"), in_20_days),
        simulation.expires(cloud.resource("BASIC"), in_3_days),
        simulation.available(cloud.resource("FLEXUS"), 0),
        simulation.available(cloud.resource("TTS_LJZN"), 15),
    )
    expected = [
        _all_items_used_up(cloud.project, over, limits),
        _item_high(cloud.project, nearly_out, "voice_clone_basic", "count", "97 of 100", "97%"),
        _expiring(cloud, "warning", "MIDDLE", "19d 23h", in_20_days, 90),
        _expiring(cloud, "critical", "BASIC", "2d 23h", in_3_days, 70),
        _resources_used_up(cloud.project, "FLEXUS"),
        _resources_low(cloud.project, "TTS_LJZN"),
    ]
    return sorted(expected)


def _all_items_used_up(project, user_id, limits):
    """Eight items of one user are one message, without messages that they are high."""
    labels = [
        {"user_id": user_id, "item": item, "unit": "seconds" if item.startswith("video_time_") else "count"}
        for item in limits
    ]
    return ExpectedMessage(
        message("firing", "MetaStudioUserQuotaUsedUp", "warning", *labels, project=project),
        f"User {user_id} of project {project} has no voice_clone_middle left: 6 of 5 are used.",
    )


def _item_high(project, user_id, item, unit, used, percentage):
    labels = {"user_id": user_id, "item": item, "unit": unit}
    return ExpectedMessage(
        message("firing", "MetaStudioUserQuotaHigh", "warning", labels, project=project),
        f"User {user_id} of project {project} has used {used} {item} ({percentage}).",
    )


def _expiring(cloud, severity, resource_type, left, expires, models):
    resource_id = cloud.resource(resource_type)
    moment = time.strftime("%Y-%m-%d %H:%M:%S +0000 UTC", time.gmtime(expires))
    return ExpectedMessage(
        message(
            "firing",
            "MetaStudioVoiceTrainingExpiring",
            severity,
            project=cloud.project,
            resource_type=resource_type,
            resource_id=resource_id,
        ),
        f"{resource_type} resource {resource_id} of project {cloud.project} expires in {left} ... ({moment}), "
        f"with {models} voice models left to train.",
    )


def _resources_used_up(project, resource_type):
    return ExpectedMessage(
        message(
            "firing", "MetaStudioVoiceTrainingUsedUp", "critical", project=project, resource_type=resource_type
        ),
        f"Project {project} cannot train any {resource_type} voice model: all its resources of this type (1) are "
        "used up, frozen or expired.",
    )


def _resources_low(project, resource_type):
    return ExpectedMessage(
        message("firing", "MetaStudioVoiceTrainingLow", "warning", project=project, resource_type=resource_type),
        f"15 of 100 {resource_type} voice models of project {project} are left to train (15%). "
        "Frozen and expired resources are not counted.",
    )
