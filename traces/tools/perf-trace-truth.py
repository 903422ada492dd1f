#!/usr/bin/env python3
"""perf-trace-truth.py FILE.txt...: counts what text of perf trace holds by plain regular expressions, sharing no code with ptilab; writes FILE.truth.json.
Where the text ends with perf's own table of calls (-S), the returns of every call must be as many as that says. Needs linux-libc-dev for the numbers of calls."""
import collections, json, re, sys

UNISTD = '/usr/include/x86_64-linux-gnu/asm/unistd_64.h'
NUMBERS = dict(re.findall(r'#define __NR_(\w+) (\d+)', open(UNISTD).read()))
LINE = re.compile(r'^ *(\?|[\d.]+) \( *([\d.]+ ms)? *\): (.*)$')
BODY = re.compile(r'^(?:(?:.{0,15}/)?\d+ )?( \.\.\. \[continued\]: )?(\w+)\((.*)$')
EVENT = re.compile(r'^(?:(?:.{0,15}/)?\d+ )?(\w+:\w+)\(')
FAULT = re.compile(r'(?:min|maj)fault \[.*\((.)(.)\)$')
ROW = re.compile(r'^   (\w+) +(\d+) +\d+ +[\d.]+ ')
BIRTH, EXEC, END = {'clone', 'clone3', 'fork', 'vfork'}, {'execve', 'execveat'}, {'exit', 'exit_group'}


def count(path):
    entered, left, table, kinds, derived = (collections.Counter() for _ in range(5))
    for line in open(path, encoding='latin1', newline='').read().split('\n'):
        row = ROW.match(line)
        if row:
            table[row[1]] += int(row[2])
        match = LINE.match(line)
        if not match:
            continue
        body = match[3]
        fault, event, call = FAULT.search(body), EVENT.match(body), BODY.match(body)
        if fault:
            kinds['exceptions:page_fault_kernel' if fault[2] == 'k' else 'exceptions:page_fault_user'] += 1
        elif event:
            kinds[event[1]] += 1
        elif call:
            continued, name, rest = call[1], call[2], call[3]
            value = re.search(r'\) += ([^=]*)$', rest)
            if not continued:
                entered[name] += 1
            if not rest.endswith(' ...') and not (value and value[1] == '?'):
                left[name] += 1
            if value and name in BIRTH and re.match(r'[1-9]\d*\b', value[1]):
                derived['sched:sched_process_fork'] += 1
            if value and name in EXEC and value[1] == '0':
                derived['sched:sched_process_exec'] += 1
            if name in END and not continued:
                derived['sched:sched_process_exit'] += 1
    if table and table != left:
        sys.exit(f'{path}: the table of perf says otherwise: {table - left} {left - table}')
    kinds['raw_syscalls:sys_enter'], kinds['raw_syscalls:sys_exit'] = sum(entered.values()), sum(left.values())
    events = sum(kinds.values())
    if not any(kind.startswith(('sched:sched_process', 'task:')) for kind in kinds):
        kinds += derived
    return {
        'file': path.split('/')[-1],
        'events': events,
        'per_kind': dict(sorted(kinds.items())),
        'syscalls_enter': {f'{NUMBERS[name]}:{name}': n for name, n in sorted(entered.items())},
        'table_of_perf': bool(table),
    }


for path in sys.argv[1:]:
    with open(re.sub(r'(\.txt)?$', '.truth.json', path, count=1), 'w') as out:
        json.dump(count(path), out, indent=1)
        out.write('\n')
