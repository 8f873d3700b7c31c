"""DuckDB reads a folder by the statement of the document while `sync` rewrites every day of it, and after failed runs.

duckdb_loop.py PROGRAM: serves the API itself, so that every day changes from one run to the next.
"""

import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

import duckdb
from document import statement
from requested_day import requested_day

DAYS, A_DAY, RUNS, READS = 20, 50, 12, 600
program = str(pathlib.Path(sys.argv[1]).resolve())
state = {"round": 0, "fails": {}}


class Api(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        date = requested_day(self.path)
        status = state["fails"].get(date, 200)
        records = [
            {
                "id": f"{date}-{number}",
                "started_at": f"{date}T{number % 24:02}:00:00Z",
                "in_progress": False,
                "total_duration": state["round"],
                "turns": [{"user_input": "x" * 200, "agent_response": "y" * 200}] * 5,
            }
            for number in range(A_DAY)
        ]
        body = json.dumps({"conversations": records, "cursor": None} if status == 200 else {}).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
command = [program, "sync", "calls", "--quiet", "--base-url", f"http://127.0.0.1:{server.server_port}"]
command += ["--account", "a", "--project", "p", "--retry-timeout", "0s", "--look-back", "4000d"]
command += ["--start", "2026-04-01", "--end", f"2026-04-{DAYS + 1:02}"]
environment = {**os.environ, "POLYAI_API_KEY": "k"}


def sync():
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    return done.returncode, done.stderr


def read():
    connection = duckdb.connect()
    for sql in statement("duckdb", "table"):
        connection.execute(sql)
    return connection.execute("SELECT count(*), count(DISTINCT id), count(DISTINCT date) FROM calls").fetchone()


expected = (DAYS * A_DAY, DAYS * A_DAY, DAYS)
found = sync()
assert found == (0, ""), found
results = {"right": 0, "wrong": 0, "failed": 0}
over = threading.Event()


def write():
    for state["round"] in range(1, RUNS + 1):
        code, words = sync()
        if code != 0:
            print(f"error: {words}")
    over.set()


def one_read():
    try:
        found = read()
    except duckdb.Error as error:
        results["failed"] += 1
        print(f"read failed: {error}")
        return
    results["right" if found == expected else "wrong"] += 1
    if found != expected:
        print(f"read {found}, there are {expected}")


writer = threading.Thread(target=write)
writer.start()
during = 0
while not over.is_set() or sum(results.values()) < READS:
    during += not over.is_set()
    one_read()
writer.join()
for status, code in [(500, 6), (401, 4)]:
    state["round"] += 1
    state["fails"] = {"2026-04-07": status}
    found, words = sync()
    assert found == code, words
    for _ in range(20):
        one_read()
print(f"DuckDB during {RUNS} runs ({during} reads) and after two that failed: {results}")
if results["wrong"] or results["failed"]:
    sys.exit("error: a reader saw what no run has committed")
