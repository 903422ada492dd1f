#!/usr/bin/env python3
"""untraced.py RUNS PREPARE -- CMD...

Runs CMD RUNS times without a recorder, each time after the shell command PREPARE, and prints a JSON list of
{"user", "sys", "wall"} in seconds: user and sys from wait4, so of CMD and all its descendants."""
import json
import os
import subprocess
import sys
import time

runs, prepare, dashes, *command = sys.argv[1:]
assert dashes == '--' and command, __doc__
result = []
for _ in range(int(runs)):
    subprocess.run(['/bin/sh', '-c', prepare], check=True, stdout=subprocess.DEVNULL)
    start = time.monotonic()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    wall = time.monotonic() - start
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f'the command failed: {command}')
    result.append({'user': round(usage.ru_utime, 3), 'sys': round(usage.ru_stime, 3), 'wall': round(wall, 3)})
print(json.dumps(result))
