#!/usr/bin/env python3
"""ftrace-truth.py FILE...: counts what ftrace text holds (the kernel's own, or that of trace-cmd report) by plain regular expressions, sharing no code with
ptilab; writes NAME.truth.json beside NAME.txt. Needs linux-libc-dev for the names of calls."""
import collections, json, re, sys

UNISTD = '/usr/include/x86_64-linux-gnu/asm/unistd_64.h'
NAMES = {number: name for name, number in re.findall(r'#define __NR_(\w+) (\d+)', open(UNISTD).read())}
EVENT = re.compile(r'-\d+ .{0,60}?[\d.us+!#*@$ ]+: (\w+): +(.*)$')

for path in sys.argv[1:]:
    kinds, calls = collections.Counter(), collections.Counter()
    for line in open(path, encoding='latin1', newline='').read().split('\n'):
        match = None if line.startswith('#') else EVENT.search(line)
        if not match:
            continue
        kinds[match[1]] += 1
        if match[1] == 'sys_enter':
            number = re.match(r'NR (\d+) ', match[2])[1]
            calls[f'{number}:{NAMES[number]}'] += 1
    truth = {'file': path.split('/')[-1], 'events': sum(kinds.values()), 'per_kind': dict(sorted(kinds.items())), 'syscalls_enter': dict(sorted(calls.items()))}
    with open(re.sub(r'(\.txt)?$', '.truth.json', path, count=1), 'w') as out:
        json.dump(truth, out, indent=1)
        out.write('\n')
