"""Starts a run by a record on Kafka, waits for the answer on the log and prints it.

Exits with 0 when the run was started, and with 1 when it was refused or nobody answered.

    python start_run.py <tenant> <run> <workflow>@<version> <hash> <input> [id]

Who repeats a command gives it the same id again: it is carried out once.
"""

import json
import os
import sys
import time
import uuid
from datetime import datetime, timezone

from confluent_kafka import Consumer, Producer, TopicPartition

BROKERS = os.environ.get("KAFKA_BROKERS", "127.0.0.1:9092")
PREFIX = os.environ.get("FERMATA_TOPIC_PREFIX", "fermata")
COMMANDS, LOG = f"{PREFIX}.commands", f"{PREFIX}.log"
# How far before the end to begin: among so many records is one of the present owner's.
LOOK_BACK = 1_000
WAIT_SECONDS = 30


# snippet: publish
def start_run(tenant, run, workflow, digest, data, command_id):
    """A StartRun as a CloudEvent in structured mode: the whole event in the value."""
    name, version = workflow.split("@")
    return {
        "specversion": "1.0",
        "id": command_id,
        "type": "fermata.run.start.v1",
        "source": "/orders",
        "subject": run,
        "time": datetime.now(timezone.utc).isoformat(),
        "tenant": tenant,
        "actor": "service:orders",
        "correlationid": f"orders-{command_id}",
        "datacontenttype": "application/json",
        "data": {
            "workflow": {"name": name, "version": version, "hash": digest},
            "input": data,
        },
    }


def send(command):
    producer = Producer({"bootstrap.servers": BROKERS, "enable.idempotence": True})
    producer.produce(
        COMMANDS,
        key=f"{command['tenant']}/{command['subject']}",
        value=json.dumps(command),
        headers={"content-type": "application/cloudevents+json"},
    )
    if producer.flush(WAIT_SECONDS) > 0:
        sys.exit("expected the brokers to store the command, found that they did not")


# end snippet


# snippet: answer
class Acceptance:
    """Passes over what an owner wrote after it lost its partition, and what it wrote twice."""

    def __init__(self):
        self.epoch, self.seq = 0, 0

    def accepts(self, fence):
        epoch, seq, _position = fence.split("/")
        epoch, is_claim = int(epoch), seq == ""
        if epoch < self.epoch:
            return False
        if epoch == self.epoch and (is_claim or int(seq) <= self.seq):
            return False
        self.epoch = epoch
        self.seq = self.seq + 1 if is_claim else int(seq)
        return True


def answer_in(message, acceptance, command):
    """The answer to our command, if this record of the log is it."""
    if not acceptance.accepts(dict(message.headers())["fence"].decode()):
        return None
    event = json.loads(message.value())
    is_ours = (
        event.get("tenant") == command["tenant"]
        and event["correlationid"] == command["correlationid"]
        and event["causationid"] == command["id"]
    )
    return event if is_ours else None


# end snippet


def reader():
    """Reads each partition of the log from a little before its end, in no group."""
    settings = {"bootstrap.servers": BROKERS, "group.id": "orders", "enable.auto.commit": False}
    consumer = Consumer(settings)
    places = []
    for partition in consumer.list_topics(LOG, timeout=WAIT_SECONDS).topics[LOG].partitions:
        low, high = consumer.get_watermark_offsets(TopicPartition(LOG, partition))
        places.append(TopicPartition(LOG, partition, max(low, high - LOOK_BACK)))
    consumer.assign(places)
    return consumer


def hear(consumer, command):
    """Reads until the answer comes, or it is too late."""
    acceptances = {}
    give_up_at = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < give_up_at:
        message = consumer.poll(1.0)
        if message is None or message.error() is not None:
            continue
        acceptance = acceptances.setdefault(message.partition(), Acceptance())
        answer = answer_in(message, acceptance, command)
        if answer is not None:
            return answer
    return None


def main(tenant, run, workflow, digest, data="{}", command_id=None):
    command_id = command_id or str(uuid.uuid4())
    command = start_run(tenant, run, workflow, digest, json.loads(data), command_id)
    # Where to begin is asked before the command is sent: its answer lies behind.
    consumer = reader()
    send(command)
    answer = hear(consumer, command) or {"type": "none", "subject": run, "data": {}}
    consumer.close()
    kind, said = answer["type"], answer["data"]
    told = {name: said[name] for name in ("outcome", "code", "message") if name in said}
    print(json.dumps({"type": kind, "run": answer["subject"], **told}))
    if kind == "fermata.command.duplicated.v1":
        return 0 if said["outcome"] == "accepted" else 1
    return 0 if kind == "fermata.run.started.v1" else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
