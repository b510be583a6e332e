"""The texts of messages that deploy/alertmanager/metastudio.tmpl writes. Alertmanager's own amtool renders them."""

import json

import pytest

import shipped
from programs import run_to_end

USERS = {"alertname": "MetaStudioUserQuotaUsedUp", "project": "p"}


@pytest.fixture
def render(tmp_path):
    """Renders a template with alerts, which have these annotations."""

    def rendered(template, *firing, resolved=(), labels=USERS, common=None):
        alerts = [("firing", annotations) for annotations in firing]
        alerts += [("resolved", annotations) for annotations in resolved]
        data = tmp_path / "data.json"
        message = {
            "status": "firing" if firing else "resolved",
            "groupLabels": labels,
            "commonAnnotations": common or {},
            "alerts": [{"status": status, "annotations": annotations} for status, annotations in alerts],
        }
        data.write_text(json.dumps(message))
        text = f'{{{{ template "metastudio.{template}" . }}}}'
        done = run_to_end(
            ["amtool", "template", "render", f"--template.glob={shipped.TEMPLATES}", f"--template.text={text}", f"--template.data={data}"],
            tmp_path,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.removesuffix("\n")

    return rendered


def alert(name, **annotations):
    return {"description": f"Description of {name}."} | annotations


def lines(*names):
    return [f"- Description of {name}." for name in names]


def test_the_title_has_the_number_of_firing_alerts_and_what_they_have_in_common(render):
    assert render("title", alert("a"), alert("b"), resolved=[alert("c")]) == "[FIRING:2] MetaStudioUserQuotaUsedUp p"
    assert render("title", resolved=[alert("a")]) == "[RESOLVED] MetaStudioUserQuotaUsedUp p"
    exporter = {"alertname": "MetaStudioAPIFailing", "job": "metastudio-exporter", "exporter": "a:1"}
    assert render("title", alert("a"), labels=exporter) == "[FIRING:1] MetaStudioAPIFailing a:1 metastudio-exporter"


def test_the_text_has_the_descriptions_and_the_runbook(render):
    text = render("text", alert("a"), alert("b"), resolved=[alert("c")], common={"runbook_url": "http://runbook"})
    assert text.splitlines() == ["2 firing:", *lines("a", "b"), "1 resolved:", *lines("c"), "Runbook: http://runbook"]
    assert render("text", resolved=[alert("c")]).splitlines() == ["1 resolved:", *lines("c")]


@pytest.mark.parametrize(
    ("number", "head"), [(1, "1 firing:"), (10, "10 firing:"), (11, "11 firing, the 10 worst:"), (2000, "2000 firing, the 10 worst:")]
)
def test_the_text_has_ten_alerts_at_most(render, number, head):
    shown = lines(*range(min(number, 10)))
    assert render("text", *map(alert, range(number))).splitlines() == [head, *shown]


def test_the_text_has_ten_resolved_alerts_at_most(render):
    text = render("text", resolved=map(alert, range(11)))
    assert text.splitlines() == ["11 resolved, 10 of them:", *lines(*range(10))]


def test_the_highest_number_comes_first(render):
    # As the rules write ratios; the last one stands for an infinite one.
    ratios = ["000000.9500", "000001.0000", "000012.0000", "000000.9999", "999999.9999"]
    text = render("text", *(alert(ratio, highest_first=ratio) for ratio in ratios))
    assert text.splitlines()[1:] == lines("999999.9999", "000012.0000", "000001.0000", "000000.9999", "000000.9500")


def test_the_lowest_number_comes_first(render):
    # As the rules write seconds.
    seconds = ["00000086340", "00000000060", "00000000600", "00000000000", "00000003600"]
    text = render("text", *(alert(left, lowest_first=left) for left in seconds))
    assert text.splitlines()[1:] == lines("00000000000", "00000000060", "00000000600", "00000003600", "00000086340")


@pytest.mark.parametrize("order", ["highest_first", "lowest_first"])
def test_the_ten_worst_are_the_same_wherever_they_are_in_the_list(render, order):
    numbers = [f"{n:011}" for n in range(100)]
    shuffled = [numbers[n * 37 % 100] for n in range(100)]
    text = render("text", *(alert(number, **{order: number}) for number in shuffled))
    worst = numbers[:-11:-1] if order == "highest_first" else numbers[:10]
    assert text.splitlines() == ["100 firing, the 10 worst:", *lines(*worst)]


def test_equal_numbers_keep_the_order_of_the_list(render):
    equal = [alert(name, highest_first="000001.0000") for name in "abcdefghijkl"]
    worse = alert("worse", highest_first="000001.0001")
    text = render("text", *equal, worse)
    assert text.splitlines() == ["13 firing, the 10 worst:", *lines("worse", *"abcdefghi")]


def test_the_examples_of_receivers_are_valid(tmp_path):
    text = shipped.with_examples(shipped.ALERTMANAGER.read_text(), "slack_configs", "email_configs")
    (tmp_path / shipped.TEMPLATES.name).write_text(shipped.TEMPLATES.read_text())
    (tmp_path / "alertmanager.yml").write_text(text)
    done = run_to_end(["amtool", "check-config", tmp_path / "alertmanager.yml"], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
