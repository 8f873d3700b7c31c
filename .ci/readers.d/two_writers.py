"""Two writers and one bucket of an S3 server (moto): one is stopped for longer than its lock lasts and wakes up. What
they write is a folder of files, and then a Delta table that deltalake reads.

two_writers.py PROGRAM: serves moto in this process, with a clock that can be set forward, and the API.
"""

import http.server
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import timedelta

import boto3
import moto.s3.models
from deltalake import DeltaTable
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from requested_day import requested_day
from werkzeug.serving import WSGIRequestHandler, make_server

program = str(pathlib.Path(sys.argv[1]).resolve())
DAYS = 3
# A run is stopped with one of these requests in flight: while it fetches, and at each step of its commit.
STAGES = {
    "--format jsonl": ["API", "_conversations/state.json", "date=2026-04-02/conversations.jsonl", "_manifest.json"],
    "--table delta": ["API", "_delta_log/00000000000000000001.json", "_manifest.json"],
}
NOTES = ("/arriving/", "/staged/", "/index/", "/clock/", "run.json")
LIMIT = 60

offset = timedelta()
real_time = moto.s3.models.utcnow
moto.s3.models.utcnow = lambda: real_time() + offset


class Gate:
    """Holds the first request to the stage until it is opened."""

    def __init__(self):
        self.stage, self.held, self.open = None, threading.Event(), threading.Event()

    def close(self, stage):
        self.held.clear()
        self.open.clear()
        self.stage = stage

    def pass_through(self, stage):
        if self.stage is not None and stage.endswith(self.stage):
            self.stage = None
            self.held.set()
            self.open.wait(LIMIT)


gate = Gate()
state = {"round": 0}


class Api(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        date = requested_day(self.path)
        record = {"id": f"a{date}", "started_at": f"{date}T09:00:00Z", "in_progress": False, "round": state["round"]}
        body = json.dumps({"conversations": [record], "cursor": None}).encode()
        if date == f"2026-04-{DAYS:02}":
            gate.pass_through("API")
        try:
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except BrokenPipeError:
            pass  # The client was ended while it was held.

    def log_message(self, *_):
        pass


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


store = DomainDispatcherApplication(create_backend_app)


def bucket_server(environ, start_response):
    if environ["REQUEST_METHOD"] == "PUT":
        gate.pass_through(environ["PATH_INFO"])
    return store(environ, start_response)


api = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
bucket = make_server("127.0.0.1", 0, bucket_server, threaded=True, request_handler=Quiet)
for server in (api, bucket):
    threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ |= {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
    "AWS_ENDPOINT": f"http://127.0.0.1:{bucket.server_port}",
    "POLYAI_API_KEY": "k",
}
os.chdir(tempfile.mkdtemp())
s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT"], region_name="us-east-1")


def start(name):
    command = [program, "sync", f"s3://{name}/daily", "--quiet", *form.split(), "--look-back", "4000d"]
    command += ["--base-url", f"http://127.0.0.1:{api.server_port}", "--account", "a", "--project", "p"]
    command += ["--start", "2026-04-01", "--end", f"2026-04-{DAYS + 1:02}"]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def ends(run, expected, what):
    _, words = run.communicate(timeout=LIMIT)
    if run.returncode != expected:
        sys.exit(f"error: {what} ended with {run.returncode} and not {expected}: {words}")


def objects(name):
    listed = s3.list_objects_v2(Bucket=name)["Contents"]
    return {found["Key"]: s3.get_object(Bucket=name, Key=found["Key"])["Body"].read() for found in listed}


def committed(name):
    return {key: body for key, body in objects(name).items() if not any(note in key for note in NOTES)}


def is_unread(key):
    """Whether it is a file of a table that no version has: a run that is overtaken may leave some."""
    return form == "--table delta" and ("/date=" in key or "/state-" in key)


def rounds(name, version=None):
    if form == "--table delta":
        options = {"AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT"], "AWS_ALLOW_HTTP": "true"}
        table = DeltaTable(f"s3://{name}/daily", version=version, storage_options=options)
        return [json.loads(extra)["round"] for extra in table.to_pyarrow_table(columns=["extra"])["extra"].to_pylist()]
    return [json.loads(body)["round"] for key, body in sorted(objects(name).items()) if key.startswith("daily/date=")]


began = time.monotonic()
for number, (form, stage) in enumerate((form, stage) for form, stages in STAGES.items() for stage in stages):
    name = f"calls-{number}"
    s3.create_bucket(Bucket=name)
    state["round"] = 0
    ends(start(name), 0, "the first run")
    state["round"] = 1
    gate.close(stage)
    stopped = start(name)
    if not gate.held.wait(LIMIT):
        sys.exit(f"error: the run never came to {stage}")
    stopped.send_signal(signal.SIGSTOP)
    ends(start(name), 8, "a run during the lock of another one")
    offset += timedelta(seconds=200)
    state["round"] = 2
    for _ in range(2):
        ends(start(name), 0, "the successor")
    expected = committed(name)
    if rounds(name) != [2] * DAYS:
        sys.exit(f"error: the successor left {rounds(name)}")
    gate.open.set()
    stopped.send_signal(signal.SIGCONT)
    ends(stopped, 8, f"the run that was stopped at {stage}")
    found = committed(name)
    added = {key for key in found.keys() - expected.keys() if is_unread(key)}
    differing = [key for key in (found.keys() | expected.keys()) - added if found.get(key) != expected.get(key)]
    if differing:
        sys.exit(f"error: the run that was stopped at {stage} has changed {differing}")
    state["round"] = 3
    offset += timedelta(seconds=200)
    ends(start(name), 0, "the last run")
    if rounds(name) != [3] * DAYS:
        sys.exit(f"error: the last run left {rounds(name)}")
    if form == "--table delta" and (rounds(name, 0) != [0] * DAYS or len(set(rounds(name, 1))) != 1):
        sys.exit("error: an earlier version cannot be read as it was")
    left = [key for key in objects(name) if "/staged/" in key or "/arriving/" in key]
    if left:
        sys.exit(f"error: {left} are left")
seconds = time.monotonic() - began
print(f"Two writers: stopped at {number + 1} stages, exit 8, and no object of the successor changed ({seconds:.0f} s)")
