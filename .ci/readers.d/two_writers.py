"""Two writers and one bucket: one is stopped for longer than its lock lasts and wakes up. What they write is a folder
of files, and then a Delta table that deltalake reads.

two_writers.py PROGRAM STORE: serves the API; STORE is s3 or azure, whose emulator STORE_store.py serves with a clock
that can be set forward.
"""

import atexit
import http.server
import importlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

from deltalake import DeltaTable
from gate import LIMIT, gate
from requested_day import requested_day

program = str(pathlib.Path(sys.argv[1]).resolve())
DAYS = 3
# A run is stopped with one of these requests in flight: while it fetches, and at each step of its commit.
STAGES = {
    "--format jsonl": ["API", "_conversations/state.json", "date=2026-04-02/conversations.jsonl", "_manifest.json"],
    "--table delta": ["API", "_delta_log/00000000000000000001.json", "_manifest.json"],
}
NOTES = ("/arriving/", "/staged/", "/index/", "/clock/", "run.json")
store = importlib.import_module(sys.argv[2] + "_store")
atexit.register(store.stop)
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


api = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=api.serve_forever, daemon=True).start()
os.environ |= store.ENVIRONMENT | {"POLYAI_API_KEY": "k"}
os.chdir(tempfile.mkdtemp())


def start(name):
    command = [program, "sync", f"{store.SCHEME}://{name}/daily", "--quiet", *form.split(), "--look-back", "4000d"]
    command += ["--base-url", f"http://127.0.0.1:{api.server_port}", "--account", "a", "--project", "p"]
    command += ["--start", "2026-04-01", "--end", f"2026-04-{DAYS + 1:02}"]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def ends(run, expected, what):
    _, words = run.communicate(timeout=LIMIT)
    if run.returncode != expected:
        sys.exit(f"error: {what} ended with {run.returncode} and not {expected}: {words}")


def committed(name):
    return {key: body for key, body in store.objects(name).items() if not any(note in key for note in NOTES)}


def is_unread(key):
    """Whether it is a file of a table that no version has: a run that is overtaken may leave some."""
    return form == "--table delta" and ("/date=" in key or "/state-" in key)


def rounds(name, version=None):
    if form == "--table delta":
        folder = pathlib.Path(tempfile.mkdtemp(dir="."))
        for key, body in store.objects(name).items():
            (folder / key).parent.mkdir(parents=True, exist_ok=True)
            (folder / key).write_bytes(body)
        table = DeltaTable(str(folder / "daily"), version=version)
        return [json.loads(extra)["round"] for extra in table.to_pyarrow_table(columns=["extra"])["extra"].to_pylist()]
    days = sorted(item for item in store.objects(name).items() if item[0].startswith("daily/date="))
    return [json.loads(body)["round"] for _, body in days]


began = time.monotonic()
chosen = [(form, stage) for form, stages in STAGES.items() for stage in stages if stage not in store.SKIPPED]
for number, (form, stage) in enumerate(chosen):
    name = f"calls-{number}"
    store.create(name)
    state["round"] = 0
    ends(start(name), 0, "the first run")
    state["round"] = 1
    gate.close(stage)
    stopped = start(name)
    if not gate.held.wait(LIMIT):
        sys.exit(f"error: the run never came to {stage}")
    stopped.send_signal(signal.SIGSTOP)
    ends(start(name), 8, "a run during the lock of another one")
    store.forward()
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
    store.forward()
    ends(start(name), 0, "the last run")
    if rounds(name) != [3] * DAYS:
        sys.exit(f"error: the last run left {rounds(name)}")
    if form == "--table delta" and (rounds(name, 0) != [0] * DAYS or len(set(rounds(name, 1))) != 1):
        sys.exit("error: an earlier version cannot be read as it was")
    left = [key for key in store.objects(name) if "/staged/" in key or "/arriving/" in key]
    if left:
        sys.exit(f"error: {left} are left")
seconds = time.monotonic() - began
what = f"stopped at {number + 1} stages, exit 8, and no object of the successor changed ({seconds:.0f} s)"
print(f"{store.NAME}: two writers, {what}")
