#!/bin/bash
# record-perf-variants.sh DIR: records one small command in every way that perf record can write, for tests.
#
# Only the command is recorded, without sched_switch, so that no name of another program of the machine gets into the files. Needs root,
# perf and python3; truth.py beside this script counts each recording.
set -euo pipefail
out=${1:?usage: record-perf-variants.sh DIR}
here=$(dirname "$0")
mkdir -p "$out"
mountpoint -q /sys/kernel/tracing || mount -t tracefs nodev /sys/kernel/tracing

work='/bin/true; echo a | cat > /dev/null'
events=raw_syscalls:sys_enter,raw_syscalls:sys_exit,sched:sched_process_fork,sched:sched_process_exec,sched:sched_process_exit
events=$events,task:task_newtask,exceptions:page_fault_user,tlb:tlb_flush
record() {
  env -i PATH=/usr/bin:/bin LANG=C.UTF-8 \
    perf record -q -c 1 -k CLOCK_MONOTONIC -B -N -m "${PAGES:-128}" -e "${EVENTS:-$events}" "$@" -- sh -c "${WORK:-$work}"
}

record -o - | cat > "$out/pipe.perf.data"
# Small buffers: many compressed records, which cut through the records inside.
PAGES=8 record -z -o "$out/compressed.perf.data"
record -z -o - | cat > "$out/pipe-compressed.perf.data"
record --threads -o "$out/threads.perf.data"
record --threads -z -o "$out/threads-compressed.perf.data"
EVENTS=raw_syscalls:sys_enter record -o "$out/one-event.perf.data"
# Events with and without call chains: samples of two shapes in one file.
EVENTS=raw_syscalls:sys_enter/call-graph=fp/,raw_syscalls:sys_exit,sched:sched_process_fork,sched:sched_process_exec/call-graph=fp/,sched:sched_process_exit \
  record -o "$out/mixed.perf.data"

# perf killed while it wrote into a pipe: its last buffers are missing.
PAGES=8 WORK='for i in $(seq 6); do /bin/true; done; kill -9 $PPID; for i in $(seq 50); do /bin/true; done' \
  EVENTS=raw_syscalls:sys_enter,raw_syscalls:sys_exit record -o - 2> /dev/null | cat > "$out/killed.perf.data" || true

# Programs in cgroups of services: each is born in the root and moved; one is moved once more, into a cgroup that was just made.
groups=$(findmnt -n -t cgroup2 -o TARGET | head -1)
slice=$groups/shop.slice
mkdir -p "$slice/web.service" "$slice/db.service"
WORK='to() { echo 0 > '"$slice"'/$1/cgroup.procs; }
true
(to web.service; exec /bin/true)
(to db.service; exec /bin/true)
mkdir '"$slice"'/late.service
(to web.service; sh -c "echo 0 > '"$slice"'/late.service/cgroup.procs; /bin/true")' \
  EVENTS=${events%,exceptions*} record --all-cgroups -o "$out/cgroups.perf.data"
rmdir "$slice"/*/ "$slice"
python3 "$here/scrub-cgroups.py" "$out/cgroups.perf.data" /shop.slice

python3 "$here/cgroup-truth.py" "$out/cgroups.perf.data" > "$out/cgroups.groups.json"

chmod -R go+rX "$out"
for each in "$out"/*.perf.data; do
  python3 "$here/truth.py" "$each" > "${each%.perf.data}.truth.json"
done
