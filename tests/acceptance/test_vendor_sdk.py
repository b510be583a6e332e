"""The vendor's own SDKs and the exporter read the same simulated cloud.

The SDKs read what the real cloud sends. If the SDKs and the exporter all read the simulated cloud, the simulation is
realistic. Wall-clock times here are bounds for exposed timestamps, not limits on speed.
"""

import json
import re
import time

import pytest

import expected
import exposition
import loopback
import vendor_sdks
from cloud import Cloud

USERS, RESOURCES, PRODUCTS = 250, 130, 250
LISTS = ("user_quotas", "voice_training", "tenant_resources")
REQUEST_ID = re.compile(r"[0-9a-f]{32}")
# Each SDK signs other headers.
SIGNED = {
    "python": "content-type;host;user-agent;x-project-id;x-sdk-date",
    "go": "user-agent;x-project-id;x-sdk-date",
    "java": "host;user-agent;x-project-id;x-sdk-date",
}

each_sdk = pytest.mark.parametrize("sdk", vendor_sdks.NAMES)


@pytest.fixture
def cloud(simulate):
    """The variables of a simulated cloud with one project in each of two regions."""
    rows = ("--users", str(USERS), "--resources", str(RESOURCES), "--products", str(PRODUCTS))
    variables = simulate("--speed", "0", "--projects", "2", *rows)
    return variables | {
        "HUAWEICLOUD_SDK_IAM_ENDPOINT": variables["METASTUDIO_ENDPOINT"],
        "METASTUDIO_EXPORTER_PROJECT_COLLECTORS": ",".join(LISTS),
    }


@pytest.fixture
def read(tmp_path):
    """Runs the program of an SDK."""
    return lambda sdk, variables, limit=100: vendor_sdks.read_lists(sdk, variables, limit, tmp_path)


@each_sdk
@pytest.mark.parametrize("limit", [100, 37])
def test_an_sdk_reads_every_page_of_the_lists(cloud, read, sdk, limit):
    lists = read(sdk, cloud, limit)

    assert lengths(lists["user_quotas"]) == expected_lengths(USERS, limit)
    assert lengths(lists["voice_training"]) == expected_lengths(RESOURCES, limit)
    assert lengths(lists["tenant_resources"]) == expected_lengths(PRODUCTS, limit)
    assert_truth(lists, cloud)
    ids = [page["request_id"] for name in ("user_quotas", "tenant_resources") for page in lists[name]["pages"]]
    assert all(REQUEST_ID.fullmatch(request_id) for request_id in ids), ids
    assert len(set(ids)) == len(ids)


def lengths(pages):
    """`count` and the number of rows of each page."""
    return [(page["count"], len(page["rows"])) for page in pages["pages"]]


def expected_lengths(count, limit):
    return [(count, min(limit, count - offset)) for offset in range(0, count, limit)]


def rows(pages):
    return [row for page in pages["pages"] for row in page["rows"]]


def assert_truth(lists, cloud, project_id=None):
    """Ensures that the SDK read exactly the data of the project, which by default is that of the variables."""
    truth = Cloud(cloud).truth(project_id or cloud["HUAWEICLOUD_SDK_PROJECT_ID"])
    for user in truth["assets"]:
        # Only IAM has the names.
        del user["user_name"]
    assert rows(lists["user_quotas"]) == truth["assets"]
    assert rows(lists["voice_training"]) == truth["resources"]
    assert rows(lists["tenant_resources"]) == truth["products"]
    for page in lists["voice_training"]["pages"]:
        assert page["resource_available_nums"] == truth["resource_available_nums"]


@each_sdk
def test_once_prints_exactly_the_values_that_an_sdk_reads(cloud, once, read, sdk):
    lists = read(sdk, cloud)
    users, resources, products = (rows(lists[name]) for name in LISTS)
    available = lists["voice_training"]["pages"][0]["resource_available_nums"]
    assert (len(users), len(resources), len(products)) == (USERS, RESOURCES, PRODUCTS)
    assert_every_kind_of_value_is_there(users, resources)
    assert_every_kind_of_product_is_there(products)
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
    assert exposition.steady(samples) == expected.healthy(
        project, (resources, available), users, products=products
    )
    times = exposition.volatile(samples)
    assert times.keys() == expected.volatile_keys(project, LISTS)
    fetched = exposition.with_prefix(times, "metastudio_last_success_timestamp_seconds")
    assert all(before <= value <= after for value in fetched.values()), fetched


