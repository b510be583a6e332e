"""The vendor's own Python SDK and the exporter read the same simulated cloud.

The SDK reads what the real cloud sends. If the SDK and the exporter both read the simulated cloud, the simulation is
realistic. Wall-clock times here are bounds for exposed timestamps, not limits on speed.
"""

import re
import time

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkmetastudio.v1 import (
    ListUserQuotasRequest,
    MetaStudioClient,
    ShowVoiceTrainingQuotasRequest,
)

import expected
import exposition

PAGE = 100
REQUEST_ID = re.compile(r"[0-9a-f]{32}")


@pytest.fixture
def cloud(simulate, monkeypatch):
    # Otherwise, the SDK would use a proxy for loopback too.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return simulate("--speed", "0", "--users", "250", "--resources", "130")


def sdk(cloud, secret_key=None):
    credentials = BasicCredentials(
        ak=cloud["HUAWEICLOUD_SDK_AK"],
        sk=secret_key or cloud["HUAWEICLOUD_SDK_SK"],
        project_id=cloud["HUAWEICLOUD_SDK_PROJECT_ID"],
    )
    builder = MetaStudioClient.new_builder().with_credentials(credentials)
    return builder.with_endpoints([cloud["METASTUDIO_ENDPOINT"]]).build()


def every_page(request_page, length):
    """The pages at offset 0, 100, ... until all rows are read."""
    answers, rows = [], 0
    while not answers or rows < answers[0].count:
        answers.append(request_page(limit=PAGE, offset=rows))
        assert length(answers[-1]) > 0, f"an empty page at offset {rows}"
        rows += length(answers[-1])
    return answers


def user_pages(client):
    return every_page(
        lambda **query: client.list_user_quotas(ListUserQuotasRequest(**query)), lambda page: len(page.assets)
    )


def voice_training_pages(client):
    return every_page(
        lambda **query: client.show_voice_training_quotas(ShowVoiceTrainingQuotasRequest(**query)),
        lambda page: len(page.resources),
    )


def document(model):
    """A model of the SDK as the JSON from which it was read. Absent fields are None in the SDK."""
    if isinstance(model, dict):
        return {name: document(value) for name, value in model.items() if value is not None}
    return model


def documents(models):
    return [document(model.to_dict()) for model in models]


def test_once_prints_exactly_the_values_that_the_sdk_reads(cloud, once):
    client = sdk(cloud)
    users = documents(user for page in user_pages(client) for user in page.assets)
    pages = voice_training_pages(client)
    resources = documents(resource for page in pages for resource in page.resources)
    available = document(pages[0].resource_available_nums.to_dict())
    assert (len(users), len(resources)) == (250, 130)
    assert_every_kind_of_value_is_there(users, resources)
    project = {
        "project_id": cloud["HUAWEICLOUD_SDK_PROJECT_ID"],
        "region": "cn-north-4",
        "endpoint": cloud["METASTUDIO_ENDPOINT"],
    }

    before = time.time()
    result = once(cloud)
    after = time.time()

    assert (result.returncode, result.stderr.count("level=warn")) == (0, 0), result.stderr
    samples = exposition.parse(result.stdout)
    assert exposition.steady(samples) == expected.healthy(project, (resources, available), users)
    times = exposition.volatile(samples)
    assert times.keys() == expected.volatile_keys(project)
    fetched = exposition.with_prefix(times, "metastudio_last_success_timestamp_seconds")
    assert all(before <= value <= after for value in fetched.values()), fetched


def assert_every_kind_of_value_is_there(users, resources):
    """Ensures that the comparison covers all cases."""
    limits = [limit for user in users for limit in user["quota"].values()]
    assert expected.UNLIMITED in limits and any(limit > 0 for limit in limits)
    assert any("usage" not in user for user in users) and any("usage" in user for user in users)
    assert any(user["quota"]["video_time_2d_model"] > 0 for user in users)
    assert {"expire_time" in resource for resource in resources} == {True, False}
    assert {resource["status"] for resource in resources} == {0, 1}


def test_the_sdk_reads_the_expected_pages(cloud):
    pages = user_pages(sdk(cloud))

    assert [(page.count, len(page.assets)) for page in pages] == [(250, 100), (250, 100), (250, 50)]
    assert len({user.user_id for page in pages for user in page.assets}) == 250


def test_the_sdk_finds_a_unique_request_id_in_every_answer(cloud):
    ids = [page.x_request_id for page in user_pages(sdk(cloud))]

    assert all(REQUEST_ID.fullmatch(request_id) for request_id in ids), ids
    assert len(set(ids)) == 3


def test_the_cloud_rejects_a_wrong_secret_key_of_the_sdk(cloud):
    with pytest.raises(ClientRequestException) as refusal:
        sdk(cloud, secret_key="not the secret key").list_user_quotas(ListUserQuotasRequest(limit=1))

    assert (refusal.value.status_code, refusal.value.error_code) == (401, "APIG.0301")
    assert "verify aksk signature fail" in refusal.value.error_msg
    assert REQUEST_ID.fullmatch(refusal.value.request_id)


@pytest.mark.parametrize("limit", [0, 101])
@pytest.mark.parametrize(
    ("method", "request_type"),
    [
        ("list_user_quotas", ListUserQuotasRequest),
        ("show_voice_training_quotas", ShowVoiceTrainingQuotasRequest),
    ],
)
def test_the_cloud_rejects_a_limit_of_the_sdk_that_is_out_of_range(cloud, method, request_type, limit):
    with pytest.raises(ClientRequestException) as refusal:
        getattr(sdk(cloud), method)(request_type(limit=limit))

    assert (refusal.value.status_code, refusal.value.error_code) == (400, "MSS.00000003")
    assert refusal.value.error_msg == "Invalid parameter: limit"
