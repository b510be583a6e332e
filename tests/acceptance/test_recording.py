"""A recording of a cloud, made by `check --record` and served by `simulate --replay`: the vendor's SDKs list the same
from it as from the cloud, save for the stand-ins."""

import pytest

import exposition
import vendor_sdks
from programs import run_to_end

USERS, RESOURCES, PRODUCTS = 250, 130, 30
PAGES = {"user_quotas": 3, "voice_training": 2, "tenant_resources": 1}
COLLECTORS = "--project.collectors=voice_training,user_quotas,tenant_resources"
IDS = {"resource_id", "user_id", "asset_id", "order_id", "request_id"}


@pytest.fixture
def cloud(simulate):
    rows = ("--users", str(USERS), "--resources", str(RESOURCES), "--products", str(PRODUCTS))
    variables = simulate("--speed", "0", *rows)
    return variables | {"HUAWEICLOUD_SDK_IAM_ENDPOINT": variables["METASTUDIO_ENDPOINT"]}


@pytest.fixture
def recording(binary, cloud, tmp_path):
    """The file of a recording."""
    file = tmp_path / "recording.json"
    result = run_to_end([binary, "check", "--record", file, COLLECTORS], tmp_path, cloud)
    assert result.returncode == 0, result.stderr
    return file


@pytest.mark.parametrize("sdk", vendor_sdks.NAMES)
def test_an_sdk_lists_the_same_from_a_replay(cloud, recording, simulate, tmp_path, sdk):
    replay = simulate("--replay", recording)
    assert replay["HUAWEICLOUD_SDK_IAM_ENDPOINT"] == replay["METASTUDIO_ENDPOINT"]
    assert replay["HUAWEICLOUD_SDK_PROJECT_ID"] != cloud["HUAWEICLOUD_SDK_PROJECT_ID"]

    real, again = (vendor_sdks.read_lists(sdk, variables, 100, tmp_path) for variables in (cloud, replay))

    assert {name: len(pages["pages"]) for name, pages in real.items()} == PAGES
    ids, stand_ins = [], []
    assert numbered(real, ids) == numbered(again, stand_ins)
    assert len(ids) == len(stand_ins) > USERS + RESOURCES + PRODUCTS / 2
    assert not set(ids) & set(stand_ins)
    assert [len(text) for text in ids] == [len(text) for text in stand_ins]
    text = recording.read_text()
    assert not [secret for secret in [*ids, *cloud.values()] if len(secret) > 10 and secret in text]


def numbered(value, texts):
    """The value with each ID replaced by its number in `texts`, to which new ones are added."""
    if isinstance(value, list):
        return [numbered(element, texts) for element in value]
    if isinstance(value, dict):
        # Each answer has a new request ID. Java's maps have another order in each run.
        fields = {name: field for name, field in sorted(value.items()) if name != "request_id"}
        return {name: number(field, texts) if name in IDS else numbered(field, texts) for name, field in fields.items()}
    return value


def number(text, texts):
    if not text:
        return text
    if text not in texts:
        texts.append(text)
    return texts.index(text)


def test_the_printed_command_line_polls_the_replay(recording, simulate, once):
    variables = simulate("--replay", recording)
    comment = next(name for name in variables if name.startswith("#"))
    line = variables.pop(comment)
    assert line.endswith(f"metastudio-exporter once {COLLECTORS}")

    result = once(variables, COLLECTORS)

    assert result.returncode == 0, result.stderr
    up = exposition.with_prefix(exposition.parse(result.stdout), "metastudio_up")
    assert list(up.values()) == [1, 1, 1]
