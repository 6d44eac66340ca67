"""Unix time: UNIX_SECONDS, TIMESTAMP_SECONDS and their siblings."""

from gamebeam.sql.dialect.registry import ERROR, function

TOPIC = "dates and times"

# Unix time
for _name, _unit in (("SECONDS", 1_000_000), ("MILLIS", 1000), ("MICROS", 1)):
    function(
        f"UNIX_{_name}",
        ("TIMESTAMP -> INT64", f"bq_floor_div(epoch_us({{0}}), {_unit}::BIGINT)" if _unit > 1 else "epoch_us({0})"),
        topic=TOPIC,
        examples={
            f"UNIX_{_name}(TIMESTAMP '2008-12-25 15:30:00+00')": 1230219000_000000 // _unit,
            f"UNIX_{_name}(TIMESTAMP '1969-12-31 23:59:59.999999+00')": -1,
        },
    )
    function(
        f"TIMESTAMP_{_name}",
        ("INT64 -> TIMESTAMP", f"bq_timestamp_us({{0}} * {_unit}::BIGINT)"),
        topic=TOPIC,
        examples={
            f"STRING(TIMESTAMP_{_name}({1230219000_000000 // _unit}))": "2008-12-25 15:30:00+00",
            f"TIMESTAMP_{_name}(9000000000000000000)": ERROR,
        },
    )
function("UNIX_DATE", ("DATE -> INT64", "({0} - DATE '1970-01-01')"), topic=TOPIC, examples={"UNIX_DATE(DATE '2008-12-25')": 14238})
function(
    "DATE_FROM_UNIX_DATE",
    ("INT64 -> DATE", "bq_date(DATE '1970-01-01' + CAST({0} AS INTEGER))"),
    topic=TOPIC,
    examples={"STRING(DATE_FROM_UNIX_DATE(14238))": "2008-12-25", "DATE_FROM_UNIX_DATE(9999999)": ERROR},
)
