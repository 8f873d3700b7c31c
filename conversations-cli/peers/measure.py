"""Runs a command and prints what it took: elapsed seconds, CPU seconds, peak memory in MB, voluntary context switches,
and the last word of its standard output."""

import os
import subprocess
import sys
import time

started = time.monotonic()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
output, errors = process.stdout.read(), process.stderr.read()
_, status, usage = os.wait4(process.pid, 0)
seconds = time.monotonic() - started
if status != 0:
    sys.stderr.write(errors.decode())
    sys.exit(1)
words = output.split()
cpu = usage.ru_utime + usage.ru_stime
last = words[-1].decode() if words else "-"
print(f"{seconds:.2f} {cpu:.2f} {usage.ru_maxrss / 1024:.0f} {usage.ru_nvcsw} {last}")
