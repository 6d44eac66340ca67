"""The views of a game, as BigQuery SQL: the same text for BigQuery and, through to_duckdb, for a laptop.

Built-in views lie in sql/views/*.sql; those of event types and declared rollups are made from the contract; a game's own lie in
its folder's views/*.sql.
Tables lie in a dataset of their own (`tables`), views in another (`views`).
"""

import re
from collections.abc import Iterable
from importlib.resources import files

from gamebeam.schemas import tables as schema
from gamebeam.schemas.contract.contract import Contract, envelope_fields
from gamebeam.schemas.contract.feeds import feed_views
from gamebeam.schemas.contract.fields import Field
from gamebeam.schemas.contract.questions import own_views
from gamebeam.schemas.contract.rollups import Rollup, Value
from gamebeam.schemas.events import LARGEST_AMOUNT

BUILT_IN = ("runs", "dead_letters", "dead_letter_problems", "counter_hours", "ledger", "player_hours", "sessions", "players",
            "leaderboard", "data_status")
KEYS = {"ledger": ("hour", "game", "env", "platform", "app_version", "event_type"),
        "counter_hours": ("hour", "env", "counter"),
        "player_hours": ("hour", "env", "player_id")}
VISIBLE_RUNS = "SELECT run_id FROM {tables}.runs WHERE state IN ('open', 'complete')"
REPAIRED = ("SELECT runs.generation, item.run_id, item.arrived_before FROM {tables}.runs AS runs, UNNEST(runs.repairs) AS item "
            "WHERE runs.state = 'complete'")
ENV = "COALESCE(NULLIF(env, ''), 'live')"  # older archives have rows without env: an event that names none is live
LARGEST = 2**63 - 1  # where sums of clients' numbers stop, here as in the job: an INT64 sum that overflows is an error in BigQuery
SKETCH_SIZE = 2048  # how many of the smallest hashes a distinct value keeps; below that its estimate is exact


def view_sql(contract: Contract, tables: str = "tables", views: str = "main", archive: str = "", border: str = "") -> dict[str, str]:
    """A SELECT per view, each after the views that it reads.

    archive: the dataset of external tables from which event views read the days before `border`, a date in SQL.
    """
    texts = {name: event_view(contract, name, bool(archive)) for name in contract.events}
    texts["events"] = events_view(contract)
    texts |= {name: built_in_view(contract, name) for name in BUILT_IN}
    texts |= {rollup.name: rollup_view(contract, rollup) for rollup in contract.rollups}
    texts |= feed_views(contract, VISIBLE_RUNS)
    for name, text in own_views(contract).items():
        texts[name] = fill(text, base=f"(\n{texts.get(name, '')}\n)", visible_runs=VISIBLE_RUNS)
    placeholders = {"tables": tables, "views": views, "archive": archive, "border": border, "time_zone": contract.time_zone}
    return {name: with_money(fill(text, **placeholders)) for name, text in texts.items()}


