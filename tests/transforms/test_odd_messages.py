"""Messages from strangers: odd numbers, times, bytes and envs, each with the right answer in the job."""

import json
from datetime import UTC, datetime

import pytest

from gamebeam.schemas.contract.contract import load_contract, parse_contract
from gamebeam.schemas.contract.fields import ContractError
from gamebeam.schemas.events import DEAD_LETTER, pack
from gamebeam.transforms.batch import Batch
from gamebeam.transforms.decode.decoder import Decoder
from gamebeam.transforms.decode.times import on_wire, to_ms
from gamebeam.transforms.rollups.transform import rollups_of
from tests.support.streams import Sent, rows, run_files

STARTER, VICTORY = load_contract("starter"), load_contract("victory")
NOW = 1_790_000_000_000
LOGIN = {"event_id": "e1", "event_type": "login", "event_time": NOW, "install_id": "i1", "player_id": "p1", "seq": 3, "env": "live"}
DAY = 86_400_000


def with_settings(**settings):
    text = dict(STARTER.text)
    return parse_contract(text | {"contract.yaml": text["contract.yaml"] + "\n" + "\n".join(f"{k}: {v}" for k, v in settings.items())})


def decode(message, arrival=NOW, contract=STARTER, started=NOW):
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return Decoder(contract, started=started).decode(payload, arrival)


def said(item):
    return (item.reason, item.field) if item.TYPE == DEAD_LETTER else item.TYPE


def shot(**changes):
    """A message of victory, which writes numbers as strings, with some values of its event replaced."""
    line = json.loads(VICTORY.text["examples/pass.jsonl"].splitlines()[0])
    message = json.loads(line["data"])
    message["event"]["playShot"] |= changes
    return message, round(datetime.fromisoformat(line["publish_time"]).timestamp() * 1000)


@pytest.mark.parametrize("opening, closing", [(b"[", b"]"), (b'{"a":', b"}")], ids=["arrays", "objects"])
@pytest.mark.parametrize("levels", [99, 100, 300, 500, 1_000, 60_000])
def test_d1_nesting_up_to_the_limit_lands_and_deeper_is_malformed(opening, closing, levels):
    if levels == 60_000 and opening != b"[":
        levels = 10_000  # 65,536 bytes are the limit
    payload = json.dumps(LOGIN).encode()[:-1] + b',"x":' + opening * levels + (b"1" if closing == b"}" else b"") + closing * levels + b"}"
    expected = "login" if levels + 1 <= STARTER.bounds.depth else ("too_large" if len(payload) > 65_536 else "malformed", None)
    assert said(decode(payload)) == expected


def test_d1_brackets_inside_strings_and_beside_each_other_are_no_depth():
    assert said(decode(LOGIN | {"x": "[" * 5_000, "y": [[]] * 500})) == "login"


def test_d1_json_inside_a_string_has_the_same_limit():
    contract = load_contract("gameco")
    body = {"event_type": "purchase_weapon", "Host": "p1", "attributes": '{"weapon_type":' + "[" * 400 + "]" * 400 + "}"}
    assert said(decode(body, contract=contract)) == ("schema_violation", "attributes")


@pytest.mark.parametrize("digits", [17, 100, 101, 5_000])
def test_d2_a_time_of_too_many_digits_is_a_schema_violation(digits):
    assert said(decode(LOGIN | {"event_time": "9" * digits})) == ("schema_violation", "event_time")


def test_d2_a_whole_number_beyond_the_limit_is_malformed_wherever_it_stands():
    bare = json.dumps(LOGIN | {"x": 0}).encode()
    for digits, expected in ((100, "login"), (101, ("malformed", None)), (400, ("malformed", None)), (5_000, ("malformed", None))):
        assert said(decode(bare.replace(b'"x": 0', b'"x": ' + b"9" * digits))) == expected
    assert said(decode(LOGIN | {"x": "9" * 5_000})) == "login"  # text is no number


@pytest.mark.parametrize("text", ["1e999", "-1e999", "NaN", "inf", "Infinity", "-inf", "9" * 400, "1" + "0" * 100, "1e100", "٣", "1٣",
                                  "1_0", "0x10", " 1", "+1", "1."])
def test_d3_d4_a_string_that_spells_no_finite_number_is_a_schema_violation(text):
    message, arrival = shot(ballX=text)
    assert said(decode(message, arrival, VICTORY, arrival)) == ("schema_violation", "ball_x")


