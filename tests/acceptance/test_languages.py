"""The English pages and their Chinese twins say the same; and a change of one page alone is found."""

import pytest

from languages import differences, pairs, twin
from shipped import ROOT

ENGLISH = """# The exporter

[中文](README.zh-CN.md)

![The overview](overview-light.png)

## Try it

It polls 10,000 users every 5 minutes with `--poll.interval=5m`. See [Docker](docs/installing.md#with-docker).

- `metastudio_up` is 1.
- Nothing is missing.

```sh needs=cloud
export KEY=...  # your key
metastudio-exporter check
# --poll.timeout=2m
```

```text prints
# 2 checks
```

## Metrics

| metric | value |
|---|---|
| `metastudio_users` | users |
| `metastudio_up` | 0 or 1 |

### MetaStudioDown

### `GET /metrics`

See [the rules](deploy/rules.yml) and <http://localhost:10036>.
"""
CHINESE = """# 导出器

[English](README.md)

![概览](overview-zh.png)

## 试用

它每 5 分钟用 `--poll.interval=5m` 查询 10000 个子账户。参见 [Docker](docs/zh-CN/installing.md#用-docker)。

- `metastudio_up` 为 1。
- 没有遗漏。

```sh needs=cloud
export KEY=... # 您的密钥
# 检查
metastudio-exporter check
# --poll.timeout=2m
```

```text prints
# 2 checks
```

## 指标

| 指标 | 值 |
|---|---|
| `metastudio_users` | 子账户 |
| `metastudio_up` | 0 或 1 |

### MetaStudioDown

### `GET /metrics`

参见[规则](deploy/rules.yml)和 <http://localhost:10036>。
"""
FILES = "README.md and README.zh-CN.md"
TRY = f"{FILES}: ## Try it / ## 试用"
METRICS = f"{FILES}: ## Metrics / ## 指标"


@pytest.mark.parametrize("pair", pairs(ROOT), ids=lambda pair: pair[0])
def test_both_languages_say_the_same(pair):
    found = differences(ROOT, *pair)
    assert not found, "\n".join(["", *found])


@pytest.fixture
def compare(tmp_path):
    """Compares the two pages."""
    (tmp_path / "docs" / "zh-CN").mkdir(parents=True)
    (tmp_path / "docs" / "installing.md").write_text("# Installing\n\n## With Docker\n")
    (tmp_path / "docs" / "zh-CN" / "installing.md").write_text("# 安装\n\n## 用 Docker\n")

    def compared(english, chinese):
        (tmp_path / "README.md").write_text(english)
        (tmp_path / "README.zh-CN.md").write_text(chinese)
        return differences(tmp_path, "README.md", "README.zh-CN.md")

    return compared


def test_pages_that_say_the_same(compare):
    assert compare(ENGLISH, CHINESE) == []


def test_comments_of_the_page_may_differ(compare):
    assert compare(ENGLISH.replace("| metric |", "<!-- generated: data -->\n| metric |"), CHINESE) == []


