"""A Kafka broker of one node (KRaft), from Maven Central's jars."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services import CACHE, end, free_port, start, tool, wait_for_port
from services.maven import maven_jars

VERSION = "4.1.1"
CLUSTER_ID = "AAAAAAAAAAAAAAAAAAAAAQ"
SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/data
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.retention.ms=-1
"""
LOGGING = """
rootLogger.level=WARN
rootLogger.appenderRef.c.ref=C
appender.c.type=Console
appender.c.name=C
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=%d %p %c: %m%n
"""


@contextmanager
def kafka_broker(folder: Path, port: int | None = None) -> Iterator[str]:
    """'127.0.0.1:port' of a broker whose data lie in the folder; the same folder and port again is the same broker, restarted."""
    java, jars = tool("java", "Kafka runs on it (17 or newer)"), kafka_jars()
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    settings, logging = folder / "server.properties", folder / "log4j2.properties"
    settings.write_text(SETTINGS.format(port=port, controller=free_port(), folder=folder))
    logging.write_text(LOGGING)
    run = [java, "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Dlog4j2.configurationFile={logging}", "-cp", f"{jars}/*"]
    with (folder / "broker.log").open("ab") as log:
        if not (folder / "data" / "meta.properties").exists():
            formatting = [*run, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", settings]
            subprocess.run(formatting, check=True, stdout=log, stderr=log)
        process = start([*run, "kafka.Kafka", settings], log)
    try:
        wait_for_port(process, port, folder / "broker.log")
        yield f"127.0.0.1:{port}"
    finally:
        end(process)


def kafka_jars() -> Path:
    """The folder of the broker's jars, fetched on first use (20 s, 43 MB)."""
    return maven_jars("pom.xml", "kafka.sha256", CACHE / f"kafka-{VERSION}")
