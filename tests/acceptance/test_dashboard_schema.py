"""Checks the dashboards against Grafana's own schema in its foundation SDK.

The SDK's classes are generated from the schema of one version of Grafana. They decode any input: they drop unknown
fields and keep values of a wrong type. These tests therefore compare every value with its declared type, and the
encoded result with the input. The SDK is for the oldest supported version of Grafana, because newer versions migrate
older dashboards, but older versions do not read newer ones.
"""

import enum
import json
import types
import typing

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.cog.runtime import UnknownDataquery, panelcfg_config
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common, dashboard as schema

from panel_queries import dashboards, panels

register_default_plugins()
DASHBOARDS = dashboards()
UNIONS = (typing.Union, types.UnionType)
# Options of fields that this version of the SDK knows but does not register for the panel.
FIELD_OPTIONS = {"table": common.TableFieldOptions}


def problems(document):
    """The problems of a dashboard according to Grafana's schema."""
    decoded = schema.Dashboard.from_json(document)
    yield from check_value(decoded, schema.Dashboard, "")
    yield from find_lost(document, encoded(decoded), "")
    for panel in panels(document):
        yield from check_field_options(panel)


def check_value(value, declared, path):
    """Finds decoded values that do not have their declared type."""
    if hasattr(value, "to_json"):
        # The schema declares an object, but a plugin decoded a more specific type.
        declared = type(value)
    if declared in (object, typing.Any) or isinstance(declared, typing.TypeVar):
        return
    origin, arguments = typing.get_origin(declared), typing.get_args(declared)
    if origin in UNIONS:
        choices = [choice for choice in arguments if value is None or choice is not types.NoneType]
        if len(choices) == 1:
            yield from check_value(value, choices[0], path)
        elif all(any(True for _ in check_value(value, choice, path)) for choice in choices):
            yield f"{path}: {value!r} is none of {', '.join(map(str, choices))}"
    elif origin is typing.Literal:
        if value not in arguments:
            yield f"{path}: {value!r} is none of {arguments}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{path}: {value!r} is not a list"
        else:
            for index, item in enumerate(value):
                yield from check_value(item, arguments[0], f"{path}[{index}]")
    elif origin is dict:
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is not an object"
        else:
            for key, item in value.items():
                yield from check_value(item, arguments[1], f"{path}.{key}")
    elif issubclass(declared, enum.Enum):
        if isinstance(value, bool) or value not in list(declared):
            yield f"{path}: {value!r} is not of type {declared.__name__}"
    elif issubclass(declared, (str, bool, int, float, types.NoneType)):
        number = (int, float) if declared is float else declared
        if not isinstance(value, number) or (isinstance(value, bool) and declared is not bool):
            yield f"{path}: {value!r} is not of type {declared.__name__}"
    else:
        yield from check_object(value, declared, path)


def check_object(value, declared, path):
    if isinstance(value, UnknownDataquery):
        yield f"{path}: a query of an unknown kind"
    elif isinstance(value, dict) and hasattr(declared, "from_json"):
        # The SDK does not decode some objects.
        decoded = declared.from_json(value)
        yield from check_value(decoded, declared, path)
        yield from find_lost(value, encoded(decoded), path)
    elif not isinstance(value, declared):
        yield f"{path}: {value!r} is not of type {declared.__name__}"
    elif declared is not Dataquery:
        hints = typing.get_type_hints(declared.__init__)
        for name, inner in vars(value).items():
            yield from check_value(inner, hints.get(name, typing.Any), f"{path}.{name}")


def find_lost(original, kept, path):
    """Finds input that is missing in the encoded result: fields that the schema does not know."""
    if isinstance(original, dict) and isinstance(kept, dict):
        for key, value in original.items():
            if key not in kept:
                yield f"{path}.{key}: unknown"
            else:
                yield from find_lost(value, kept[key], f"{path}.{key}")
    elif isinstance(original, list) and isinstance(kept, list) and len(original) == len(kept):
        for index, (value, again) in enumerate(zip(original, kept, strict=True)):
            yield from find_lost(value, again, f"{path}[{index}]")
    elif original != kept:
        yield f"{path}: {original!r} becomes {kept!r}"


