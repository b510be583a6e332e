"""The vendor's SDKs for Python, Go and Java, each in a program that reads the three MetaStudio APIs.

The programs are in sdk/; `make sdks` builds those for Go and Java. The argument is the `limit` of a page. The variables
are those that `simulate` prints, HUAWEICLOUD_SDK_IAM_ENDPOINT, and HUAWEICLOUD_SDK_SECURITY_TOKEN for a temporary key;
without HUAWEICLOUD_SDK_PROJECT_ID, the SDKs ask IAM for the project of the region.

The output is JSON, of lists by their collector: {"user_quotas": LIST, "voice_training": LIST,
"tenant_resources": LIST}.

LIST: {"pages": [PAGE, ...]} or {"error": {"status", "code", "message", "request_id"}}
PAGE: {"count", "rows"}, and "request_id" (user_quotas, tenant_resources) or "resource_available_nums" (voice_training)
"""

import json
import os
import sys
from pathlib import Path

from programs import installed, run_to_end

NAMES = ("python", "go", "java")
SOURCES = Path(__file__).parent / "sdk"
DEFAULT_DIRECTORY = SOURCES.parents[2] / "target" / "acceptance-sdk"

# For a short start.
JAVA_OPTIONS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData")


def read_lists(name, variables, limit, directory):
    """What the SDK reads of the cloud behind the variables, with pages of `limit` rows."""
    result = run_to_end([*_command(name), limit], directory, variables)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def _command(name):
    if name == "python":
        return [sys.executable, SOURCES / "python" / "main.py"]
    if name == "go":
        return [_built("go", "vendor-sdk")]
    classes = _built("java", "classes")
    return [installed("java"), *JAVA_OPTIONS, "-cp", f"{classes}:{classes.parent}/dependencies/*", "Main"]


def _built(*parts):
    path = Path(os.environ.get("METASTUDIO_SDK_PROGRAMS", DEFAULT_DIRECTORY), *parts).resolve()
    if not path.exists():
        raise RuntimeError(f"{path} does not exist: run `make sdks`, or set METASTUDIO_SDK_PROGRAMS")
    return path
