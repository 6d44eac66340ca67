"""python -m bench.live: the whole job on Flink, and the khan author's Spark job, over one Kafka topic."""
