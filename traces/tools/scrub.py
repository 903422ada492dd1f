#!/usr/bin/env python3
"""scrub.py FILE.perf.data [--kernel-threads PIDS.txt]: takes the names of unrelated tasks out of a system-wide recording, in place.

A recording limited to a cgroup still names everybody who shared the CPUs: in sched_switch, in COMM, MMAP and MMAP2 records, and in
the list of names that the kernel keeps for its tracer. Names of tasks that are neither in the workload (no system call, user
fault, fork, exec or exit of theirs was recorded), nor kernel threads, nor perf become `other`; from the
tracer's list their lines are taken out and newlines put at its end. Every offset, pid, time and count stays as it was.
Only the layouts that perf writes for tracepoints (no call chains) are understood; others are refused."""
import re
import struct
import sys
from collections import Counter

MMAP, COMM, SAMPLE, MMAP2 = 1, 3, 9, 10
TRACEPOINT = 2  # attr.type
TRACING_DATA = 1  # header feature bit
# sample_type bits before the raw bytes that take one u64 each; READ and CALLCHAIN have no fixed size.
IDENTIFIER, TID, WORDS, VARIABLE, RAW = 1 << 16, 1 << 1, 0x3CF | 1 << 16, 1 << 4 | 1 << 5, 1 << 10
WORKLOAD = {'raw_syscalls:sys_enter', 'raw_syscalls:sys_exit', 'exceptions:page_fault_user',
            'task:task_newtask', 'sched:sched_process_exec', 'sched:sched_process_exit'}
KERNEL = re.compile(rb'^((swapper|kworker|ksoftirqd|migration|cpuhp|irq|jbd2)/|kdamond\.|(kswapd|kcompactd)\d'
                    rb'|(rcu_\w+|kthreadd|khugepaged|ksmd|kauditd|khungtaskd|oom_reaper|watchdogd|hwrng)$)')
RECORDER = re.compile(rb'^perf(-exec)?$')


def u32(at):
    return struct.unpack_from('<I', data, at)[0]


def u64(at):
    return struct.unpack_from('<Q', data, at)[0]


def c_string(at):
    return bytes(data[at:data.index(0, at)])


def feature_section(bit):
    """Offset and size of a header feature: their table follows the data, one entry for each bit set."""
    bits = int.from_bytes(data[72:104], 'little')
    if not bits >> bit & 1:
        sys.exit(f'no header feature {bit}')
    entry = u64(40) + u64(48) + 16 * bin(bits & ((1 << bit) - 1)).count('1')
    return u64(entry), u64(entry + 8)


def read_tracing_data():
    """The event formats by 'system:name', and where the saved task names lie: (offset, size)."""
    at, _ = feature_section(TRACING_DATA)
    assert data[at:at + 10] == b'\x17\x08\x44tracing', 'not tracing data'
    at = data.index(0, at + 10) + 1 + 1 + 1 + 4  # version, byte order, size of a long, size of a page
    for _ in ('header_page', 'header_event'):
        at = data.index(0, at) + 1
        at += 8 + u64(at)
    found = {}
    count, at = u32(at), at + 4
    for _ in range(count):
        at += 8 + u64(at)
    systems, at = u32(at), at + 4
    for _ in range(systems):
        system = c_string(at).decode()
        at += len(system) + 1
        count, at = u32(at), at + 4
        for _ in range(count):
            text = data[at + 8:at + 8 + u64(at)].decode()
            at += 8 + u64(at)
            found[system + ':' + re.search(r'name: (\S+)', text)[1]] = text
    at += 4 + u32(at)  # kallsyms
    at += 4 + u32(at)  # printk formats
    return found, (at + 8, u64(at))


def event_id(name):
    return int(re.search(r'^ID: (\d+)', formats[name], re.M)[1])


def field(name, which):
    return int(re.search(rf'\b{which}(?:\[\d+\])?;\s*offset:(\d+)', formats[name])[1])


