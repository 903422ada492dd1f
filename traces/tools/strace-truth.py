#!/usr/bin/env python3
"""strace-truth.py FILE...: counts what strace text holds by plain regular expressions, sharing no code with ptilab; writes NAME.truth.json
beside NAME.strace. For lines that strace broke up on the terminal (`-o` was not given) the pieces are put together first."""
import collections, json, re, sys

PREFIX = re.compile(r'^(?:\[pid +(\d+)(?:<[^>]*>)?\] |(\d+)(?:<[^>]*>)? +)?(?:\d\d:\d\d:\d\d(?:\.\d+)? |\d+\.\d+ | +\d+\.\d+ )?'
                    r'(?:\(\+ +\d+\.\d+\) )?(?:\[ *[0-9a-f?]+\] ){0,2}(.*)$')
DURATION = re.compile(r' <\d+\.\d+>$')
BIRTH = {'clone', 'clone3', 'fork', 'vfork'}
EXEC = {'execve', 'execveat'}


def pieces(text):
    """Lines, with those that a note of strace cut in two as one."""
    joined = re.sub(r'strace: Process \d+ attached\n(?= <unfinished|[ ,)])', '', text)
    return joined.split('\n')


def count(path):
    text = open(path, encoding='latin1', newline='').read().replace('\r\n', '\n')
    calls, kinds, pids = collections.Counter(), collections.Counter(), set()
    for line in pieces(text):
        match = PREFIX.match(line)
        pid, body = match[1] or match[2], DURATION.sub('', match[3])
        if pid:
            pids.add(pid)
        begin = re.match(r'([a-z_][a-z0-9_]*)\(', body)
        resumed = re.match(r'<\.\.\. (\w+) resumed>', body)
        name = (begin or resumed or [None, None])[1]
        if begin:
            calls[name] += 1
        if name:
            kinds['unfinished'] += body.endswith('<unfinished ...>')
            kinds['resumed'] += resumed is not None
            result = re.search(r'\) += (-?\d+)(?:<[^>]*>)?$', body)
            if result and name in BIRTH and int(result[1]) > 0:
                kinds['forks'] += 1
            if result and name in EXEC and int(result[1]) == 0:
                kinds['execs'] += 1
            returns = re.search(r'.*\) += (\?|-?\d|0x)(.*)$', body)
            if returns and not body.endswith('<unfinished ...>') and (returns[1] != '?' or returns[2].startswith(' ERESTART')):
                kinds['returns'] += 1
        kinds['signals'] += body.startswith('--- SIG')
        kinds['exits'] += bool(re.match(r'\+\+\+ (exited|killed|superseded)', body))
    return {
        'file': path.split('/')[-1],
        'calls_total': sum(calls.values()),
        'calls': dict(sorted(calls.items())),
        'tasks': len(pids),
        **{key: kinds[key] for key in ('returns', 'forks', 'execs', 'exits', 'signals', 'unfinished', 'resumed')},
    }


for path in sys.argv[1:]:
    with open(re.sub(r'(\.strace)?$', '.truth.json', path, count=1), 'w') as out:
        json.dump(count(path), out, indent=1)
        out.write('\n')
