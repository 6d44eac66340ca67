"""One task reads two partitions, of which one rests: what the other still has must not be late."""

import time

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms.window import FixedWindows
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from gamebeam.transforms.sources.kafka.read import ReadKafka
from gamebeam.transforms.sources.uri import parse_source
from services import MissingTool
from services.flink import flink_cluster
from services.kafka import kafka_broker
from tests.support.counting import Write, count
from tests.support.flink_jobs import wait_until

START, MESSAGES = 1_793_491_200_000, 300_000


def fill(servers):
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})
    admin.create_topics([NewTopic("rests", 2)])["rests"].result()
    producer = Producer({"bootstrap.servers": servers, "log_level": 0, "queue.buffering.max.messages": 2 * MESSAGES})
    producer.produce("rests", b"x", partition=0, timestamp=START)
    for i in range(MESSAGES):
        producer.produce("rests", b"x", partition=1, timestamp=START + i * 1_000)
        producer.poll(0)
    assert producer.flush(60) == 0


@pytest.mark.engine
@pytest.mark.chaos
def test_a_partition_that_rests_makes_no_message_of_another_late(tmp_path):
    try:
        with kafka_broker(tmp_path / "kafka") as servers, flink_cluster(tmp_path / "flink") as flink:
            fill(servers)
            counted = tmp_path / "counted"
            counted.mkdir()
            options = PipelineOptions([*flink.job_flags, "--streaming", "--parallelism=1", "--max_bundle_time_mills=200",
                                       "--checkpointing_interval=1000"])
            pipeline = beam.Pipeline(options=options)
            (pipeline | ReadKafka(parse_source(f"kafka://{servers}/rests?idle=1s")) | beam.Map(count).with_output_types(tuple[int, int])
             | beam.WindowInto(FixedWindows(60)) | beam.CombinePerKey(sum) | beam.ParDo(Write(str(counted))))
            pipeline.run()

            def found():
                return sum(int(f.read_text() or 0) for f in counted.iterdir())

            wait_until(lambda: found() == MESSAGES + 1)
            time.sleep(1)
            assert found() == MESSAGES + 1
    except MissingTool as e:
        pytest.skip(str(e))