def read_attributes():
    """The sample_type of the tracepoints, and the tracepoint of each sample id (perf's own dummy event never samples)."""
    types, ids = set(), {}
    size = u64(16)
    for at in range(u64(24), u64(24) + u64(32), size):
        if u32(at) != TRACEPOINT:
            continue
        types.add(u64(at + 24))
        section = at + size - 16
        for id_at in range(u64(section), u64(section) + u64(section + 8), 8):
            ids[u64(id_at)] = u64(at + 8)
    assert len(types) == 1, 'events with different sample_type'
    sample_type = types.pop()
    assert sample_type & IDENTIFIER and sample_type & TID and sample_type & RAW and not sample_type & VARIABLE, hex(sample_type)
    return sample_type, ids


def records():
    at, end = u64(40), u64(40) + u64(48)
    while at < end:
        yield at, u32(at), struct.unpack_from('<H', data, at + 6)[0]
        at += max(struct.unpack_from('<H', data, at + 6)[0], 8)


def is_public(pid, name):
    return pid == 0 or pid in workload or pid in kernel_threads or name == b'other' or bool(KERNEL.match(name) or RECORDER.match(name))


def replace(at, name, room):
    """Writes `other` over `name`, filling up to `room` bytes."""
    data[at:at + room] = b'other'[:room].ljust(room, b'\0')
    renamed[name.decode('latin1')] += 1


path = sys.argv[1]
kernel_threads = set()
if sys.argv[2:3] == ['--kernel-threads']:
    with open(sys.argv[3]) as file:
        kernel_threads = {int(line) for line in file}
with open(path, 'rb') as file:
    data = bytearray(file.read())
assert data[:8] == b'PERFILE2', 'not a perf.data of this byte order'
formats, (names_at, names_size) = read_tracing_data()
sample_type, tracepoint_of = read_attributes()
words_before_raw = bin(sample_type & WORDS).count('1')
tid_at = 8 * bin(sample_type & (IDENTIFIER | 1)).count('1')
raw_at = 8 + 8 * words_before_raw + 4
workload_ids = {event_id(name) for name in WORKLOAD if name in formats}
new_task, switch = event_id('task:task_newtask'), event_id('sched:sched_switch')
new_pid = field('task:task_newtask', 'pid')
switch_fields = [(field('sched:sched_switch', f'{side}_comm'), field('sched:sched_switch', f'{side}_pid')) for side in ('prev', 'next')]

workload, kinds, renamed = set(), Counter(), Counter()
for at, kind, size in records():
    kinds[kind] += 1
    if kind != SAMPLE:
        continue
    tracepoint = tracepoint_of[u64(at + 8)]
    if tracepoint in workload_ids:
        workload |= {u32(at + 8 + tid_at), u32(at + 8 + tid_at + 4)}
        if tracepoint == new_task:
            workload.add(u32(at + raw_at + new_pid))

for at, kind, size in records():
    if kind == SAMPLE and tracepoint_of[u64(at + 8)] == switch:
        for comm, pid in switch_fields:
            name = c_string(at + raw_at + comm)
            if not is_public(u32(at + raw_at + pid), name):
                replace(at + raw_at + comm, name, 16)
    elif kind in (COMM, MMAP, MMAP2):
        name_at = at + {COMM: 16, MMAP: 40, MMAP2: 72}[kind]
        name = c_string(name_at)
        if not is_public(u32(at + 8), name if kind == COMM else b'') and not name.startswith(b'['):
            replace(name_at, name, len(name))

lines = bytes(data[names_at:names_at + names_size]).rstrip(b'\n').split(b'\n')
parsed = [re.match(rb'(\d+) (.*)', line) for line in lines]  # a name may hold a line break: then there is no pid
kept = [match[0] + b'\n' for match in parsed if match and is_public(int(match[1]), match[2])]
data[names_at:names_at + names_size] = b''.join(kept).ljust(names_size, b'\n')

with open(path, 'wb') as file:
    file.write(data)
print(f'records {dict(kinds)}, tasks of the workload {len(workload)}, names replaced {sum(renamed.values())} '
      f'({len(renamed)} different), saved names kept {len(kept)} of {len(lines)}')
