"""A MetaStudio independent of this project: nginx with pages of JSON that are written without the exporter's code."""

import json
from pathlib import Path
from random import Random

import loopback
from nginx import start_nginx
from programs import free_port

PROJECT_ID = "6a6a1f8354f64dd9b9a614def7b59d83"
REGION = "cn-north-4"
ITEMS = (
    "modeling_count_2d_model",
    "modeling_count_2d_model_flexus",
    "video_time_2d_model",
    "video_time_flexus_2d_model",
    "voice_clone_basic",
    "voice_clone_middle",
    "voice_clone_advance",
    "voice_clone_flexus",
    # An undocumented item.
    "voice_clone_of_tomorrow",
)
RESOURCE_TYPES = ("BASIC", "MIDDLE", "ADVANCE", "FLEXUS", "TTS_LJZN", 'TYPE "X\\Y"\nof 明天')
AVAILABLE_KEYS = ("flexus", "basic", "middle", "middle_on_demand", "advance", "third_party_cmww", "hologram")

CONFIGURATION = """\
    default_type application/json;
    gzip on;
    gzip_types application/json;
    add_header X-Request-Id $request_id always;
    map $arg_offset $page {{
        "" 0;
        default $arg_offset;
    }}
    server {{
        listen 127.0.0.1:{port};
        root {directory}/pages;
        location = /v1/{project_id}/voice-training-manage/quotas {{
            try_files /voice-training/$page.json /voice-training/beyond.json =404;
        }}
        location = /v1/{project_id}/user/quotas {{
            if (-f {directory}/pages/user-quotas/$page.failing) {{
                return 500 '{{"error_code":"MSS.00000004","error_msg":"Internal Error"}}';
            }}
            try_files /user-quotas/$page.json /user-quotas/beyond.json =404;
        }}
        location = /v1/{project_id}/tenants/resources {{
            if ($arg_resource_source = "") {{
                return 400 '{{"error_code":"MSS.00000003","error_msg":"Invalid parameter: resource_source"}}';
            }}
            try_files /tenant-resources/$page.json /tenant-resources/beyond.json =404;
        }}
    }}
"""


class World:
    """Users and resources as documented by the API, the same in every run, and these products."""

    def __init__(self, users=250, resources=30, products=()):
        random = Random(20260110)
        self.users = [_user(random) for _ in range(users)]
        self.resources = [_resource(random) for _ in range(resources)]
        self.available = {key: random.randrange(1000) for key in AVAILABLE_KEYS}
        self.products = list(products)


class ForeignCloud:
    """The running nginx. Its pages have `page_length` rows, independent of the requested limit."""

    def __init__(self, start, directory, world, page_length):
        directory.mkdir()
        self._users = directory / "pages" / "user-quotas"
        _write_pages(self._users, "assets", world.users, page_length, {})
        _write_pages(
            directory / "pages" / "voice-training",
            "resources",
            world.resources,
            page_length,
            {"resource_available_nums": world.available},
        )
        _write_pages(directory / "pages" / "tenant-resources", "resources", world.products, page_length, {}, count=float)
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        pages = CONFIGURATION.format(directory=directory, port=port, project_id=PROJECT_ID)
        program = start_nginx(start, directory, pages)
        page = f"{self.endpoint}/v1/{PROJECT_ID}/user/quotas"
        program.wait_until(lambda: loopback.returns_200(page), "nginx serves the first page")

    @property
    def variables(self):
        """The variables that configure an exporter for this cloud. nginx does not check the token."""
        return {
            "METASTUDIO_AUTH_TOKEN": "any token",
            "HUAWEICLOUD_SDK_PROJECT_ID": PROJECT_ID,
            "METASTUDIO_REGION": REGION,
            "METASTUDIO_ENDPOINT": self.endpoint,
        }

    @property
    def project(self):
        """The labels of metastudio_project_info."""
        return {"project_id": PROJECT_ID, "region": REGION, "endpoint": self.endpoint}

    def break_users_page(self, offset):
        """Makes this page fail with status 500."""
        self._failing(offset).touch()

    def repair_users_page(self, offset):
        self._failing(offset).unlink()

    def _failing(self, offset):
        return self._users / f"{offset}.failing"


def _write_pages(directory: Path, list_name, rows, page_length, other_fields, count=int):
    directory.mkdir(parents=True)
    for offset in range(0, len(rows), page_length):
        page = {"count": count(len(rows)), list_name: rows[offset : offset + page_length], **other_fields}
        (directory / f"{offset}.json").write_text(json.dumps(page))
    beyond = {"count": count(len(rows)), list_name: [], **other_fields}
    (directory / "beyond.json").write_text(json.dumps(beyond))


def _user(random):
    row = {"user_id": _id(random), "quota": {item: _quota(random, item) for item in ITEMS}}
    if random.random() < 0.9:
        row["usage"] = {item: _usage(random, item) for item in ITEMS if random.random() < 0.8}
    return row


def _quota(random, item):
    return random.choice([-1, 0, _amount(random, item)])


def _usage(random, item):
    # -1 is not a possible usage.
    return random.choice([-1, 0, _amount(random, item), _amount(random, item)])


def _amount(random, item):
    return random.uniform(0, 999_999_999) if item.startswith("video_time_") else random.randrange(10_000_000)


def _resource(random):
    row = {
        "operation_type": random.choice(["ADD", "UPDATE", "FREEZE", "UNFREEZE", "REBIND"]),
        "resource_source": random.choice(["PURCHASED", "SP_ALLOCATED", "ADMIN_ALLOCATED"]),
        "asset_id": _id(random),
        "resource_id": _id(random),
        "resource_nums": random.randrange(1_000_000),
        "resource_available_nums": random.randrange(1_000_000),
        "resource_type": random.choice(RESOURCE_TYPES),
        "charge_mode": random.choice(["ON_DEMAND", "PERIODIC", "ONE_TIME"]),
        "status": random.randrange(2),
    }
    if random.random() < 0.7:
        row["expire_time"] = f"20{random.randrange(20, 60)}-0{random.randrange(1, 10)}-28T08:43:17Z"
    return row


def _id(random):
    return f"{random.getrandbits(128):032x}"
