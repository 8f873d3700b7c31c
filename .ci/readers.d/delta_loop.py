"""deltalake reads a Delta table while `sync` rewrites every day of it; every read is one version.

delta_loop.py PROGRAM: serves the API itself, so that every day changes from one run to the next.
"""

import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import urllib.parse

from deltalake import DeltaTable

DAYS, A_DAY, RUNS, READS = 20, 50, 12, 600
program = str(pathlib.Path(sys.argv[1]).resolve())
state = {"round": 0}


class Api(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        date = query["start_time"][0][:10]
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
        body = json.dumps({"conversations": records, "cursor": None}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
command = [program, "sync", "calls", "--table", "delta", "--quiet", "--base-url", f"http://127.0.0.1:{server.server_port}"]
command += ["--account", "a", "--project", "p", "--retry-timeout", "0s", "--look-back", "4000d"]
command += ["--start", "2026-04-01", "--end", f"2026-04-{DAYS + 1:02}"]


def sync():
    subprocess.run(command, env={**os.environ, "POLYAI_API_KEY": "k"}, check=True)


sync()
results = {"right": 0, "wrong": 0, "failed": 0}
over = threading.Event()


def write():
    for state["round"] in range(1, RUNS + 1):
        sync()
    over.set()


def one_read():
    try:
        table = DeltaTable("calls")
        rows = table.to_pyarrow_table(columns=["id", "total_duration"])
    except Exception as error:
        results["failed"] += 1
        print(f"read failed: {error}")
        return
    # All rows of a version are of the same round, which is its number.
    found = (rows.num_rows, len(set(rows["id"].to_pylist())), set(rows["total_duration"].to_pylist()))
    results["right" if found == (DAYS * A_DAY, DAYS * A_DAY, {table.version()}) else "wrong"] += 1


writer = threading.Thread(target=write)
writer.start()
during = 0
while not over.is_set() or sum(results.values()) < READS:
    during += not over.is_set()
    one_read()
writer.join()
print(f"deltalake during {RUNS} runs ({during} reads): {results}")
if results["wrong"] or results["failed"] or not during:
    sys.exit("error: a reader saw what no run has committed")