def test_d3_a_string_that_spells_a_number_still_is_one():
    message, arrival = shot(ballX="-1.5e3", ballLevel="7")
    event = decode(message, arrival, VICTORY, arrival)
    assert (event.ball_x, event.ball_level) == (-1500.0, 7)


@pytest.mark.parametrize("text", ["٣", "3٣"])
def test_d4_digits_of_other_scripts_are_no_whole_number_either(text):
    message, arrival = shot(ballLevel=text)
    assert said(decode(message, arrival, VICTORY, arrival)) == ("schema_violation", "ball_level")


@pytest.mark.parametrize("literal", [b"1e999", b"-1e999", b"NaN", b"Infinity"])
def test_d3_a_number_that_is_not_finite_is_malformed(literal):
    assert said(decode(json.dumps(LOGIN | {"x": 0}).encode().replace(b'"x": 0', b'"x": ' + literal))) == ("malformed", None)


def test_d3_a_double_so_large_that_a_sum_would_become_infinite_is_a_schema_violation():
    price = LOGIN | {"event_type": "purchase", "product": "p", "price": 1.7e308, "currency": "EUR", "price_usd": 1.0}
    assert said(decode(price)) == ("schema_violation", "price")
    rollup = "priced: {events: [purchase], window: 1m, values: {total: {sum: price}}}"
    contract = parse_contract(dict(STARTER.text) | {"rollups.yaml": rollup})
    summing = rollups_of(contract, streaming=False)[-1]
    summing.add(Batch([decode(price | {"price": 9e99}, contract=contract)] * 2, [], []))
    ((_, total),) = [partial for flushed in summing.flush() for partial in flushed.partials.values()]
    assert total == 2**63 - 1  # the nearest that a column holds; a round(inf) would have stopped the run


def test_d5_a_byte_order_mark_is_skipped():
    payload = b"\xef\xbb\xbf" + json.dumps(LOGIN).encode()
    assert decode(payload) == decode(LOGIN)
    contract = load_contract("khan")
    body = json.dumps({"event_type": "default", "userid": "'p'"}).encode()
    assert decode(b"\xef\xbb\xbf" + body, contract=contract).event_id == decode(body, contract=contract).event_id


@pytest.mark.parametrize("text", [b'"\\ud800"', b'"\\udc00x"', b'"x\\ud83d"', b'"\xed\xa0\x80"'])
def test_d9_half_of_a_surrogate_pair_is_one_dead_letter_that_can_be_packed(text):
    dead = decode(json.dumps(LOGIN | {"platform": 0}).encode().replace(b'"platform": 0', b'"platform": ' + text))
    assert said(dead) == ("malformed", None) and (dead.player_id, dead.seq) == ("p1", 3)
    assert pack([], [dead])


def test_d9_a_file_name_that_is_no_text_does_not_stop_a_dead_letter():
    dead = Decoder(STARTER).decode(b"{", NOW, "", b"caf\xe9.jsonl".decode(errors="surrogateescape"))
    assert dead.source == "caf?.jsonl" and pack([], [dead])


