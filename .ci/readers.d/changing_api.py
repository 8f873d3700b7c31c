"""An API on loopback whose days all change from one run of `sync` to the next, and the runs themselves."""

import http.server
import itertools
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


def read_during(write, read, reads):
    """Reads this often while run after run writes, at least three of them. Returns the number of runs."""
    over, failures = threading.Event(), []

    def write_all():
        for state["round"] in itertools.count(1):
            code, words = write()
            if code != 0:
                failures.append(words)
            if over.is_set() and state["round"] >= 3 or failures:
                break

    writer = threading.Thread(target=write_all)
    writer.start()
    while writer.is_alive():
        read()
        reads -= 1
        if reads <= 0:
            over.set()
    if failures:
        raise SystemExit(f"error: {failures}")
    return state["round"]


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
