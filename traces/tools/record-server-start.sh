#!/bin/bash
# record-server-start.sh OUTDIR [REQUESTS]: records two servers from their start as root to their end, with REQUESTS (default 1500)
# requests in between: server-start/serve.sh.
#
# Writes into OUTDIR: server-start.perf.data.zst, its sidecar .host.json and server-start.truth.json. Needs root, perf, zstd,
# python3, haproxy, nginx, wrk, ports 8080 and 8081, and a cgroup v2 hierarchy for perf events. From the environment:
#   CGROUP   the cgroup's folder, made if missing     /sys/fs/cgroup/unified/servers
#   CPU      ptilab's id of this CPU, if one fits
# /bench and /records are made, and show in the recording.
set -euo pipefail
tools=$(dirname "$(realpath "$0")")
out=$(realpath "${1:?usage: record-server-start.sh OUTDIR [REQUESTS]}")
requests=${2:-1500}
CGROUP=${CGROUP:-/sys/fs/cgroup/unified/servers}

mkdir -p "$out" /bench /records "$CGROUP"
install -m 755 "$tools/in-cgroup.sh" /bench/in-cgroup
rm -rf /bench/server-start
cp -r "$tools/server-start" /bench
cd /bench
command=(sh server-start/serve.sh "$requests")
inside=(/bench/in-cgroup "$CGROUP" /bench)
python3 "$tools/untraced.py" 7 true -- "${inside[@]}" "${command[@]}" > /records/untraced.json

# The first event is system-wide (an empty name in -G), all others are limited to the cgroup.
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
data=/records/server-start.perf.data
kernel_threads() { ps -o pid= -p 2 --ppid 2; }

kernel_threads > /records/kernel-threads.txt
perf record -q -a -c 1 -k CLOCK_MONOTONIC --synth=no -B -N -m 64M "${arguments[@]}" -G "$limits" -o "$data" \
  -- "${inside[@]}" "${command[@]}" &
recorder=$!
wait $recorder
kernel_threads >> /records/kernel-threads.txt
if perf report --stats -i "$data" 2> /dev/null | grep -E '(LOST|LOST_SAMPLES|THROTTLE) events'; then
  echo "events were lost" >&2
  exit 1
fi

python3 "$tools/scrub.py" "$data" --kernel-threads /records/kernel-threads.txt
python3 "$tools/truth.py" "$data" > "$out/server-start.truth.json"
python3 "$tools/host-facts.py" "$data" --recorder $recorder --untraced /records/untraced.json \
  --kernel-threads /records/kernel-threads.txt ${CPU:+--cpu "$CPU"} -- "${command[@]}" \
  > "$out/server-start.perf.data.zst.host.json"
cat /records/untraced.json
zstd -q -19 -f "$data" -o "$out/server-start.perf.data.zst"
chmod 644 "$out/server-start.perf.data.zst"
ls -l "$out"
