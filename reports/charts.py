"""A figure as a Vega-Lite chart. Vega writes texts as texts: a name with markup in it stays a name."""

import math
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any

import altair as alt
import vl_convert

from gamebeam.reports.figures import STATUS, Figure, format_of, is_number, label
from gamebeam.schemas.contract.fields import ContractError
from gamebeam.sql.show import plain

DRAWN = ("bar", "line", "area", "pie", "histogram", "heatmap", "scatter")
CHANNELS = ("x", "y", "color")
ENCODED = (*CHANNELS, "low", "high")
FORMATS = {"%": ".0%", "$": "$,.2f"}
NAMES = ("nominal", "ordinal")
MUTED = 0.45  # opacity of what is provisional
MOST_ROWS = 5_000


@cache
def vega_script() -> str:
    """Vega, Vega-Lite and vega-embed as one script that defines vegaEmbed: no page asks a network for it."""
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    bundle = vl_convert.javascript_bundle(vl_version=version)  # type: ignore[call-arg]  # its stub lacks the default
    return bundle.replace("</script", "<\\/script")


def chart(figure: Figure) -> dict[str, object] | None:
    """The chart's specification, data included; None for what is no drawing, or has no rows."""
    if figure.kind not in DRAWN or not figure.rows:
        return None
    figure = _one_y(figure)
    for channel in ENCODED:
        if (column := figure.options.get(channel)) and column not in figure.columns:
            raise ContractError(f"questions/{figure.question.name}.sql", "chart",
                                f"{channel}={column}: the answer has {', '.join(figure.columns)}")
    rows = [{**{name: _value(v) for name, v in zip(figure.columns, row, strict=True)}, "status": STATUS[final]}
            for row, final in zip(figure.rows[:MOST_ROWS], figure.final, strict=False)]
    drawing = _drawing(figure, alt.Chart(alt.Data(values=rows)))
    sized = drawing.properties(width="container", height=_height(figure), autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
    return sized.configure_view(strokeOpacity=0).to_dict()


def _one_y(figure: Figure) -> Figure:
    """y=dau,wau: each row as many as it has figures, told apart by colour; bars stand side by side."""
    names = figure.options.get("y", "").split(",")
    if len(names) < 2 or not set(names) <= set(figure.columns) or not figure.question.chart:
        return figure
    rows = [((*row, label(name), row[figure.columns.index(name)]), final)
            for row, final in zip(figure.rows, figure.final, strict=True) for name in names]
    options = {**figure.options, "y": "value", "color": "figure", "stack": "no"}
    question = replace(figure.question, chart=replace(figure.question.chart, options=options))
    return replace(figure, question=question, columns=(*figure.columns, "figure", "value"), rows=tuple(r for r, _ in rows),
                   final=tuple(f for _, f in rows))


def _drawing(figure: Figure, base: Any) -> Any:
    x, y, color = (_channel(figure, c) for c in CHANNELS)
    tips: list[object] = [{"field": c, "type": _type(figure, c), "title": label(c), **_tip_format(figure, c)}
                       for c in (*figure.columns, "status")]
    base = base.encode(tooltip=tips)
    muted = alt.Opacity(field="status", type="ordinal", sort=None, legend=None,
                        scale=alt.Scale(domain=list(STATUS.values()), range=[1, MUTED]))
    if color and figure.kind == "heatmap":
        color["scale"] = {"range": ["#eef4ff", "#7cb0ff"]}  # a number is read on each of them
    hue: dict[str, object] = {"color": alt.Color(**color)} if color else {}
    match figure.kind:
        case "line" | "area":
            encoded = base.encode(x=alt.X(**x), y=alt.Y(**y), **hue)
            line = encoded.mark_line() if figure.kind == "line" else encoded.mark_area(opacity=0.4, line=True)
            return line + encoded.mark_point(filled=True, size=45).encode(opacity=muted)
        case "heatmap":
            cells = base.mark_rect().encode(x=alt.X(**x), y=alt.Y(**y), opacity=muted, **hue)
            texts = base.mark_text(fontSize=10).encode(x=alt.X(**x), y=alt.Y(**y), text=alt.Text(
                field=figure.options.get("color", figure.columns[-1]), type="quantitative", **_format(figure)))
            return cells + texts
        case "pie":
            angle, slice = ({k: v for k, v in of.items() if k != "axis"} for of in (y, color or x))
            return base.mark_arc(innerRadius=50).encode(theta=alt.Theta(**angle), color=alt.Color(**slice), opacity=muted)
        case "histogram":
            return base.mark_bar().encode(x=alt.X(**{**x, "bin": alt.Bin(maxbins=40)}), y=alt.Y(aggregate="count", title="rows"))
        case "scatter":
            return base.mark_circle(size=50).encode(x=alt.X(**x), y=alt.Y(**y), opacity=muted, **hue)
    if color and figure.options.get("stack") == "no":
        beside = {"field": color["field"], "type": "nominal", "sort": None}
        hue |= {"yOffset": alt.YOffset(**beside)} if y["type"] in NAMES else {"xOffset": alt.XOffset(**beside)}
    bars = base.mark_bar().encode(x=alt.X(**x), y=alt.Y(**y), opacity=muted, **hue)
    if not {"low", "high"} <= set(figure.options):
        return bars
    interval = {"y": alt.Y(field=figure.options["low"], type="quantitative"), "y2": alt.Y2(field=figure.options["high"])}
    return bars + base.mark_rule(strokeWidth=2).encode(x=alt.X(**x), **interval)


def _channel(figure: Figure, channel: str) -> dict[str, Any]:
    """A column's place in the chart; names keep the order that the question gave them."""
    column = figure.options.get(channel)
    if not column:
        return {}
    kind = _type(figure, column)
    names_its_rows = (channel == "x" and figure.kind == "bar") or (figure.kind == "heatmap" and channel != "color")
    if names_its_rows and column in figure.question.key:
        kind = "ordinal"
    settings: dict[str, object] = {"field": column, "type": kind, "title": label(column)}
    if channel == "color" and kind == "temporal":  # a scale of time would name the same day several times in the legend
        return settings | {"type": "ordinal", "timeUnit": "utcyearmonthdate"}
    if kind in NAMES:
        settings["sort"] = None
        if channel != "color":
            settings["axis"] = {"labelAngle": -40 if channel == "x" and figure.kind != "heatmap" else 0, "labelOverlap": True}
    elif kind == "quantitative" and channel != "x" and _format(figure):
        settings["legend" if channel == "color" else "axis"] = _format(figure)
    return settings


def _format(figure: Figure) -> dict[str, Any]:
    drawn = figure.options.get("color" if figure.kind == "heatmap" else "y", "")
    return {"format": FORMATS[f]} if (f := figure.options.get("format", "") or format_of(drawn)) in FORMATS else {}


def _tip_format(figure: Figure, column: str) -> dict[str, object]:
    return _format(figure) if column in (figure.options.get("y"), figure.options.get("color")) else {}


def _type(figure: Figure, column: str) -> str:
    if column not in figure.columns:
        return "nominal"
    at = figure.columns.index(column)
    some = next((row[at] for row in figure.rows if row[at] is not None), None)
    if is_number(some):
        return "quantitative"
    return "temporal" if isinstance(some, date) and figure.kind in ("line", "area", "scatter") else "nominal"


def _value(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    shown = plain(value)
    return shown if isinstance(shown, str | int | float | bool | None) else str(shown)


def _height(figure: Figure) -> int | dict[str, int]:
    """Where the rows stand one under another, each has its line."""
    y = figure.options.get("y", "")
    if figure.kind in ("bar", "heatmap") and y in figure.columns and _channel(figure, "y").get("type") in NAMES:
        return {"step": 12 if figure.options.get("stack") == "no" else 22}
    return 240