def fill(text: str, **values: str) -> str:
    """Braces that are no placeholder stay, as in a JSON path."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def event_view(contract: Contract, event_type: str, with_archive: bool = False) -> str:
    """One row per event_id within a day of event_time, so that a filter on event_date still prunes.

    Each day is read from one place alone: an archived event, however late, lies under the date of its event_time.
    """
    stored = [f for f in schema.tables(contract)[event_type].fields if f.name != "run_id"]
    columns, shown = _listed(f.name for f in stored), ", ".join(_shown(contract, f) for f in stored)
    first = "ORDER BY arrival_time, run_id, event_time"
    if not with_archive:
        return (f"SELECT\n  {shown}, DATE(event_time) AS event_date\nFROM {{tables}}.{event_type}\nWHERE run_id IN ({VISIBLE_RUNS})\n"
                f"QUALIFY ROW_NUMBER() OVER (PARTITION BY event_id, DATE(event_time) {first}) = 1")
    return (f"SELECT\n  {shown}, event_date\nFROM (\n"
            f"  SELECT run_id, {columns}, DATE(event_time) AS event_date\n  FROM {{tables}}.{event_type}\n"
            f"  WHERE DATE(event_time) >= {{border}}\n"
            "  UNION ALL\n"
            f"  SELECT run_id, {columns}, `date` AS event_date\n  FROM {{archive}}.{event_type}\n  WHERE `date` < {{border}})\n"
            f"WHERE run_id IN ({VISIBLE_RUNS})\n"
            f"QUALIFY ROW_NUMBER() OVER (PARTITION BY event_id, event_date {first}) = 1")


def _shown(contract: Contract, field: Field) -> str:
    """A column; one that was promoted out of additional_properties is read from there too: older events have it nowhere else.
    What stands there with another type stays there: nothing is cast in silence.
    """
    if field.name == "env":
        return f"{ENV} AS env"
    if field.also is None:
        return f"`{field.name}`"
    path = "$" + "".join(f'."{part}"' for part in field.also.split("."))
    text, value = f"JSON_QUERY(additional_properties, '{path}')", f"JSON_VALUE(additional_properties, '{path}')"
    number = value if contract.wire.numbers_as_strings else text
    whole = f"SAFE_CAST(REGEXP_EXTRACT({number}, r'^-?[0-9]+$') AS INT64)"
    found = {
        "string": f"IF(STARTS_WITH({text}, '\"'), {value}, NULL)",
        "boolean": f"CASE {text} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END",
        "long": whole,
        "double": f"SAFE_CAST(REGEXP_EXTRACT({number}, r'^-?[0-9.]+(?:[eE][-+]?[0-9]+)?$') AS FLOAT64)",
        "timestamp": f"TIMESTAMP_MILLIS({whole})"}[field.type.kind]
    return f"COALESCE(`{field.name}`, {found}) AS `{field.name}`"


def events_view(contract: Contract) -> str:
    envelope = _listed(f.name for f in envelope_fields())
    return "\nUNION ALL\n".join(
        f"SELECT\n  {envelope}, event_date,\n  {_payload(event.fields)} AS payload\nFROM {{views}}.{event.name}"
        for event in contract.events.values())


def built_in_view(contract: Contract, name: str) -> str:
    file = "sessions_by_gap" if name == "sessions" and contract.session_gap_ms is not None else name
    text = (files("gamebeam.sql") / "views" / f"{file}.sql").read_text()
    text = re.sub(r"\{latest:(\w+)\}", lambda m: latest_rows(m[1], KEYS[m[1]]), text)
    states = "".join(",\n  " + _last(f) + f",\n  MAX(`{f.name}_at`) AS `{f.name}_at`" for f in contract.state_fields)
    columns = "".join(f",\n  hours.`{f.name}`" for f in contract.state_fields)
    return fill(text, states=states, state_columns=columns, game=contract.name, gap_ms=str(contract.session_gap_ms), env=ENV,
                max_hole=str(contract.max_hole),
                visible_runs=VISIBLE_RUNS, arrivals="\n  UNION ALL\n".join(_arrivals(contract, name) for name in contract.events),
                time_zone=contract.time_zone, missing="SUM(missing)" if contract.counter else "CAST(NULL AS INT64)")


def _arrivals(contract: Contract, event_type: str) -> str:
    """Of each event its day, how long it took to arrive, and its money."""
    return (f"  SELECT env, '{event_type}' AS event_type, DATE(event_time, '{{time_zone}}') AS day, arrival_time, "
            f"TIMESTAMP_DIFF(arrival_time, event_time, SECOND) AS wait_s, {money_micros(contract, event_type)} AS micros "
            f"FROM {{views}}.{event_type}")


def money_micros(contract: Contract, event_type: str) -> str:
    """An event's money in millionths, as SQL: what is given back counts negative."""
    return " + ".join(f"COALESCE({micros_of(f'`{f.name}`')}, 0) * {f.factor}"
                      for f in contract.fields_with_role(event_type, "revenue") if f.stored) or "0"


def with_money(text: str) -> str:
    """{micros:expression} and {sum:expression} of a view's text as the SQL of that amount and of that sum."""
    text = re.sub(r"\{micros:([^{}]+)\}", lambda m: micros_of(m[1]), text)
    return re.sub(r"\{sum:([^{}]+)\}", lambda m: sum_of(m[1]), text)


def micros_of(amount: str) -> str:
    """An amount in millionths as SQL, an INT64: rounded, halves away from zero, as transforms.partials.round_micros does."""
    return f"CAST(ROUND(LEAST(GREATEST({amount}, -{LARGEST_AMOUNT}), {LARGEST_AMOUNT}) * 1000000) AS INT64)"


def sum_of(column: str) -> str:
    """The sum of an INT64 column as SQL, an INT64 that stops at LARGEST either way."""
    return f"CAST(LEAST(GREATEST(SUM(CAST({column} AS BIGNUMERIC)), -{LARGEST}), {LARGEST}) AS INT64)"


def latest_rows(table: str, keys: Iterable[str], where: str = "") -> str:
    """Of a rollup's rows those that count: each key's last pane within a run, at the window's highest generation, and what runs
    added that the repair of that generation had not read. Built-in rollups are repaired by hour: a stream's windows are of arrival.
    where: a condition on the rows.

    A repair may leave no row of an hour whose events are all copies of events in other hours: its ledger shows that it settled the hour.
    """
    keys = tuple(keys)
    built_in = table in KEYS
    # Panes accumulate, and a runner may hand them over in any order: the one that counted most holds all the others.
    last = "" if built_in else "counted DESC, pane_timing <> 'EARLY' DESC, "
    repaired_by, added = ("`hour`", " OR seen.window_start >= repair.arrived_before") if built_in else ("window_start, window_end", "")
    hour = "latest.`hour`" if built_in else "TIMESTAMP_TRUNC(latest.window_start, HOUR)"
    return f"""  SELECT seen.* EXCEPT (highest) REPLACE ({ENV.replace("env", "seen.env")} AS env)
  FROM (
    SELECT latest.*, GREATEST(MAX(generation) OVER (PARTITION BY {repaired_by}), COALESCE(settled.settled_by, 0)) AS highest
    FROM (
      SELECT * FROM {{tables}}.{table}
      WHERE run_id IN ({VISIBLE_RUNS}){f" AND {where}" if where else ""}
      QUALIFY ROW_NUMBER() OVER (
        PARTITION BY run_id, generation, window_start, window_end, {_listed(keys)}
        ORDER BY {last}emitted_time DESC, pane_index DESC) = 1) AS latest
    LEFT JOIN (
      SELECT `hour` AS settled_hour, MAX(generation) AS settled_by FROM {{tables}}.ledger
      WHERE run_id IN ({VISIBLE_RUNS}) GROUP BY settled_hour) AS settled ON {hour} = settled.settled_hour) AS seen
  LEFT JOIN ({REPAIRED}) AS repair ON seen.highest = repair.generation AND seen.run_id = repair.run_id
  WHERE repair.run_id IS NULL{added}"""