@pytest.mark.parametrize("event_time, field", [
    (datetime(1980, 1, 1, tzinfo=UTC), "event_time"), (datetime(2373, 1, 1, tzinfo=UTC), "event_time"), (NOW // 1000, "event_time"),
    (datetime(1999, 12, 31, 23, 59, tzinfo=UTC), "event_time"), (NOW + DAY + 1, "event_time"), (datetime(2000, 1, 1, tzinfo=UTC), None),
    (NOW + DAY, None), (NOW - 400 * DAY, None)])
def test_d8_without_an_arrival_only_plausible_times_are_accepted(event_time, field):
    at = event_time if isinstance(event_time, int) else round(event_time.timestamp() * 1000)
    item = decode(LOGIN | {"event_time": at}, None)
    assert said(item) == (("timestamp_out_of_range", field) if field else "login")
    assert item.arrival_time == (NOW if field else at)
    if field:
        assert item.event_time is None and "contract.yaml" in item.detail


def test_d8_an_arrival_that_the_message_itself_gives_has_the_same_bounds():
    for received, event_time in ((NOW // 1000, NOW // 1000), (NOW + 400 * DAY, NOW + 400 * DAY)):
        assert said(decode(LOGIN | {"event_time": event_time, "received_time": received}, None)) == ("timestamp_out_of_range", "event_time")
    assert said(decode(LOGIN | {"received_time": NOW + 2 * DAY}, None)) == ("timestamp_out_of_range", "arrival_time")
    assert said(decode(LOGIN | {"received_time": 0}, None)) == ("timestamp_out_of_range", "arrival_time")


def test_d8_a_contract_sets_other_bounds():
    old = with_settings(earliest_event_time="1979-12-31", latest_event_time="'1990-01-01 12:00:00'")
    at = round(datetime(1980, 1, 1, tzinfo=UTC).timestamp() * 1000)
    assert said(decode(LOGIN | {"event_time": at}, None, old)) == "login"
    assert said(decode(LOGIN, None, old)) == ("timestamp_out_of_range", "event_time")
    assert said(decode(LOGIN, NOW, old)) == "login"  # a broker's arrival is enough


@pytest.mark.parametrize("setting, value", [
    ("max_depth", 5), ("max_depth", "deep"), ("max_digits", 10), ("max_digits", 10_000), ("earliest_event_time", "soon"),
    ("latest_event_time", "1999-01-01"), ("latest_event_time", 7)])
def test_a_bound_that_is_none_names_its_setting(setting, value):
    with pytest.raises(ContractError, match=f"contract.yaml: {setting}: "):
        with_settings(**{setting: value})


def test_limits_of_a_contract_are_its_own():
    assert said(decode(LOGIN | {"x": json.loads("[" * 30 + "]" * 30)}, contract=with_settings(max_depth=20))) == ("malformed", None)
    assert said(decode(LOGIN | {"x": 10**150}, contract=with_settings(max_digits=200))) == "login"


@pytest.mark.parametrize("text, time_format", [
    ("2024-01-01 00:00:00 UTC", "iso"), ("2024-01-01 00:00:00+00", "iso"), ("2024-01-01 00:00:00 +00", "iso"),
    ("2024-01-01 00:00:00.000 UTC", "iso"), ("2024-01-01T00:00:00Z", "iso"), ("2024-01-01T02:00:00.0000001+02:00", "iso"),
    ("2023-12-31 19:00:00 -0500", "iso"), (1_704_067_200_000_000, "us"), ("1704067200000000", "us"), (1_704_067_200_000_000_000, "ns"),
    (1_704_067_200, "s"), ("1704067200.0004", "s"), ("2024-01-01 00:00:00", "%Y-%m-%d %H:%M:%S.%f"),
    ("2024-01-01 00:00:00.000870", "%Y-%m-%d %H:%M:%S.%f")])
def test_c7_d7_times_are_read_in_every_spelling(text, time_format):
    assert to_ms(text, time_format) == 1_704_067_200_000


@pytest.mark.parametrize("time_format", ["ms", "us", "ns", "iso", "%Y-%m-%d %H:%M:%S.%f"])
def test_a_time_that_is_written_is_read_as_it_was(time_format):
    assert to_ms(on_wire(1_704_067_200_123, time_format), time_format) == 1_704_067_200_123


@pytest.mark.parametrize("text", ["٢٠٢٤-01-01 00:00:00",
                                  "2024-01-01 00:00:00 CET", "2024-01-01 00:00:00" + " " * 60, "1e400", "", "soon", [], {}])
@pytest.mark.parametrize("time_format", ["ms", "s", "us", "iso", "%Y-%m-%d %H:%M:%S.%f"])
def test_what_is_no_time_stays_as_it_was(text, time_format):
    assert to_ms(text, time_format) == text


def test_a_time_format_that_strptime_does_not_know_is_refused_with_the_contract():
    with pytest.raises(ContractError, match="time_format"):
        parse_contract(dict(VICTORY.text) | {"wire.yaml": VICTORY.text["wire.yaml"].replace("time_format: ms", "time_format: '%Y-%Q'")})


def test_c13_a_counter_may_start_at_zero_in_events_and_in_dead_letters():
    assert decode(LOGIN | {"seq": 0}).seq == 0
    assert decode(LOGIN | {"seq": 0, "event_type": "purchase"}).seq == 0
    assert decode(json.dumps(LOGIN | {"seq": 0}).encode() + b"}").seq == 0
    assert said(decode(LOGIN | {"seq": -1})) == ("schema_violation", "seq")
    assert decode(json.dumps(LOGIN | {"seq": -1}).encode() + b"}").seq is None


def test_c13_a_counter_from_zero_misses_nothing_but_its_holes(tmp_path):
    sent = [Sent(NOW, json.dumps(LOGIN | {"event_id": f"e{n}", "seq": n}).encode()) for n in (0, 1, 3)]
    run_files(STARTER, str(tmp_path), [sent])
    assert rows(STARTER, str(tmp_path), "SELECT SUM(missing) FROM ledger") == [(1,)]


@pytest.mark.parametrize("env", [None, "", "absent"])
def test_q14_a_message_without_an_env_is_live_as_event_and_as_dead_letter(env):
    message = {k: v for k, v in LOGIN.items() if k != "env"} | ({} if env == "absent" else {"env": env})
    broken = [message | {"event_type": "purchase"}, message | {"event_type": "zz"}, json.dumps(message).encode() + b"}", b"{", b"\xff"]
    assert [decode(m).env for m in (message, *broken)] == ["live"] * 6
    assert decode(message | {"event_type": "purchase", "env": 5}).env == "live"


@pytest.mark.parametrize("game", ["khan", "gameco", "placebo", "victory"])
def test_q14_a_wire_without_an_env_gives_live_to_dead_letters_too(game):
    for payload in (b"{}", b"[1]", b"nothing", b'{"event_type":"default"'):
        assert decode(payload, contract=load_contract(game)).env == "live"


def test_q14_a_dead_letter_without_env_is_no_hole_of_its_counter(tmp_path):
    broken = json.dumps({k: v for k, v in LOGIN.items() if k != "env"} | {"seq": 2, "event_id": "e2"}).encode() + b"}"
    sent = [json.dumps(LOGIN | {"event_id": f"e{n}", "seq": n}).encode() if n != 2 else broken for n in (1, 2, 3)]
    run_files(STARTER, str(tmp_path), [[Sent(NOW, payload) for payload in sent]])
    assert rows(STARTER, str(tmp_path), "SELECT env, SUM(received), COALESCE(SUM(missing), 0) FROM ledger GROUP BY env") == [("live", 3, 0)]


def decoded_file(payloads, started=NOW):
    return Decoder(STARTER, started=started).decode_all(payloads, None, None, "file", None)


def test_q19_unreadable_first_lines_take_the_arrival_of_the_next_message_that_can_be_read():
    earlier = NOW - 5 * DAY
    items = decoded_file([b"\xff", b"{}", json.dumps(LOGIN | {"received_time": earlier, "event_time": earlier}).encode(), b"{"])
    assert [item.arrival_time for item in items] == [earlier] * 4


def test_q19_a_file_in_which_nothing_can_be_read_arrived_when_the_run_started():
    assert [item.arrival_time for item in decoded_file([b"\xff", b"{}", b"text"])] == [NOW] * 3


def test_q20_a_clock_in_2040_dates_neither_itself_nor_its_neighbours(tmp_path):
    clock = json.dumps(LOGIN | {"event_id": "c", "event_time": 2_208_988_800_000}).encode()
    good = json.dumps(LOGIN).encode()
    items = decoded_file([clock, good, clock, b"{"])
    assert [said(item) if item.TYPE == DEAD_LETTER else item.TYPE for item in items] == [
        ("timestamp_out_of_range", "event_time"), "login", ("timestamp_out_of_range", "event_time"), ("malformed", None)]
    assert [item.arrival_time for item in items] == [NOW] * 4


def test_a_name_with_a_dot_in_it_does_not_stop_json_inside_a_string():
    text = dict(load_contract("gameco").text)
    contract = parse_contract(text | {"wire.yaml": text["wire.yaml"].replace("[attributes]", "[attributes, a.b]")})
    for body in ({"a.b": "{}"}, {"a": 5, "a.b": '{"x":1}'}, {"a": {"b": "[1]"}}):
        decoder = Decoder(contract)
        assert decoder.decode(json.dumps({"event_type": "default", "Host": "p"} | body).encode(), NOW).TYPE == "default_event"
        assert decoder.faults.take() == {}


@pytest.mark.parametrize("inside", [b"[" * 5_000, b'{"env":' + b"[" * 5_000, b'{"env":' + b"[" * 200],
                         ids=["brackets", "an env in brackets", "an env in a few brackets"])
def test_what_stands_behind_a_clients_own_separator_is_no_env_and_raises_nothing(inside):
    dead = Decoder(STARTER).decode(b'{"event_type":"login"}\x1e' + inside, NOW)
    assert (dead.TYPE, dead.reason, dead.env) == (DEAD_LETTER, "malformed", "live")
