"""The series that the exporter must expose for given answers of the APIs.

Written from the documentation of the metrics and of the APIs, not from the exporter's code.
"""

import math
from datetime import datetime

import exposition

COLLECTORS = ("voice_training", "user_quotas")
UNLIMITED = -1
# The unit of the API: that of the metrics, and the factor.
UNITS = {
    "NUM": ("count", 1),
    "MIN": ("seconds", 60),
    "HOUR": ("seconds", 3600),
    "CHANNEL": ("channels", 1),
    "GB": ("gigabytes", 1),
    "MILLION_WORDS": ("words", 1_000_000),
    "TEN_THOUSAND_WORDS": ("words", 10_000),
    "TIME": ("times", 1),
}


def healthy(project, voice_training, users, name=None, products=None):
    """Every constant series of a project whose polls succeeded.

    `project` has the labels of metastudio_project_info; `voice_training` is (resources, resource_available_nums);
    `name` is the configured name, if there is one; `products` are the tenant resources, if they are polled.
    """
    resources, available = voice_training
    series = [
        ("metastudio_project_info", project, 1),
        *_poll_state(COLLECTORS if products is None else (*COLLECTORS, "tenant_resources")),
        *_voice_training(resources, available),
        *_user_quotas(users),
        *([] if products is None else _tenant_resources(products)),
    ]
    return _samples(name or project["project_id"], series)


def of_cloud(cloud, projects):
    """Every constant series of a simulated cloud's projects, as in a configuration file, whose polls succeeded."""
    series = {}
    for project in projects:
        true = cloud.truth(project["project_id"])
        labels = {name: project[name] for name in ("project_id", "region", "endpoint")}
        voice_training = true["resources"], true["resource_available_nums"]
        products = true["products"] if "tenant_resources" in project.get("collectors", COLLECTORS) else None
        series |= healthy(labels, voice_training, true["assets"], project["name"], products)
    return series


def user_names(cloud, project):
    """The series of the names of a project's users, which are looked up."""
    users = cloud.truth(project["project_id"])["assets"]
    names = ({name: user[name] for name in ("user_id", "user_name")} for user in users)
    series = [("metastudio_user_info", labels, 1) for labels in names]
    return _samples(project["name"], [*series, ("metastudio_up", {"collector": "user_names"}, 1)])


def user_series(project, users):
    """The series of `users`, individual and total."""
    return _samples(project["project_id"], _user_quotas(users))


def volatile_keys(project, collectors=COLLECTORS):
    """The series of the times and durations of polls."""
    return set(
        _samples(
            project["project_id"],
            ((name, {"collector": collector}, 0) for name in exposition.VOLATILE for collector in collectors),
        )
    )


def _samples(project, series):
    return {
        exposition.key(name, project=project, **labels): float(value)
        for name, labels, value in series
        if value is not None
    }


def _poll_state(collectors):
    for collector in collectors:
        yield "metastudio_up", {"collector": collector}, 1
        yield "metastudio_snapshot_consistent", {"collector": collector}, 1
        yield "metastudio_invalid_values", {"collector": collector}, 0


def _voice_training(resources, available):
    yield "metastudio_voice_training_resources", {}, len(resources)
    for resource_type, number in available.items():
        yield "metastudio_voice_training_available", {"resource_type": resource_type}, number
    for resource in resources:
        yield from _resource(resource)


def _resource(resource):
    labels = {name: resource[name] for name in ("resource_id", "resource_type")}
    prefix = "metastudio_voice_training_resource"
    yield f"{prefix}_models", labels, resource["resource_nums"]
    yield f"{prefix}_models_available", labels, resource["resource_available_nums"]
    yield f"{prefix}_status", labels, resource["status"]
    yield f"{prefix}_expiry_timestamp_seconds", labels, _timestamp(resource.get("expire_time"))
    attributes = ("asset_id", "charge_mode", "resource_source", "operation_type")
    yield f"{prefix}_info", labels | {name: resource[name] for name in attributes}, 1


def _tenant_resources(products):
    yield "metastudio_resources", {}, len(products)
    for product in products:
        yield from _product(product)


def _product(product):
    names = ("resource_id", "resource_type", "business_type", "sub_resource_type")
    labels = {name: product.get(name, "") for name in names}
    unit, factor = UNITS.get(product.get("unit"), (product.get("unit", "").lower(), 1))
    with_unit = labels | {"unit": unit}
    amount = product.get("amount")
    if amount is not None:
        yield "metastudio_resource_amount", with_unit, math.inf if amount == UNLIMITED else amount * factor
    if product.get("usage") is not None:
        yield "metastudio_resource_usage", with_unit, product["usage"] * factor
    yield "metastudio_resource_status", labels, product.get("status")
    expiry = _timestamp(product.get("resource_expire_time"))
    yield "metastudio_resource_expiry_timestamp_seconds", labels, expiry
    attributes = ("charging_mode", "resource_source", "order_id")
    yield "metastudio_resource_info", labels | {name: product.get(name, "") for name in attributes}, 1


def _timestamp(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp() if text else None


def _user_quotas(users):
    yield "metastudio_users", {}, len(users)
    yield "metastudio_users_omitted", {}, 0
    for user in users:
        for item, quota in user["quota"].items():
            limit = math.inf if quota == UNLIMITED else _in_unit(item, quota)
            yield "metastudio_user_quota_limit", _quota_labels(user, item), limit
        for item, amount in user.get("usage", {}).items():
            usage = None if amount == UNLIMITED else _in_unit(item, amount)
            yield "metastudio_user_quota_usage", _quota_labels(user, item), usage


def _quota_labels(user, item):
    return {"user_id": user["user_id"], "item": item, "unit": "seconds" if _is_time(item) else "count"}


def _in_unit(item, amount):
    return amount * 60.0 if _is_time(item) else amount


def _is_time(item):
    return item.startswith("video_time_")
