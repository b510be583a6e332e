"""A small document that is typed as the real ones are: what runs, what stays, and what fails."""

import pytest

import documents
import typed_page

SMALL = """\
# A page

```sh needs=cloud
export HUAWEICLOUD_SDK_AK=...           # access key ID
export HUAWEICLOUD_SDK_SK=...
export METASTUDIO_REGION=cn-north-4
cd deploy
metastudio-exporter check
```

It prints:

```text prints
PROJECT     API             RESULT  ...
cn-north-4  voice_training  ok      access_key SIMU…...  30 ...
...
2 checks: 2 ok.
```

```yaml file=exporter.yml
projects:
  - name: production
    region: cn-north-4
    credentials:
      access_key: {ak_file: /run/secrets/ak, sk_file: /run/secrets/sk}
```

```sh needs=cloud
basename "$PWD"
cat /run/secrets/ak
metastudio-exporter check --config.file=../exporter.yml
```

```text prints
deploy
SIMULATED...
production ... user_quotas ... 250 ...
```

```sh needs=nothing runs
cd ..
cargo run --release -- demo
```

```text prints
Page: ... http://localhost:10036/
```

```sh needs=demo
curl --silent localhost:10036/metrics | grep 'metastudio_users{'
```

```text prints
metastudio_users{project="production"} 250
metastudio_users{project="staging"} 3
```

```sh needs=exporter
curl --silent http://localhost:10036/metrics | grep 'metastudio_users{'
```

```text prints
metastudio_users{project="cn-north-4"} 250
```

```sh needs=nothing exit=2
metastudio-exporter --no-such-flag
```

```sh needs=make
make image DOCKER=podman
```

```sh needs=docker
docker run ...
```

```text prints
not compared here
```
"""


@pytest.fixture
def type_page(tmp_path, binary, start, simulate):
    def type_text(text):
        page = documents.parse("docs/small.md", text)
        assert documents.problems(page) == []
        typed_page.type_page(page, tmp_path, binary, start, simulate)

    return type_text


@pytest.fixture
def failure(type_page):
    """What is said about a text that fails."""

    def fail(text):
        with pytest.raises(AssertionError) as raised:
            type_page(text)
        return str(raised.value)

    return fail


def test_a_page_runs(type_page):
    type_page(SMALL)


EXIT = """\
docs/small.md:3: exit code 3 instead of 0; the output is:
before
The block is:
echo before
(exit 3)
echo after
"""


def test_a_command_that_fails_ends_the_block(failure):
    assert failure("# A page\n\n```sh needs=nothing\necho before\n(exit 3)\necho after\n```\n") == EXIT


def test_a_command_that_fails_in_a_pipe_ends_the_block(failure):
    said = failure("```sh needs=nothing\nno-such-command | sort\necho after\n```\n")
    output, _, _ = said.partition("The block is:")
    assert output.startswith("docs/small.md:1: exit code 127 instead of 0; the output is:\n")
    assert output.endswith("no-such-command: command not found\n")


def test_a_pipe_can_end_early(type_page):
    type_page("```sh needs=nothing\nyes | grep --max-count=1 y\nyes | head -1\n```\n```text prints\ny\ny\n```\n")


def test_a_page_that_exports_a_key_has_to_export_the_region_too(failure):
    export = "export HUAWEICLOUD_SDK_AK=...\nexport HUAWEICLOUD_SDK_SK=...\n"
    said = failure(f"```sh needs=cloud\n{export}metastudio-exporter check\n```\n")
    assert said.startswith("docs/small.md:1: exit code 2 instead of 0") and "METASTUDIO_REGION" in said


def test_an_account_is_there_without_an_export(type_page):
    type_page("```sh needs=cloud\nmetastudio-exporter check\n```\n```text prints\n2 checks: 2 ok.\n```\n")


def test_a_command_has_to_fail_if_the_page_says_so(failure):
    said = failure("```sh needs=nothing exit=1\ntrue\n```\n")
    assert said.startswith("docs/small.md:1: exit code 0 instead of 1; the output is:\n\nThe block is:\n")


OTHER = """\
docs/small.md:4: --- in the document
+++ printed
@@ -1,2 +1,2 @@
 one
-three
+two
The block is:
one
three
"""


def test_a_block_that_prints_something_else_fails(failure):
    assert failure("```sh needs=nothing\nprintf 'one\\ntwo\\n'\n```\n```text prints\none\nthree\n```\n") == OTHER


def test_an_invalid_configuration_fails(failure):
    said = failure("```yaml file=exporter.yml\nprojects:\n  - {name: a, regio: cn-north-4}\n```\n")
    assert said.startswith("docs/small.md:1: --config.check: ")
    assert "exporter.yml:2:" in said and "regio" in said


def test_a_server_that_ends_fails(failure):
    said = failure("```sh needs=nothing runs\nmetastudio-exporter demo --no-such-flag\n```\n")
    assert said.startswith("docs/small.md:1: bash ended with 2:\n")


@pytest.mark.parametrize(
    ("target", "answer"),
    [("no-such-target", "No rule to make target 'no-such-target'"), ("tests", "Nothing to be done for 'tests'")],
)
def test_what_is_no_target_of_make_fails(failure, target, answer):
    said = failure(f"```sh needs=make\nmake {target}\n```\n")
    assert said.startswith("docs/small.md:1: make --dry-run: ") and answer in said
