"""What --source may say."""

import re
from pathlib import Path

import pytest

from gamebeam.archive.manifest import RunError
from gamebeam.pipeline.options import JobOptions
from gamebeam.pipeline.stream import run_live
from gamebeam.transforms.sources.uri import Files, Kafka, PubSub, SourceError, parse_source


def test_a_path_a_glob_and_a_bucket_stay_files():
    for text in ("messages/*.jsonl", "/data/one.avro", "gs://bucket/messages/*"):
        assert parse_source(text) == Files(text)


def test_a_kafka_uri_names_brokers_topics_and_the_clients_own_settings():
    source = parse_source("kafka://a:9092,b:9093/events,purchases?group=g&start=rewind:2h&idle=10s&sasl.username=me&sasl.password=p%26q")
    assert source == Kafka("a:9092,b:9093", ("events", "purchases"), "g", "rewind", 7_200, 10, False,
                           {"sasl.username": "me", "sasl.password": "p&q"})


def test_without_parameters_offsets_are_the_groups_and_an_idle_partition_holds_nobody():
    source = parse_source("kafka://a:9092/events")
    assert (source.group, source.start, source.idle_s, source.until_idle) == ("gamebeam", "committed", 3.0, False)


def test_a_pubsub_uri_names_a_subscription():
    plain = parse_source("pubsub://projects/my-game/subscriptions/events")
    assert plain == PubSub("projects/my-game/subscriptions/events", None, 3.0, False)
    source = parse_source("pubsub://projects/my-game/subscriptions/events?idle=10s&until=idle&timestamp_attribute=arrival_time")
    assert source == PubSub("projects/my-game/subscriptions/events", "arrival_time", 10, True)
    assert source.name == "pubsub://projects/my-game/subscriptions/events"


def test_idle_never_is_no_time_and_until_idle_needs_one():
    assert parse_source("kafka://a/t?idle=never").idle_s is None
    assert parse_source("kafka://a/t?until=idle").until_idle
    with pytest.raises(SourceError, match="until=idle needs"):
        parse_source("kafka://a/t?until=idle&idle=never")


def test_a_password_is_in_no_text_that_may_be_shown():
    source = parse_source("kafka://a:9092/t?sasl.password=hunter2")
    assert "hunter2" not in repr(source) + source.name
    with pytest.raises(SourceError) as e:
        parse_source("kafka://a:9092/t?sasl.password=hunter2&strat=latest")
    assert "hunter2" not in str(e.value)


@pytest.mark.parametrize(("text", "says"), [
    ("kafka://a:9092", "expected kafka://broker:9092"),
    ("kafka:///topic", "expected kafka://broker:9092"),
    ("kafka://a/some topic", "is no topic's name"),
    ("kafka://a/t?strat=latest", "unknown parameter strat; known are group, start, idle, until"),
    ("kafka://a/t?start=yesterday", "expected committed, earliest, latest or rewind:2h"),
    ("kafka://a/t?start=rewind:soon", "start=rewind=soon: expected a time such as 3s, 10m or 2h"),
    ("kafka://a/t?idle=0", "idle=0: expected a time"),
    ("kafka://a/t?until=noon", "expected until=idle"),
    ("kafka://a/t?group", "name=value"),
    ("kafka://a/t?group=", "group is empty"),
    ("pubsub://projects/my-game/topics/events", "a topic is read through a subscription to it"),
    ("pubsub://my-game/events", "expected pubsub://projects/PROJECT/subscriptions/SUBSCRIPTION"),
    ("pubsub://projects/my-game/subscriptions/events?group=g", "unknown parameter group; known are idle, until, timestamp_attribute$"),
    ("pubsub://projects/my-game/subscriptions/events?a.b=c", "unknown parameter a.b"),
    ("kafka://a/t?enable.auto.commit=true", "enable.auto.commit is not for you to set"),
])
def test_what_is_wrong_with_a_uri_is_said(text, says):
    with pytest.raises(SourceError, match=says):
        parse_source(text)


@pytest.mark.parametrize("uri", ["kafka://a/t?x=1", "pubsub://projects/my-game/subscriptions/events?x=1"])
def test_every_parameter_is_in_docs_sources(uri):
    with pytest.raises(SourceError) as e:
        parse_source(uri)
    known = re.search(r"known are ([\w, ]+?)(, and |$)", str(e.value))[1].split(", ")
    documented = re.findall(r"^\| `(\w+)=", (Path(__file__).parents[2] / "docs" / "sources.md").read_text(), re.MULTILINE)
    assert known and set(known) <= set(documented)


@pytest.mark.parametrize("uri", ["kafka://a/t?until=idle", "pubsub://projects/my-game/subscriptions/events?until=idle"])
def test_a_job_on_dataflow_has_no_end_to_wait_for(uri, tmp_path):
    with pytest.raises(RunError, match=r"until=idle ends no job on Dataflow; leave it out"):
        run_live(JobOptions(["--contract=starter", f"--source={uri}", f"--archive={tmp_path}", "--runner=DataflowRunner"]), print)
