"""Runs a command several times and prints the medians of what it took: elapsed seconds, CPU seconds, peak memory in MB,
voluntary context switches, and the last word of its standard output. Its output is removed before each run."""

import os
import shutil
import statistics
import subprocess
import sys
import time


def remove(paths):
    for path in paths.split(":"):
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.isfile(path):
            os.remove(path)


def run(command):
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, errors = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    if status != 0:
        sys.stderr.write(errors.decode())
        sys.exit(1)
    words = output.split()
    taken = seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6, usage.ru_nvcsw
    return taken, words[-1].decode() if words else "-"


runs, paths, *command = sys.argv[1:]
all_taken = []
for _ in range(int(runs)):
    remove(paths)
    taken, last = run(command)
    all_taken.append(taken)
remove(paths)
seconds, cpu, memory, switches = map(statistics.median, zip(*all_taken))
print(f"{seconds:.2f} {cpu:.2f} {memory:.0f} {switches:.0f} {last}")