# What is changed in the Chinese page, and all that is found.
CHANGES = {
    "flag": (
        "--poll.interval=5m",
        "--poll.interval=6m",
        [f"{TRY}: code: only README.md has --poll.interval=5m; only README.zh-CN.md has --poll.interval=6m"],
    ),
    "missing-code": ("`metastudio_up` 为", "它为", [f"{TRY}: code: only README.md has metastudio_up"]),
    "number": ("5 分钟", "6 分钟", [f"{TRY}: numbers: only README.md has 5; only README.zh-CN.md has 6"]),
    "long-number": ("10000", "1000", [f"{TRY}: numbers: only README.md has 10000; only README.zh-CN.md has 1000"]),
    "missing-item": (
        "- 没有遗漏。\n",
        "",
        [f"{TRY}: 2 items of lists in README.md, 1 in README.zh-CN.md"],
    ),
    "missing-heading": ("## 指标\n", "", [f"{FILES}: headings: only README.md has ## Metrics"]),
    "new-heading": ("## 指标\n", "## 新\n\n## 指标\n", [f"{FILES}: headings: only README.zh-CN.md has ## 新"]),
    "level-of-a-heading": (
        "## 指标\n",
        "### 指标\n",
        [f"{FILES}: headings: only README.md has ## Metrics; only README.zh-CN.md has ### 指标"],
    ),
    "alert": (
        "### MetaStudioDown",
        "### MetaStudioUp",
        [
            f"{FILES}: ### MetaStudioDown / ### MetaStudioUp: a heading that is code or an alert's name must be the same",
        ],
    ),
    "translated-alert": (
        "### MetaStudioDown",
        "### 停止",
        [f"{FILES}: ### MetaStudioDown / ### 停止: a heading that is code or an alert's name must be the same"],
    ),
    "heading-of-code": (
        "### `GET /metrics`",
        "### `GET /`",
        [
            f"{FILES}: ### GET /metrics / ### GET /: a heading that is code or an alert's name must be the same",
            f"{FILES}: ### GET /metrics / ### GET /: code: only README.md has GET /metrics; "
            "only README.zh-CN.md has GET /",
        ],
    ),
    "row": (
        "| `metastudio_users` | 子账户 |\n",
        "",
        [f"{METRICS}: tables, rows x columns: 3 x 2 in README.md, 2 x 2 in README.zh-CN.md"],
    ),
    "column": (
        "| 指标 | 值 |\n|---|---|\n",
        "| 指标 | 值 | 单位 |\n|---|---|---|\n",
        [f"{METRICS}: tables, rows x columns: 3 x 2 in README.md, 3 x 3 in README.zh-CN.md"],
    ),
    "table": (
        "| 指标 | 值 |\n|---|---|\n",
        "",
        [
            f"{METRICS}: code: only README.zh-CN.md has metastudio_users, metastudio_up",
            f"{METRICS}: tables, rows x columns: 3 x 2 in README.md, none in README.zh-CN.md",
        ],
    ),
    "order-of-rows": (
        "| `metastudio_users` | 子账户 |\n| `metastudio_up` | 0 或 1 |\n",
        "| `metastudio_up` | 0 或 1 |\n| `metastudio_users` | 子账户 |\n",
        [
            f"{METRICS}: table 1, row 2: code: only README.md has metastudio_users; "
            "only README.zh-CN.md has metastudio_up",
            f"{METRICS}: table 1, row 3: code: only README.md has metastudio_up; "
            "only README.zh-CN.md has metastudio_users",
        ],
    ),
    "missing-block": (
        "```text prints\n# 2 checks\n```\n",
        "",
        [f"{TRY}: 2 blocks of code in README.md, 1 in README.zh-CN.md"],
    ),
    "kind-of-block": (
        "```sh needs=cloud\n",
        "```sh needs=nothing\n",
        [f"{TRY}: block 1: ```sh needs=cloud in README.md, ```sh needs=nothing in README.zh-CN.md"],
    ),
    "command": (
        "exporter check\n",
        "exporter once\n",
        [
            f"{TRY}: block 1: only README.md has metastudio-exporter check; "
            "only README.zh-CN.md has metastudio-exporter once",
        ],
    ),
    "flag-in-a-comment": (
        "# --poll.timeout=2m",
        "# --poll.timeout=3m",
        [f"{TRY}: block 1: only README.zh-CN.md has # --poll.timeout=3m"],
    ),
    "order-of-commands": (
        "export KEY=... # 您的密钥\n# 检查\nmetastudio-exporter check\n",
        "metastudio-exporter check\nexport KEY=...\n",
        [f"{TRY}: block 1: the lines have another order"],
    ),
    "printed-text": (
        "# 2 checks\n",
        "# 2 次检查\n",
        [f"{TRY}: block 2: only README.md has # 2 checks; only README.zh-CN.md has # 2 次检查"],
    ),
    "link": (
        "deploy/rules.yml",
        "deploy/alerts.yml",
        [
            f"{FILES}: ### GET /metrics: README.zh-CN.md must link to deploy/rules.yml",
            f"{FILES}: ### GET /metrics: README.zh-CN.md must not link to deploy/alerts.yml",
        ],
    ),
    "address": (
        "<http://localhost:10036>",
        "<http://localhost:10037>",
        [
            f"{FILES}: ### GET /metrics: README.zh-CN.md must link to http://localhost:10036",
            f"{FILES}: ### GET /metrics: README.zh-CN.md must not link to http://localhost:10037",
        ],
    ),
    "link-to-the-english-page": (
        "docs/zh-CN/installing.md#用-docker",
        "docs/installing.md#with-docker",
        [
            f"{TRY}: README.zh-CN.md must link to docs/zh-CN/installing.md#用-docker",
            f"{TRY}: README.zh-CN.md must not link to docs/installing.md#with-docker",
        ],
    ),
    "anchor": (
        "docs/zh-CN/installing.md#用-docker",
        "docs/zh-CN/installing.md#安装",
        [
            f"{TRY}: README.zh-CN.md must link to docs/zh-CN/installing.md#用-docker",
            f"{TRY}: README.zh-CN.md must not link to docs/zh-CN/installing.md#安装",
        ],
    ),
    "picture": (
        "overview-zh.png",
        "overview-dark.png",
        [
            f"{FILES}: # The exporter / # 导出器: pictures: only README.md has overview-light.png; "
            "only README.zh-CN.md has overview-dark.png",
        ],
    ),
}


@pytest.mark.parametrize(("old", "new", "found"), CHANGES.values(), ids=CHANGES)
def test_a_change_of_the_chinese_page_alone_is_found(compare, old, new, found):
    assert CHINESE.count(old) == 1
    assert compare(ENGLISH, CHINESE.replace(old, new)) == found


def test_a_changed_flag_of_the_english_page_alone_is_found(compare):
    assert compare(ENGLISH.replace("--poll.interval=5m", "--poll.interval=6m"), CHINESE) == [
        f"{TRY}: code: only README.md has --poll.interval=6m; only README.zh-CN.md has --poll.interval=5m"
    ]


def test_a_page_in_one_language_is_found(tmp_path):
    (tmp_path / "docs" / "zh-CN").mkdir(parents=True)
    (tmp_path / "docs" / "web.md").touch()
    (tmp_path / "docs" / "zh-CN" / "alerts.md").touch()
    assert pairs(tmp_path)[2:] == [("docs/alerts.md", "docs/zh-CN/alerts.md"), ("docs/web.md", "docs/zh-CN/web.md")]
    assert [differences(tmp_path, *pair) for pair in pairs(tmp_path)[2:]] == [
        ["docs/alerts.md does not exist, but docs/zh-CN/alerts.md does"],
        ["docs/zh-CN/web.md does not exist, but docs/web.md does"],
    ]


@pytest.mark.parametrize(
    ("page", "other"),
    [
        ("README.md", "README.zh-CN.md"),
        ("docs/web.md", "docs/zh-CN/web.md"),
        ("deploy/prometheus/RUNBOOK.md", "deploy/prometheus/RUNBOOK.zh-CN.md"),
    ],
)
def test_a_page_and_its_twin(page, other):
    assert (twin(page), twin(other)) == (other, page)


@pytest.mark.parametrize("page", ["deploy/scrape/README.md", "CHANGELOG.md", "docs/book.toml", "docs/a/b.md"])
def test_a_page_without_a_twin(page):
    assert twin(page) is None
