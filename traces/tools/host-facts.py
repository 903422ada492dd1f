#!/usr/bin/env python3
"""host-facts.py RECORDING --recorder PID [--untraced RUNS.json] --kernel-threads PIDS.txt [--cpu ID] -- ARGV...

Prints the sidecar of a recording that was made on this machine a moment ago (schema ptilab.host, version 1). The command's
pid is that of the first recorded system call: in a recording limited to a cgroup nobody else can be first.
`untraced` is the run with the median of user+sys."""
import argparse
import json
import os
import subprocess


def first_syscall_pid(recording):
    script = subprocess.Popen(['perf', 'script', '-i', recording, '-F', 'pid,event'], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    pid = next(int(line.split()[0]) for line in script.stdout if 'raw_syscalls:' in line)
    script.stdout.close()
    script.wait()
    return pid


parser = argparse.ArgumentParser()
parser.add_argument('recording')
parser.add_argument('--recorder', type=int, required=True)
parser.add_argument('--untraced')
parser.add_argument('--kernel-threads', required=True)
parser.add_argument('--cpu', help='id of a CPU in ptilab, where exactly one fits')
parser.add_argument('argv', nargs='+')
options = parser.parse_args()

with open('/proc/cpuinfo') as file:
    flags = next(line for line in file if line.startswith('flags')).split(':')[1].split()
with open('/sys/devices/system/cpu/vulnerabilities/meltdown') as file:
    meltdown = file.read()
runs = None
if options.untraced:
    with open(options.untraced) as file:
        runs = sorted(json.load(file), key=lambda run: run['user'] + run['sys'])
with open(options.kernel_threads) as file:
    threads = sorted({int(line) for line in file})
facts = {
    'schema': 'ptilab.host',
    'version': 1,
    'pcid': 'pcid' in flags,
    'invpcid': 'invpcid' in flags,
    'pti': 'PTI' in meltdown,
    'cpu': options.cpu,
    'kernel': os.uname().release,
    'kernelThreads': threads,
    'command': {'pid': first_syscall_pid(options.recording), 'argv': options.argv},
    'recorderPids': [options.recorder],
    'untraced': runs and runs[len(runs) // 2],
}
lines = [f'  {json.dumps(key)}: {json.dumps(value)}' for key, value in facts.items() if value is not None]
print('{', ',\n'.join(lines), '}', sep='\n')
