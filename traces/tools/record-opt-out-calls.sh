#!/bin/bash
# record-opt-out-calls.sh OUTDIR: builds opt-out-calls.c and records it, once with perf and once with strace.
#
# Writes opt-out-calls.perf.data.zst, its sidecar .host.json, strace-opt-out-calls.strace, and the truths of both. Needs root, cc,
# perf, strace, zstd, python3, and a cgroup v2 hierarchy for perf events. From the environment:
#   CGROUP   the cgroup's folder, made if missing     /sys/fs/cgroup/unified/calls
#   CPU      ptilab's id of this CPU, if one fits
# /bench and /records are made, and show in the recording.
set -euo pipefail
tools=$(dirname "$(realpath "$0")")
out=$(realpath "${1:?usage: record-opt-out-calls.sh OUTDIR}")
CGROUP=${CGROUP:-/sys/fs/cgroup/unified/calls}

mkdir -p "$out" /bench /records "$CGROUP"
install -m 755 "$tools/in-cgroup.sh" /bench/in-cgroup
cd /bench
cc -O2 -static -Wall -Wno-unused-result "$tools/opt-out-calls.c" -o opt-out-calls

events=(sched:sched_switch raw_syscalls:sys_enter raw_syscalls:sys_exit sched:sched_process_fork sched:sched_process_exec
  sched:sched_process_exit task:task_newtask task:task_rename exceptions:page_fault_user exceptions:page_fault_kernel
  irq_vectors:local_timer_entry irq_vectors:reschedule_entry irq_vectors:call_function_entry
  irq_vectors:call_function_single_entry irq:irq_handler_entry tlb:tlb_flush)
arguments=()
limits=
for event in "${events[@]}"; do
  arguments+=(-e "$event")
  [ "$event" = sched:sched_switch ] || limits+=,$(basename "$CGROUP")
done
data=/records/opt-out-calls.perf.data
ps -o pid= -p 2 --ppid 2 > /records/kernel-threads.txt
perf record -q -a -c 1 -k CLOCK_MONOTONIC --synth=no -B -N -m 64M "${arguments[@]}" -G "$limits" -o "$data" \
  -- /bench/in-cgroup "$CGROUP" /bench ./opt-out-calls &
recorder=$!
wait $recorder
python3 "$tools/scrub.py" "$data" --kernel-threads /records/kernel-threads.txt
python3 "$tools/truth.py" "$data" > "$out/opt-out-calls.truth.json"
python3 "$tools/host-facts.py" "$data" --recorder $recorder --kernel-threads /records/kernel-threads.txt ${CPU:+--cpu "$CPU"} \
  -- ./opt-out-calls > "$out/opt-out-calls.perf.data.zst.host.json"
zstd -q -19 -f "$data" -o "$out/opt-out-calls.perf.data.zst"
env -i PATH=/usr/bin:/bin LANG=C strace -f -ttt -T -n -o "$out/strace-opt-out-calls.strace" ./opt-out-calls
python3 "$tools/strace-truth.py" "$out/strace-opt-out-calls.strace"
chmod 644 "$out"/*
ls -l "$out"
