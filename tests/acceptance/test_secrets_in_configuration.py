"""No secret of the environment and of configuration files appears in any output, wherever in them it is."""

import urllib.parse

import pytest

import configuration
import leaks
import loopback
from programs import run_to_end
from web_options import HASH

# `=`, `/` and `+` are in real secrets.
SECRET_KEY = "NotTheSecretKeyOfAnybody/0000+0000000001="
TOKEN = "MIITokenOfNobodyAtAll+2026/01==" * 4
GOOD = {
    "HUAWEICLOUD_SDK_AK": "ACCESSKEYOFNOBODY001",
    "HUAWEICLOUD_SDK_SK": SECRET_KEY,
    "HUAWEICLOUD_SDK_SECURITY_TOKEN": TOKEN,
    "HUAWEICLOUD_SDK_PROJECT_ID": "0123456789abcdef0123456789abcdef",
    "METASTUDIO_AUTH_TOKEN": TOKEN[::-1],
    "METASTUDIO_ENDPOINT": "http://127.0.0.1:9",
    "http_proxy": f"http://user:{urllib.parse.quote(SECRET_KEY[::-1], safe='')}@127.0.0.1:9",
}
INCOMPLETE = {name: text for name, text in GOOD.items() if name != "HUAWEICLOUD_SDK_AK"}
BAD_ENDPOINT = GOOD | {"METASTUDIO_ENDPOINT": f"http://user:{SECRET_KEY}@127.0.0.1"}
# Without a cloud: the arguments, the variables and the exit code.
WITHOUT_CLOUD = {
    "help": (["--help"], GOOD, 0),
    "help of check": (["check", "--help"], GOOD, 0),
    "help of once": (["once", "-h"], GOOD, 0),
    "help of demo": (["demo", "--help"], GOOD, 0),
    "help of simulate": (["simulate", "--help"], GOOD, 0),
    "version": (["--version"], GOOD, 0),
    "good configuration": (["--config.check"], GOOD, 0),
    "incomplete configuration": (["--config.check"], INCOMPLETE, 1),
    "bad URL": (["--config.check"], BAD_ENDPOINT, 1),
    "incomplete configuration of check": (["check"], INCOMPLETE, 2),
    "bad URL of once": (["once", "--log.level=trace"], BAD_ENDPOINT, 2),
    "no cloud": (["once", "--log.level=trace"], GOOD, 1),
    "no cloud for check": (["check", "--log.level=trace"], GOOD, 1),
    "good web configuration": (["--config.check", "--web.config.file=web.yml"], GOOD, 0),
    "bad web configuration": (["--config.check", "--web.config.file=bad.yml"], GOOD, 1),
}


@pytest.mark.parametrize("run_of", WITHOUT_CLOUD)
def test_no_secret_leaks_from_commands_without_a_cloud(binary, tmp_path, run_of):
    arguments, variables, code = WITHOUT_CLOUD[run_of]
    (tmp_path / "web.yml").write_text(f"basic_auth_users: {{alice: {HASH}}}\n")
    (tmp_path / "bad.yml").write_text(f"basic_auth_users: {{alice: '{SECRET_KEY}'}}\n{SECRET_KEY}: {HASH}\n")
    result = run_to_end([binary, *arguments], tmp_path, variables)
    assert result.returncode == code, result.stderr
    secrets = [SECRET_KEY, SECRET_KEY[::-1], TOKEN, TOKEN[::-1], HASH]
    assert leaks.find([result.stdout, result.stderr], secrets) is None


@pytest.mark.parametrize("log_format", ["logfmt", "json"])
@pytest.mark.parametrize("command", ["demo", "simulate"])
def test_no_secret_of_the_environment_leaks_from_simulated_clouds(binary, start, command, log_format):
    listen = {"demo": "--web.listen-address=127.0.0.1:0", "simulate": "--listen=127.0.0.1:0"}[command]
    program = start([binary, command, listen, "--log.level=trace", f"--log.format={log_format}"], GOOD)
    sign = {"demo": "listening", "simulate": "METASTUDIO_REGION="}[command]
    program.wait_until(lambda: sign in program.stdout + program.stderr, "it runs")
    assert program.stop() == 0
    secrets = [SECRET_KEY, SECRET_KEY[::-1], TOKEN, TOKEN[::-1]]
    assert leaks.find([program.stdout, program.stderr], secrets) is None


# Secrets in wrong places, and in the right ones.
MISPLACED = {
    "glued": "credentials: {{access_key: {{ak: AK, sk:{secret}}}}}",
    "a-key": "{secret}: sk",
    "a-file": "credentials: {{access_key: {{ak: AK, sk_file: '{secret}'}}}}",
    "two-words": "credentials: {{access_key: {{ak: AK, sk: '{secret} {secret}'}}}}",
    "beside-its-file": "credentials: {{token: {{value: '{secret}', file: '{secret}'}}}}",
    "a-list": "credentials: {{token: ['{secret}']}}",
    "a-kind": "credentials: '{secret}'",
    "unknown-key": "credentials: {{password: {{domain: a, user: b, pasword: '{secret}'}}}}",
    "a-user-of-a-url": "endpoint: 'http://u:{secret}@127.0.0.1'",
    "a-query-of-a-url": "endpoint: 'http://127.0.0.1/?token={secret}'",
    "a-port-of-a-url": "endpoint: 'http://127.0.0.1:{secret}'",
    "a-pattern": "user_quotas: {{include: ['({secret}']}}",
    "a-region": "region: '{secret}'",
    "a-collector": "collectors: ['{secret}']",
    "broken-quotes": "credentials: {{token: {{value: \"{secret}}}}}",
    "an-alias": "name: *{secret}",
    "a-tag": "name: !{secret} a",
    "a-doubled-name": "name: a\n  credentials: {{token: {{value: '{secret}'}}}}\n- name: a\n  region: b",
}


@pytest.mark.parametrize("place", MISPLACED)
def test_no_secret_leaks_from_errors_about_a_bad_file(binary, tmp_path, place):
    file = tmp_path / "exporter.yml"
    file.write_text("projects:\n- " + MISPLACED[place].format(secret=SECRET_KEY) + "\n")

    result = run_to_end([binary, "--config.check", f"--config.file={file}"], tmp_path)
    assert result.returncode == 1 and str(file) in result.stderr
    assert leaks.find([result.stdout, result.stderr], [SECRET_KEY]) is None


def test_no_secret_leaks_when_a_reload_fails(serve, tmp_path):
    token = {"token": {"value": TOKEN}}
    project = {"name": "a", "project_id": "a", "endpoint": "http://127.0.0.1:9", "credentials": token}
    file = configuration.write(tmp_path / "exporter.yml", [project])
    exporter = serve({}, "--log.level=trace", "--web.enable-lifecycle", f"--config.file={file}")
    texts = []
    for text in MISPLACED.values():
        configuration.replace(file, "projects:\n- " + text.format(secret=SECRET_KEY) + "\n")
        answer = loopback.send("POST", f"{exporter.url}/-/reload", "")
        assert answer.status == 500
        texts.append(answer.text)
    assert exporter.program.stop() == 0
    log = exporter.program.stderr
    assert log.count("the previous one stays active") >= len(MISPLACED)
    assert leaks.find([*texts, exporter.program.stdout, log], [SECRET_KEY, TOKEN]) is None