def rollup_view(contract: Contract, rollup: Rollup) -> str:
    """A declared rollup, merged over runs; is_final once no early pane is the last.

    Rows of another declaration are left out: after a change the earlier windows come back with a repair. Rows of before rows named
    their declaration are of this one if their windows are as long.
    """
    declared = (f"(declaration = '{rollup.fingerprint}' OR declaration IS NULL "
                f"AND TIMESTAMP_DIFF(window_end, window_start, MILLISECOND) = {rollup.window_ms})")
    keys = _listed(("window_start", "window_end", *rollup.keys))
    fields = {f.name: f for f in schema.declared_table(contract, rollup).fields}
    merged = [_merged(v, fields) for v in rollup.values]
    shown = [_estimate(v) if v.kind == "distinct" else f"`{v.name}`" for v in rollup.values]
    inner = ",\n    ".join([keys, *merged, "LOGICAL_AND(pane_timing <> 'EARLY') AS is_final"])
    outer = ",\n  ".join([keys, *shown, "is_final"])
    return (f"WITH latest AS (\n{latest_rows(rollup.name, rollup.keys, declared)}\n),\nmerged AS (\n  SELECT\n    {inner}\n"
            f"  FROM latest\n  GROUP BY {keys}\n)\nSELECT\n  {outer}\nFROM merged")


def _merged(value: Value, fields: dict[str, Field]) -> str:
    name = value.name
    match value.kind:
        case "sum" if f"{name}_micros" in fields and name in fields:  # its field was a long once
            return f"(COALESCE(SUM(`{name}_micros`), 0) + COALESCE(SUM(`{name}`), 0) * 1000000) / 1000000 AS `{name}`"
        case "sum" if f"{name}_micros" in fields:
            return f"{sum_of(f'`{name}_micros`')} / 1000000 AS `{name}`"
        case "sum":
            return f"{sum_of(f'`{name}`')} AS `{name}`"
        case "count":
            return f"SUM(`{name}`) AS `{name}`"
        case "distinct":
            return f"ARRAY_CONCAT_AGG(`{name}_hashes`) AS `{name}_hashes`"
        case "last":
            return _last(fields[name])
        case "min" | "max":
            return f"{value.kind.upper()}(`{name}`) AS `{name}`"
    raise ValueError(f"no such kind of value: {value.kind}")


def _estimate(value: Value) -> str:
    """Distinct values from the smallest hashes, of 63 bits, of any number of sketches."""
    last_kept = f"ARRAY_AGG(DISTINCT h ORDER BY h LIMIT {SKETCH_SIZE})[SAFE_OFFSET({SKETCH_SIZE - 1})]"
    return (f"(SELECT CAST(ROUND(IF(COUNT(DISTINCT h) < {SKETCH_SIZE}, COUNT(DISTINCT h), "
            f"{SKETCH_SIZE - 1} / ({last_kept} / POW(2, 63)))) AS INT64)\n"
            f"   FROM UNNEST(`{value.name}_hashes`) AS h) AS `{value.name}`")


def _last(field: Field) -> str:
    """The last known value; of two at the same moment the greater, so that no order of rows matters."""
    name = f"`{field.name}`"
    tie = f"TO_JSON_STRING({name})" if field.type.kind in ("array", "record") else name
    return f"ARRAY_AGG({name} IGNORE NULLS ORDER BY `{field.name}_at` DESC, {tie} DESC LIMIT 1)[SAFE_OFFSET(0)] AS {name}"


def _payload(fields: tuple[Field, ...]) -> str:
    """The type's own fields as JSON, written alike by every engine."""
    columns = [f"{_as_json(f)} AS `{f.name}`" for f in fields if f.stored]
    return f"TO_JSON_STRING(STRUCT({', '.join(columns)}))" if columns else "'{}'"


def _as_json(field: Field) -> str:
    if field.type.kind == "timestamp":
        return f"FORMAT_TIMESTAMP('%FT%H:%M:%E3SZ', `{field.name}`)"
    return f"TO_BASE64(`{field.name}`)" if field.type.kind == "bytes" else f"`{field.name}`"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
