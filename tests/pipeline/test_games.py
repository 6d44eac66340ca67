"""The four games of the write-ups: what really stood on their brokers becomes the events that it should, and no password survives."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gamebeam.schemas.contract.contract import load_contract
from gamebeam.transforms.decode.decoder import Decoder

CASES = Path(__file__).parents[1] / "cases"
PASSWORDS = ("blahdh", "yahbadaba", "blahdeblah")


def messages(game):
    """(payload, publish time in ms) as they stood on the broker."""
    for line in (CASES / game / "messages.jsonl").read_text().splitlines():
        message = json.loads(line)
        yield message["data"].encode(), round(datetime.fromisoformat(message["publish_time"]).timestamp() * 1000)


def decoded(game):
    decoder = Decoder(load_contract(game))
    return [decoder.decode(payload, arrival) for payload, arrival in messages(game)]


def moment(ms):
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def test_the_shot_of_victory_lands_with_numbers_as_numbers():
    payload = (CASES / "victory/sample_event.json").read_bytes().strip()
    shot = Decoder(load_contract("victory")).decode(payload)
    assert (shot.TYPE, moment(shot.event_time)) == ("play_shot", "2019-09-19 20:00:20.649")
    assert moment(shot.arrival_time) == moment(shot.received_time) == "2019-09-19 20:00:42.826"
    assert (shot.player_id, shot.seq, shot.env, shot.app_version) == ("1adbc9ff-a5ca-4409-8c66-75e21a181b25", 11, "test", "bar")
    assert (shot.ball_x, shot.ball_level, shot.is_bot, shot.court, shot.points_scored) == (0.85813725, 0, False, None, None)
    assert (shot.player_level, shot.hard_currency, shot.soft_currency, shot.league) == (20, 50, 100, "myleague")
    assert (shot.crowns, shot.max_unlocked_court, shot.num_sessions, shot.ftue_complete) == (20, "playground1", 3, False)
    assert (shot.num_purchases, shot.customer_value, shot.session_purchases, shot.session_value) == (0, 0.0, 0, 0.0)
    assert (moment(shot.first_seen), moment(shot.session_start)) == ("2019-09-19 17:50:31.069", "2019-09-19 19:40:18.768")


def test_the_name_of_a_victory_player_is_nowhere_in_its_event():
    payload = (CASES / "victory/sample_event.json").read_bytes().strip()
    shot = Decoder(load_contract("victory")).decode(payload)
    assert "Andy" not in repr(shot)
    assert not hasattr(shot, "user_name")


def test_an_install_time_that_is_no_time_is_kept_beside_the_columns():
    payload = (CASES / "victory/sample_event.json").read_bytes().strip()
    shot = Decoder(load_contract("victory")).decode(payload)
    assert json.loads(shot.additional_properties)["event"]["generalInfo"]["installTime"] == "40"


def test_a_placebo_purchase_read_from_two_topics_is_one_event_and_the_topic_of_all_events_is_preferred():
    buys = [e for e in decoded("placebo") if e.TYPE in ("buy_sword", "buy_spell")]
    by_id = {}
    for buy in buys:
        by_id.setdefault(buy.event_id, []).append(buy)
    assert [len(copies) for copies in by_id.values()] == [2, 2, 2, 2]
    for copies in by_id.values():
        best, other = sorted(copies, key=lambda e: e.shape_rank)
        assert best.shape_rank < other.shape_rank
        assert other.inventory is not None and best.inventory is None  # only the buy topic carries the account
        same = ("event_time", "player_id", "item_type", "cost", "player_created", "player_wealth", "player_num_items", "status")
        assert [getattr(best, name) for name in same] == [getattr(other, name) for name in same]


def test_the_status_of_a_placebo_purchase_is_a_word_on_both_topics():
    buys = [e for e in decoded("placebo") if e.TYPE == "buy_sword"]
    assert [e.status for e in buys] == ["approved_purchase"] * 2 + ["insufficient_funds"] * 2


def test_the_copy_of_a_placebo_join_that_knows_its_status_is_preferred():
    joins = [e for e in decoded("placebo") if e.TYPE.startswith("join_")]
    assert {(e.shape_rank, e.status) for e in joins} == {(1, None), (0, "approved_join")}
    assert len({e.event_id for e in joins}) == len(joins) / 2


def test_a_placebo_account_carries_its_items_and_memberships():
    seen = decoded("placebo")[-1]
    assert (seen.TYPE, moment(seen.event_time)) == ("view_user_data", "2020-11-22 22:00:10.000")  # no fraction in this one
    assert (seen.inventory, seen.wealth) == (["cutlass"], -2654.0)
    [soldiers] = seen.affiliations
    assert (soldiers.org, soldiers.level, moment(soldiers.joined_ts)) == ("soldiers", "masterofarms", "2020-11-22 22:00:05.842")


def test_no_placebo_password_is_in_any_event():
    events = decoded("placebo")
    assert {"create_user", "login", "view_user_data"} <= {e.TYPE for e in events}
    for event in events:
        for word in (*PASSWORDS, "****", "pwd"):
            assert word not in repr(event)
        assert json.loads(event.raw_event)["event_type"] == event.TYPE


@pytest.mark.parametrize("spoil", [
    lambda m: m[: m.index(b'"Host"')],  # broken off
    lambda m: m.replace(b'"event_type": "', b'"event_type": "un'),
    lambda m: m.replace(b'"timestamp": "2020', b'"timestamp": "2040'),
    lambda m: m.replace(b'"user_id": "', b'"user_id": 5, "x": "'),
    lambda m: m.replace(b"user_pwd", b"userpwd")[:-2],
    lambda m: m + b" " * 262_144,
])
def test_no_placebo_password_is_in_any_dead_letter(spoil):
    decoder = Decoder(load_contract("placebo"))
    dead = [decoder.decode(spoil(payload), arrival) for payload, arrival in messages("placebo")]
    dead = [d for d in dead if d.TYPE == "dead_letter"]
    assert dead
    for letter in dead:
        assert not any(word in repr(letter) for word in PASSWORDS)


def test_quotes_around_a_khan_value_are_stripped():
    events = decoded("khan")
    assert events[0].player_id == "user-0053"
    assert [e.guild_name for e in events if e.TYPE == "join_guild"] == ["Castle of Rock", "Knights of the Round Table"]
    assert [e.player_id for e in events if e.TYPE == "join_guild"] == ["user-0053", "001"]


def test_a_khan_message_published_twice_in_one_instant_has_one_id_and_others_differ():
    ids = [e.event_id for e in decoded("khan")]
    assert ids[0] == ids[-1]
    assert len(set(ids)) == len(ids) - 1


def test_the_khan_default_event_lands_without_a_player_under_a_name_that_tables_can_have():
    [event] = [e for e in decoded("khan") if e.TYPE == "default_event"]
    assert (event.player_id, event.description) == (None, None)


def test_a_gameco_get_request_lands_with_nulls():
    events = decoded("gameco")
    assert [e.TYPE for e in events[5:]] == ["purchase_weapon", "join_guild", "enter_battle", "default_event"]
    weapon, guild, battle, _ = events[5:]
    assert (weapon.weapon_type, weapon.gold_cost, guild.guild_name, battle.outcome) == (None, None, None, None)


def test_a_gameco_event_is_read_out_of_its_attributes_and_its_host():
    weapon, *_ = decoded("gameco")
    assert (weapon.player_id, weapon.weapon_type, weapon.weapon_range, weapon.gold_cost) == ("user1.comcast.com", "sword", 2, 150)
    assert "attributes" not in weapon.additional_properties
    assert moment(weapon.event_time) == "2020-12-01 20:11:03.813"  # the broker's: the message has none
    assert '"attributes"' in weapon.raw_event
