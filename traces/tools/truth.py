#!/usr/bin/env python3
"""truth.py FILE.perf.data: counts what a recording holds and prints JSON.

It shares no code with ptilab: perf itself decodes the file (`perf script` text), plain regular expressions count the lines.
Times are nanoseconds of the recording's clock, spans seconds. Numbers of system calls are named from the C library's headers."""
import json
import os
import re
import subprocess
import sys
from collections import Counter

SET_ID = {105, 106, 113, 114, 116, 117, 119, 122, 123}
LINE = re.compile(r'^\s*(?P<comm>.*?)\s+(?P<pid>-?\d+)/(?P<tid>-?\d+)\s+\[(?P<cpu>\d+)\]\s+'
                  r'(?P<s>\d+)\.(?P<ns>\d{9}):\s+(?P<event>[\w-]+:[\w-]+):\s?(?P<fields>.*)$')

names = {}
with open('/usr/include/x86_64-linux-gnu/asm/unistd_64.h') as header:
    for match in re.finditer(r'#define __NR_(\w+) (\d+)', header.read()):
        names[int(match[2])] = match[1]


def label(number):
    return f'{number}:{names.get(number, number)}'


def flush_label(fields):
    pages, reason = re.search(r'pages:(-?\d+) reason:(.*)', fields).groups()
    pages = int(pages)
    size = '-1(all)' if pages == -1 else str(pages) if pages in (0, 1) else '2-33' if pages <= 33 else '>33'
    return f'{reason} pages={size}'


path = sys.argv[1]
kinds, enters, exits, errors, set_ids, cpus, switch_cpus = (Counter() for _ in range(7))
clones, flushes, fault_codes, execs, states = (Counter() for _ in range(5))
lost = unparsed = disorder = 0
first = last = None
script = subprocess.Popen(['perf', 'script', '--ns', '--show-lost-events', '-i', path, '-F', 'comm,pid,tid,cpu,time,event,trace'],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
for line in script.stdout:
    if 'PERF_RECORD_LOST' in line:
        lost += 1
        continue
    match = LINE.match(line)
    if match is None:
        unparsed += 1
        continue
    event, fields, cpu = match['event'], match['fields'], int(match['cpu'])
    time = int(match['s']) * 10**9 + int(match['ns'])
    first = time if first is None else min(first, time)
    disorder += last is not None and time < last
    last = time if last is None else max(last, time)
    kinds[event] += 1
    cpus[cpu] += 1
    if event == 'raw_syscalls:sys_enter':
        number = int(re.match(r'NR (-?\d+)', fields)[1])
        enters[number] += 1
        if number in SET_ID:
            set_ids[names[number]] += 1
    elif event == 'raw_syscalls:sys_exit':
        number, value = map(int, re.match(r'NR (-?\d+) = (-?\d+)', fields).groups())
        exits[number] += 1
        if -4096 < value < 0:
            errors[f'{names.get(number, number)}:{value}'] += 1
    elif event == 'sched:sched_switch':
        switch_cpus[cpu] += 1
        states[re.search(r'prev_state=(\S+) ==>', fields)[1]] += 1
    elif event == 'task:task_newtask':
        clones['0x' + re.search(r'clone_flags=([0-9a-f]+)', fields)[1]] += 1
    elif event == 'tlb:tlb_flush':
        flushes[flush_label(fields)] += 1
    elif event == 'sched:sched_process_exec':
        execs[re.search(r'filename=(.*) pid=', fields)[1]] += 1
    elif event == 'exceptions:page_fault_user':
        fault_codes[re.search(r'error_code=(\S+)', fields)[1]] += 1
if script.wait() != 0 or first is None:
    sys.exit(f'perf cannot read {path}')

json.dump({
    'file': os.path.basename(path),
    'method': 'perf script --ns text, counted with regular expressions (truth.py); no code of ptilab',
    'span_s': round((last - first) / 1e9, 9),
    'first_ns': first,
    'last_ns': last,
    'events': sum(kinds.values()),
    'per_kind': dict(sorted(kinds.items())),
    'per_cpu_events': dict(sorted(cpus.items())),
    'switches_per_cpu': dict(sorted(switch_cpus.items())),
    'switch_prev_state': dict(states.most_common()),
    'syscalls_enter': {label(n): count for n, count in enters.most_common()},
    'syscalls_exit': {label(n): count for n, count in exits.most_common()},
    'errors': dict(errors.most_common()),
    'clone_flags': dict(clones.most_common()),
    'new_tasks_sharing_mm_CLONE_VM': sum(count for flags, count in clones.items() if int(flags, 16) & 0x100),
    'tlb_flush_reason_pages': dict(flushes.most_common()),
    'page_fault_user_error_codes': dict(fault_codes.most_common()),
    'exec_filenames': dict(execs.most_common()),
    'set_id_syscalls': dict(set_ids.most_common()),
    'lost_records': lost,
    'n_unparsed': unparsed,
    'time_order_violations': disorder,
}, sys.stdout, indent=1)
print()
