"""An API on loopback of which every day changes from one run of `sync` to the next, and the runs themselves."""

import http.server
import json
import os
import subprocess
import threading

from requested_day import requested_day

DAYS, A_DAY = 20, 50
# `round` is in each record; `fails` has the status of the days that fail.
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
        try:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # The client was killed.

    def log_message(self, *_):
        pass


def start(program, folder, *more):
    """Starts a run that reads every day again."""
    command = [program, "sync", folder, "--quiet", "--base-url", f"http://127.0.0.1:{server.server_port}"]
    command += ["--account", "a", "--project", "p", "--retry-timeout", "0s", "--look-back", "4000d"]
    command += ["--start", "2026-04-01", "--end", f"2026-04-{DAYS + 1:02}", *more]
    return subprocess.Popen(command, env={**os.environ, "POLYAI_API_KEY": "k"}, stderr=subprocess.PIPE, text=True)


def sync(program, folder, *more):
    """Returns the exit code of a run and its messages."""
    run = start(program, folder, *more)
    _, words = run.communicate()
    return run.returncode, words


def read_during(runs, write, read, enough):
    """Reads while `write` runs for each round, and at least `enough` times. Returns the number of reads meanwhile."""
    over, failures = threading.Event(), []

    def write_all():
        try:
            for state["round"] in range(1, runs + 1):
                code, words = write()
                if code != 0:
                    failures.append(words)
        finally:
            over.set()

    writer = threading.Thread(target=write_all)
    writer.start()
    reads = during = 0
    while not over.is_set() or reads < enough:
        during += not over.is_set()
        reads += 1
        read()
    writer.join()
    if failures:
        raise SystemExit(f"error: {failures}")
    return during


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