def check_field_options(panel):
    """Checks overrides as if they were set for the whole panel. The schema accepts any ID of an option in an override;
    IDs with `custom.` are options of the panel."""
    path = f"{panel['title']}.fieldConfig"
    config = panelcfg_config(panel["type"])
    if config is None or config.options_from_json_hook is None:
        yield f"{path}: unknown type of panel {panel['type']!r}"
        return
    defaults = panel["fieldConfig"]["defaults"]
    if config.field_config_from_json_hook is None:
        yield from check_custom_options(panel["type"], defaults.get("custom", {}), f"{path}.defaults.custom")
    for override in panel["fieldConfig"]["overrides"]:
        for option in override["properties"]:
            where = f"{path}.overrides.{option['id']}"
            scope, _, name = option["id"].rpartition(".")
            if scope == "custom":
                yield from check_custom_options(panel["type"], {name: option["value"]}, where)
            else:
                yield from check_value({option["id"]: option["value"]}, schema.FieldConfig, where)


def check_custom_options(panel_type, options, path):
    config = panelcfg_config(panel_type)
    if config.field_config_from_json_hook is not None:
        decoded = config.field_config_from_json_hook(options)
    elif panel_type in FIELD_OPTIONS:
        decoded = FIELD_OPTIONS[panel_type].from_json(options)
    else:
        yield from (f"{path}.{name}: unknown" for name in options)
        return
    yield from check_value(decoded, type(decoded), path)
    yield from find_lost(options, encoded(decoded), path)


def encoded(decoded):
    return json.loads(json.dumps(decoded, cls=JSONEncoder))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_the_dashboard_matches_grafanas_schema(name):
    assert list(problems(DASHBOARDS[name])) == []


def panel_of(document, panel_type):
    return next(panel for panel in panels(document) if panel["type"] == panel_type)


def misspell_an_option(document):
    options = panel_of(document, "stat")["options"]
    options["colourMode"] = options.pop("colorMode")


def misspell_a_field_of_a_query(document):
    target = panel_of(document, "table")["targets"][0]
    target["expression"] = target["expr"]


def misspell_an_option_of_a_column(document):
    column = panel_of(document, "table")["fieldConfig"]["overrides"][0]
    column["properties"].append({"id": "custom.cellOption", "value": {"type": "gauge"}})


def give_text_for_a_number(document):
    panel_of(document, "table")["gridPos"]["w"] = "12"


def give_text_for_a_boolean(document):
    panel_of(document, "timeseries")["targets"][0]["range"] = "true"


def give_an_unknown_choice(document):
    panel_of(document, "timeseries")["fieldConfig"]["defaults"]["custom"]["drawStyle"] = "lines"


def give_text_for_a_list(document):
    document["tags"] = "metastudio"


def query_another_kind_of_data_source(document):
    panel = panel_of(document, "stat")
    for asker in (panel, *panel["targets"]):
        asker["datasource"] = {"type": "promql", "uid": "${datasource}"}


def show_an_unknown_kind_of_panel(document):
    panel_of(document, "stat")["type"] = "singlestat"


@pytest.mark.parametrize(
    ("break_dashboard", "complaint"),
    [
        (misspell_an_option, "options.colourMode: unknown"),
        (misspell_a_field_of_a_query, "targets[0].expression: unknown"),
        (misspell_an_option_of_a_column, "cellOption: unknown"),
        (give_text_for_a_number, "grid_pos.w: '12' is not of type int"),
        (give_text_for_a_boolean, "range_val: 'true' is not of type bool"),
        (give_an_unknown_choice, "draw_style: 'lines' is not of type GraphDrawStyle"),
        (give_text_for_a_list, "tags: 'metastudio' is not a list"),
        (query_another_kind_of_data_source, "targets[0]: a query of an unknown kind"),
        (show_an_unknown_kind_of_panel, "unknown type of panel 'singlestat'"),
    ],
    ids=lambda parameter: getattr(parameter, "__name__", None),
)
def test_errors_are_found(break_dashboard, complaint):
    """Ensures that the check above can fail."""
    document = json.loads(json.dumps(DASHBOARDS["metastudio-overview"]))
    break_dashboard(document)
    (found,) = problems(document)
    assert found.endswith(complaint)
