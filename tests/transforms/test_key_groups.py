"""Flink's key groups, against what its own KeyGroupRangeAssignment and Beam's FlinkKey gave (Flink 1.19.3, Beam's runner 2.70.0)."""

import pytest
from apache_beam.coders import StrUtf8Coder, TupleCoder, VarIntCoder
from apache_beam.coders.coders import LengthPrefixCoder
from apache_beam.options.pipeline_options import PipelineOptions

from gamebeam.pipeline.runners.flink import key_groups
from gamebeam.transforms.sources.kafka.key_groups import key_group, salt_for
from gamebeam.transforms.sources.kafka.read import CODER, FindPartitions
from gamebeam.transforms.sources.uri import Kafka


@pytest.mark.parametrize(("encoded", "of_4", "of_128"), [
    ("00", 2, 46), ("11060404076261636b6c6f67010001000104", 0, 24), ("11060404076261636b6c6f67010101000101", 2, 78),
    ("11060404076261636b6c6f67010201000100", 1, 85), ("11060404076261636b6c6f67010301000100", 3, 27)])
def test_a_key_lies_in_the_group_that_flink_puts_it_in(encoded, of_4, of_128):
    assert [key_group(bytes.fromhex(encoded), groups) for groups in (4, 128)] == [of_4, of_128]


def task(element, groups, tasks):
    """As Flink maps key groups to the tasks of a step."""
    return key_group(LengthPrefixCoder(CODER).encode(element), groups) * tasks // groups


@pytest.mark.parametrize("groups", [4, 128, 1024])
@pytest.mark.parametrize("tasks", [1, 2, 4])
def test_partitions_are_shared_out_evenly_also_after_more_were_added_and_whatever_the_parallelism(groups, tasks):
    finder = FindPartitions(Kafka("b:9092", ("t",)), groups)
    for numbers, since in ((range(8), 0), (range(8, 16), 1_793_491_200_000)):
        tasks_of = [task(("t", n, since, finder._salt("t", n, since, numbers)), groups, tasks) for n in numbers]
        assert {t: tasks_of.count(t) for t in range(tasks)} == dict.fromkeys(range(tasks), 8 // tasks)


def test_topics_of_one_partition_each_do_not_share_a_task():
    topics = ("a", "b", "c", "d")
    finder = FindPartitions(Kafka("b:9092", topics), 128)
    assert sorted(task((t, 0, 0, finder._salt(t, 0, 0, range(1))), 128, 4) for t in topics) == [0, 1, 2, 3]


def test_a_long_topic_name_is_prefixed_with_its_length_in_two_bytes():
    name, coder = "t" * 249, TupleCoder((StrUtf8Coder(), VarIntCoder()))
    salt = salt_for((name,), coder, 0.5, 4)
    data = coder.encode((name, salt))
    assert key_group(bytes([len(data) & 127 | 128, len(data) >> 7]) + data, 4) == 2


@pytest.mark.parametrize(("flags", "groups"), [([], 128), (["--parallelism=85"], 128), (["--parallelism=86"], 256),
                                               (["--parallelism=2", "--max_parallelism=4"], 4)])
def test_a_job_has_the_key_groups_that_it_asks_for_or_those_that_flink_chooses(flags, groups):
    assert key_groups(PipelineOptions(flags)) == groups
