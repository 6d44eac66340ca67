"""The write-ups' front door: Flask, kafka-python, one event a request, answered before the broker has it. In a venv of its own."""

import json
import sys

from flask import Flask, request
from kafka import KafkaProducer

port, servers, topic = sys.argv[1:]
app = Flask(__name__)
producer = KafkaProducer(bootstrap_servers=servers)


def log_to_kafka(event):
    event.update(request.headers)
    producer.send(topic, json.dumps(event).encode())


@app.route("/")
def default_response():
    log_to_kafka({"event_type": "default"})
    return "This is the default response!\n"


@app.route("/purchase_a_sword")
def purchase_a_sword():
    log_to_kafka({"event_type": "purchase_sword", "cost": 10})
    return "Sword Purchased!\n"


@app.route("/join_a_guild")
def join_a_guild():
    log_to_kafka({"event_type": "join_guild"})
    return "Joined guild!\n"


app.run(host="127.0.0.1", port=int(port))
