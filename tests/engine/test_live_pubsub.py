"""The real Pub/Sub emulator, and the job on Prism over it."""

import time
from datetime import UTC, datetime
from types import SimpleNamespace

import apache_beam as beam
import pytest
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.sdf_utils import RestrictionTrackerView, ThreadsafeRestrictionTracker
from google.api_core.exceptions import DeadlineExceeded
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient

from gamebeam.archive.manifest import RunError
from gamebeam.loadgen.generate import generate
from gamebeam.loadgen.live import SendError
from gamebeam.loadgen.send_pubsub import send_pubsub, topic_of
from gamebeam.pipeline.options import JobOptions
from gamebeam.pipeline.stream import run_live
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.check import compare_answers, report
from gamebeam.transforms.sources.clamp_arrival import arrival
from gamebeam.transforms.sources.pubsub import client as pubsub_client
from gamebeam.transforms.sources.pubsub.client import Puller, puller
from gamebeam.transforms.sources.pubsub.read import ReadPubSub, ReadSubscription
from gamebeam.transforms.sources.uri import PubSub, SourceError, parse_source
from services import MissingTool, free_port
from services.pubsub import pubsub_emulator

STARTER = load_contract("starter")
PROJECT = "projects/proj-local"
T = 1_793_491_200_000  # 2026-11-01


def options(source, archive, *flags):
    return JobOptions(["--contract=starter", f"--source={source}", f"--archive={archive}", *flags])


# Without an emulator


@pytest.mark.parametrize("flags", [[], ["--runner=DirectRunner"], ["--runner=FnApiRunner"]])
def test_a_runner_that_would_read_nothing_and_say_done_is_refused(tmp_path, flags):
    with pytest.raises(RunError, match="cannot read a live source; give --runner=PrismRunner"):
        run_live(options(f"pubsub://{PROJECT}/subscriptions/events", tmp_path / "archive", *flags), print)
    assert not (tmp_path / "archive").exists()


def test_a_service_that_is_away_at_the_start_is_an_error_after_a_bounded_wait(tmp_path, monkeypatch):
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", f"127.0.0.1:{free_port()}")
    monkeypatch.setattr(pubsub_client, "WAIT_S", 1.0)
    began = time.monotonic()
    with pytest.raises(SourceError, match="Pub/Sub did not answer within 1 s"):
        run_live(options(f"pubsub://{PROJECT}/subscriptions/events", tmp_path / "archive", "--runner=PrismRunner"), print)
    assert time.monotonic() - began < 20 and not (tmp_path / "archive").exists()


def test_a_pull_that_nobody_answers_gives_nothing_and_is_not_idle(monkeypatch):
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", f"127.0.0.1:{free_port()}")
    away = Puller(PubSub(f"{PROJECT}/subscriptions/events"))
    away.last_message = 0
    assert away.pull(1, 1) == [] and not away.is_idle(3)


def test_an_attribute_gives_the_arrival_as_beams_own_source_reads_it_and_else_the_publish_time():
    published = datetime(2026, 11, 2, tzinfo=UTC)

    def at(text):
        return arrival(SimpleNamespace(attributes={"at": text} if text else {}, publish_time=published), "at")

    assert at(str(T)) == at("2026-11-01T00:00:00Z") == at("2026-11-01T00:00:00") == at("2026-11-01T01:00:00+01:00") == T
    assert at("2026-11-01T00:00:00.123Z") == T + 123
    assert at(None) == at("yesterday") == T + 86_400_000


