"""A subscriber that misses nothing: python3 subscriber.py FILE, with the address and account in the environment.

Needs paho-mqtt (Debian: python3-paho-mqtt, version 1; 2 works too).
"""

import base64
import json
import os
import queue
import sqlite3
import sys
import urllib.parse
import urllib.request

import paho.mqtt.client as mqtt

ORG, ACCOUNT, PASSWORD = os.environ["ORG"], os.environ["ACCOUNT"], os.environ["PASSWORD"]
BROKER = urllib.parse.urlparse(os.environ["MQTT_URL"])
BASIC = "Basic " + base64.b64encode(f"{ACCOUNT}:{PASSWORD}".encode()).decode()

db = sqlite3.connect(sys.argv[1] if len(sys.argv) > 1 else "readings.db", isolation_level=None)
# Whoever looks into the file meanwhile holds nothing up.
db.execute("PRAGMA journal_mode = WAL")
db.execute("CREATE TABLE IF NOT EXISTS readings (cursor INTEGER PRIMARY KEY, citizen TEXT NOT NULL, reading TEXT NOT NULL)")
# What was dealt with is the cursor: both are one row, so no kill can come between them.
cursor = db.execute("SELECT coalesce(max(cursor), 0) FROM readings").fetchone()[0]


def deal_with(entries):
    """All of a page in one transaction."""
    rows = [(entry["cursor"], entry["citizen"], json.dumps(entry["reading"])) for entry in entries]
    db.execute("BEGIN")
    db.executemany("INSERT OR IGNORE INTO readings VALUES (?, ?, ?)", rows)
    db.execute("COMMIT")


def read_on():
    global cursor
    while True:
        url = f"{os.environ['HTTP_URL']}/v1/readings?since={cursor}&limit=1000"
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": BASIC})) as answer:
            page = json.load(answer)
        deal_with(page["items"])
        cursor = page["next"]
        if cursor >= page["newest"]:
            return


heard = queue.Queue()


def on_connect(client, *_):
    client.subscribe([(f"v1/orgs/{ORG}/readings/#", 1), (f"v1/orgs/{ORG}/backfill/#", 1)])


def client_of(account):
    version = getattr(mqtt, "CallbackAPIVersion", None)
    return mqtt.Client(*([version.VERSION2] if version else []), client_id=account)


client = client_of(ACCOUNT)
client.username_pw_set(ACCOUNT, PASSWORD)
client.on_connect = on_connect
client.on_subscribe = lambda *_: heard.put(None)
client.on_message = lambda _client, _userdata, message: heard.put(json.loads(message.payload))
client.connect(BROKER.hostname, BROKER.port)
client.loop_start()
while True:
    entry = heard.get()
    if entry is None or entry["cursor"] > cursor + 1:
        read_on()
    elif entry["cursor"] == cursor + 1:
        deal_with([entry])
        cursor = entry["cursor"]
