#!/usr/bin/env python3
"""scrub-cgroups.py FILE.perf.data KEEP: overwrites the paths of cgroups outside KEEP, in place, with `/other` (cut where it is longer)."""
import struct
import sys

CGROUP = 19
path, keep = sys.argv[1], sys.argv[2].encode()
with open(path, 'rb') as file:
    data = bytearray(file.read())
at, size = struct.unpack_from('<QQ', data, 40)
end = at + size
while at < end:
    kind, _, size = struct.unpack_from('<IHH', data, at)
    if kind == CGROUP:
        stop = data.index(0, at + 16)
        name = bytes(data[at + 16:stop])
        if name != b'/' and not name.startswith(keep):
            data[at + 16:stop] = b'/other'[:len(name)].ljust(len(name), b'\0')
    at += size
with open(path, 'wb') as file:
    file.write(data)
