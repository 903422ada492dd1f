#!/usr/bin/env python3
"""cgroup-truth.py FILE.perf.data: in which cgroups each process was, in the order of time, as JSON; decoded here, for perf 6.1 cannot print it."""
import json
import struct
import sys

CGROUP, SAMPLE = 19, 9
# sample_type: IP, TID, TIME, ADDR, ID, STREAM_ID, CPU, PERIOD are a u64 each, in this order; IDENTIFIER comes first, CGROUP last.
WORDS = [16, 0, 1, 2, 3, 6, 9, 7, 8]
with open(sys.argv[1], 'rb') as file:
    data = file.read()
entry, attrs, _, at, size = struct.unpack_from('<5Q', data, 16)
sample_type = struct.unpack_from('<Q', data, attrs + 24)[0]
assert sample_type & ~sum(1 << bit for bit in WORDS) == 1 << 10 | 1 << 21, 'only raw data and cgroup follow'
present = [bit for bit in WORDS if sample_type >> bit & 1]
tid, time = (8 + 8 * present.index(bit) for bit in (1, 2))
paths, seen = {}, []
end = at + size
while at < end:
    kind, _, size = struct.unpack_from('<IHH', data, at)
    if kind == CGROUP:
        paths[struct.unpack_from('<Q', data, at + 8)[0]] = data[at + 16:data.index(0, at + 16)].decode()
    elif kind == SAMPLE:
        pid = struct.unpack_from('<I', data, at + tid)[0]
        seen.append((struct.unpack_from('<Q', data, at + time)[0], pid, struct.unpack_from('<Q', data, at + size - 8)[0]))
    at += size
groups = {}
for _, pid, group in sorted(seen):
    of = groups.setdefault(pid, [])
    if not of or of[-1] != paths[group]:
        of.append(paths[group])
json.dump(groups, sys.stdout, indent=1, sort_keys=True)
print()