def assert_every_kind_of_value_is_there(users, resources):
    """Ensures that the comparison covers all cases."""
    limits = [limit for user in users for limit in user["quota"].values()]
    assert expected.UNLIMITED in limits and any(limit > 0 for limit in limits)
    assert any("usage" not in user for user in users) and any("usage" in user for user in users)
    assert any(user["quota"]["video_time_2d_model"] > 0 for user in users)
    minutes = [user["usage"]["video_time_2d_model"] for user in users if "usage" in user]
    assert any(amount != int(amount) for amount in minutes)
    assert {"expire_time" in resource for resource in resources} == {True, False}
    assert {resource["status"] for resource in resources} == {0, 1}


def assert_every_kind_of_product_is_there(products):
    assert len({product["business_type"] for product in products}) == 13
    assert {product["unit"] for product in products} == expected.UNITS.keys()
    assert {product["charging_mode"] for product in products} == {"PERIODIC", "ONE_TIME", "ON_DEMAND"}
    assert {"amount" in product for product in products} == {True, False}
    assert {product["status"] for product in products} == {0, 1}
    parents = {product["resource_id"] for product in products if "sub_resource_type" not in product}
    subs = [product for product in products if product["is_sub_resource"]]
    assert len(subs) > 40 and parents.issuperset(product["resource_id"] for product in subs)


@each_sdk
def test_an_sdk_finds_the_project_of_the_region_in_iam(cloud, read, sdk):
    projects = Cloud(cloud).accounts()[0]["projects"]
    project_id = next(project["id"] for project in projects if project["region"] == "cn-east-3")
    assert project_id != cloud["HUAWEICLOUD_SDK_PROJECT_ID"]
    variables = cloud | {"METASTUDIO_REGION": "cn-east-3"}
    del variables["HUAWEICLOUD_SDK_PROJECT_ID"]

    assert_truth(read(sdk, variables), cloud, project_id)
    assert Cloud(cloud).requests()["GET", "/v3/projects", 200] == 1


@each_sdk
def test_the_cloud_accepts_a_temporary_key_of_an_sdk_with_its_security_token_only(cloud, read, sdk):
    key = temporary_key(cloud)
    variables = cloud | {
        "HUAWEICLOUD_SDK_AK": key["access"],
        "HUAWEICLOUD_SDK_SK": key["secret"],
        "HUAWEICLOUD_SDK_SECURITY_TOKEN": key["securitytoken"],
    }
    assert_truth(read(sdk, variables), cloud)

    variables["HUAWEICLOUD_SDK_SECURITY_TOKEN"] = "not the security token"
    for name in LISTS:
        error = read(sdk, variables)[name]["error"]
        assert (error["status"], error["code"]) == (401, "APIG.0301")
        assert error["message"] == "Incorrect IAM authentication information: decrypt token fail"


def temporary_key(cloud):
    """A key of the metadata server."""
    endpoint = cloud["METASTUDIO_ENDPOINT"]
    url = f"{endpoint}/meta-data/latest/api/token"
    token = loopback.send("PUT", url, "", X_Metadata_Token_Ttl_Seconds="60")
    answer = loopback.get(f"{endpoint}/openstack/latest/securitykey", X_Metadata_Token=token.text)
    assert answer.status == 200, answer.text
    return json.loads(answer.text)["credential"]


@each_sdk
def test_the_cloud_rejects_a_wrong_secret_key_of_an_sdk(cloud, read, sdk):
    lists = read(sdk, cloud | {"HUAWEICLOUD_SDK_SK": "not the secret key"})

    for name in LISTS:
        error = lists[name]["error"]
        assert (error["status"], error["code"]) == (401, "APIG.0301")
        assert "verify aksk signature fail" in error["message"]
        assert REQUEST_ID.fullmatch(error["request_id"])


@each_sdk
@pytest.mark.parametrize("limit", [0, 101])
def test_the_cloud_rejects_a_limit_of_an_sdk_that_is_out_of_range(cloud, read, sdk, limit):
    lists = read(sdk, cloud, limit)

    for name in LISTS:
        error = lists[name]["error"]
        request_id = error.pop("request_id")
        assert error == {"status": 400, "code": "MSS.00000003", "message": "Invalid parameter: limit"}
        assert REQUEST_ID.fullmatch(request_id)


@each_sdk
def test_the_headers_that_an_sdk_signs(cloud, read, sdk):
    """Ensures that the tests cover different sets of signed headers."""
    signed = set()

    class Gateway(loopback.Handler):
        def do_GET(self):
            signed.add(re.search("SignedHeaders=([^,]*),", self.headers["Authorization"])[1])
            self.respond(403, b'{"error_code": "MSS.00000005", "error_msg": "Forbidden"}')

    with loopback.serving(Gateway) as address:
        read(sdk, cloud | {"METASTUDIO_ENDPOINT": f"http://{address}"})

    assert signed == {SIGNED[sdk]}