@pytest.mark.parametrize("text", ["9" * 20, "1" + "0" * 15, str(T + 10**6), "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_an_attribute_that_tells_a_time_before_1970_or_well_after_the_publish_time_is_not_believed(text):
    published = datetime(2026, 11, 1, tzinfo=UTC)
    message = SimpleNamespace(attributes={"at": text, "soon": str(T + 60_000)}, publish_time=published)
    assert arrival(message, "at") == T
    assert arrival(message, "soon") == T + 60_000


# The source, against the emulator


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    with pytest.MonkeyPatch.context() as environment:
        try:
            engine = pubsub_emulator(tmp_path_factory.mktemp("pubsub"))
            environment.setenv("PUBSUB_EMULATOR_HOST", engine.__enter__())
        except MissingTool as e:
            pytest.skip(str(e))
        yield
        engine.__exit__(None, None, None)


@pytest.fixture
def subscription(emulator, request):
    """A source of its own for each test, and publish(*payloads, **attributes)."""
    name = f"t{abs(hash(request.node.name))}"
    topic, path = f"{PROJECT}/topics/{name}", f"{PROJECT}/subscriptions/{name}"
    with SubscriberClient() as subscriber:
        PublisherClient().create_topic(name=topic)
        subscriber.create_subscription(name=path, topic=topic, ack_deadline_seconds=getattr(request, "param", 10))
    publisher = PublisherClient()

    def publish(*payloads, **attributes):
        return [publisher.publish(topic, payload, **attributes).result(30) for payload in payloads]

    return SimpleNamespace(source=PubSub(path), path=path, topic=topic, publish=publish)


def left_over(path):
    with SubscriberClient() as subscriber:
        try:
            return [r.message.data for r in subscriber.pull(subscription=path, max_messages=100, timeout=3, retry=None).received_messages]
        except DeadlineExceeded:
            return []


def step(source, restriction, watermark, on_prism=True):
    """One bundle -> ([(payloads, arrivals, ids, stamp in ms)], the rest, what the runner calls once it holds the bundle)."""
    reader, finalisers = ReadSubscription(source, on_prism), []
    tracker = ThreadsafeRestrictionTracker(reader.create_tracker(restriction))
    found = [(v.value.payloads, v.value.arrivals, v.value.ids, v.timestamp.micros // 1000) for v in reader.process(
        source.subscription, SimpleNamespace(register=finalisers.append), RestrictionTrackerView(tracker), watermark)]
    return found, tracker.deferred_status()[0], finalisers


@pytest.mark.engine
def test_a_message_has_the_publish_time_and_the_services_id(subscription):
    before = time.time_ns() // 1_000_000
    ids = subscription.publish(b"a", b"b")
    reader = ReadSubscription(subscription.source, on_prism=True)
    read, rest = [], reader.initial_restriction("")
    while len(read) < 2:
        found, rest, _ = step(subscription.source, rest, ManualWatermarkEstimator(None))
        for payloads, arrivals, found_ids, stamp in found:
            assert stamp == min(arrivals) and before - 1_000 <= stamp <= time.time_ns() // 1_000_000
            read += zip(payloads, found_ids, strict=True)
    assert sorted(read) == [(b"a", ids[0]), (b"b", ids[1])]
    assert rest.start == 2


@pytest.mark.engine
def test_what_was_not_finalised_comes_again_and_what_was_does_not(subscription, monkeypatch):
    monkeypatch.setattr(pubsub_client, "LEASE_S", 10)
    monkeypatch.setattr(pubsub_client, "HELD_S", 0)  # as after a crash: nobody renews
    subscription.publish(b"kept")
    _, rest, finalisers = step(subscription.source, ReadSubscription(subscription.source, True).initial_restriction(""),
                               ManualWatermarkEstimator(None))
    subscription.publish(b"lost")
    (found,), _, _ = step(subscription.source, rest, ManualWatermarkEstimator(None))
    assert found[0] == [b"lost"]
    for call in finalisers:
        call()
    time.sleep(12)
    assert left_over(subscription.path) == [b"lost"]


@pytest.mark.engine
def test_off_prism_messages_are_acknowledged_when_a_bundle_is_finalised_that_began_after_theirs_was(subscription):
    """Flink's runner finalises with a checkpoint also what came after its barrier."""
    subscription.publish(b"a")
    begin = ReadSubscription(subscription.source, False).initial_restriction("")

    def bundle(restriction):
        found, rest, (finalised,) = step(subscription.source, restriction, ManualWatermarkEstimator(None), on_prism=False)
        return [payload for payloads, *_ in found for payload in payloads], rest, finalised

    read, rest, first = bundle(begin)
    assert read == [b"a"]
    _, _, second = bundle(rest)
    first()
    second()  # both with one checkpoint
    read, rest, first = bundle(begin)  # the runner went back
    assert read == [b"a"]
    first()
    bundle(rest)[2]()
    assert bundle(begin)[0] == []


@pytest.mark.engine
def test_the_watermark_waits_until_what_a_crash_took_has_come_again(subscription, monkeypatch):
    monkeypatch.setattr(pubsub_client, "LEASE_S", 10)
    monkeypatch.setattr(pubsub_client, "LOOK_BACK_S", 1)
    subscription.publish(b"taken")
    begin, watermark = ReadSubscription(subscription.source, True).initial_restriction(""), ManualWatermarkEstimator(None)
    (taken,), _, _ = step(subscription.source, begin, watermark, on_prism=False)
    assert taken[0] == [b"taken"] and watermark.current_watermark() is None
    (again,), rest, _ = step(subscription.source, begin, watermark, on_prism=False)  # the runner went back: it does not hold it
    assert again[:2] == taken[:2] and watermark.current_watermark() is None
    time.sleep(12)
    step(subscription.source, rest, watermark, on_prism=False)
    assert watermark.current_watermark().micros // 1000 >= again[1][0]


@pytest.mark.engine
def test_no_message_is_behind_the_watermark_that_was_promised(subscription):
    subscription.publish(b"old", at=str(T))
    source = PubSub(subscription.path, timestamp_attribute="at")
    ((payloads, arrivals, _, stamp),), _, _ = step(source, ReadSubscription(source, True).initial_restriction(""),
                                                   ManualWatermarkEstimator(beam.utils.timestamp.Timestamp(T / 1000 + 60)))
    assert (payloads, arrivals, stamp) == ([b"old"], [T + 60_000], T + 60_000)


@pytest.mark.engine
def test_a_lease_is_renewed_while_the_runner_does_not_yet_hold_the_messages(subscription, monkeypatch):
    subscription.publish(b"slow")
    (pulled,) = puller(subscription.source).pull(10, 5)
    time.sleep(12)  # longer than the subscription's own deadline
    assert left_over(subscription.path) == []
    puller(subscription.source).acknowledge([pulled.ack_id])()


@pytest.mark.engine
def test_a_subscription_that_is_not_there_or_goes_away_is_an_error(subscription, tmp_path):
    nowhere = f"pubsub://{PROJECT}/subscriptions/nosuch"
    with pytest.raises(SourceError, match=f"{nowhere}: no such subscription; create it first"):
        run_live(options(nowhere, tmp_path / "archive", "--runner=PrismRunner"), print)
    with SubscriberClient() as subscriber:
        subscriber.delete_subscription(subscription=subscription.path)
    with pytest.raises(SourceError, match="the subscription is gone"):
        puller(subscription.source).pull(1, 5)


@pytest.mark.engine
def test_a_topic_that_is_not_there_cannot_be_sent_to(emulator, tmp_path):
    with pytest.raises(SendError, match="expected pubsub://projects/PROJECT/topics/TOPIC"):
        topic_of(f"pubsub://{PROJECT}/subscriptions/events")
    with pytest.raises(SendError, match="no such topic; create it, and the subscription that the job reads, first"):
        send_pubsub(str(tmp_path), f"{PROJECT}/topics/nosuch")


SEEN = []  # by the function below, which Beam finds by its name and so does not copy


def remember(messages, at=beam.DoFn.TimestampParam):
    SEEN.extend(zip(messages.payloads, messages.arrivals, strict=True))
    assert at.micros // 1000 == min(messages.arrivals)


@pytest.mark.engine
def test_beams_own_source_which_dataflow_has_gives_the_same_messages(subscription):
    SEEN.clear()
    for n in range(5):
        subscription.publish(b"%d" % n, at=str(T + n))
    pipeline = beam.Pipeline(options=PipelineOptions(["--runner=BundleBasedDirectRunner", "--streaming"]))
    pipeline | ReadPubSub(PubSub(subscription.path, timestamp_attribute="at"), native=True) | beam.Map(remember)
    result = pipeline.run()
    until = time.monotonic() + 60
    while len(SEEN) < 5 and time.monotonic() < until:
        time.sleep(0.2)
    result.cancel()
    assert sorted(SEEN) == [(b"%d" % n, T + n) for n in range(5)]


# The whole job, live


# The lease is the product's: under a shorter one a busy machine is given messages twice, which the answer sheet cannot know.
@pytest.mark.engine
@pytest.mark.parametrize("subscription", [pubsub_client.LEASE_S], indirect=True, ids=["leased_as_by_default"])
def test_the_job_finds_live_what_the_answer_sheet_says_and_acknowledges_it_all(subscription, tmp_path, prism):
    played, archive, lines = str(tmp_path / "played"), str(tmp_path / "archive"), []
    sent = generate(STARTER, played, players=60, days=2, seed=3, format="avro").messages
    assert send_pubsub(played, subscription.topic) == sent > 3_000
    uri = f"pubsub://{subscription.path}?until=idle&timestamp_attribute=arrival_time"
    assert parse_source(uri).until_idle
    run = run_live(options(uri, archive, "--runner=PrismRunner", f"--prism_location={prism}"), lines.append)
    assert run.state == "complete" and any("sources stop, windows close" in line for line in lines)
    assert "0 differences" in report(compare_answers(STARTER, archive, f"{played}/answers")).splitlines()[-1]
    time.sleep(pubsub_client.LEASE_S + 2)  # what is not acknowledged comes again after its lease
    assert left_over(subscription.path) == []
