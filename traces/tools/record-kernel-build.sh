#!/bin/bash
# record-kernel-build.sh OUTDIR [OBJECT_DIR/...]: records the build of directories of the Linux kernel
# (default: kernel/locking/ lib/math/).
#
# Writes into OUTDIR: kernel-build.perf.data.zst, its sidecar .host.json and kernel-build.truth.json; prints the times of the
# untraced runs and of the traced one. Needs root, perf, zstd, python3, a cgroup v2 hierarchy for perf events (there is none where
# version 1 has taken the perf_event controller), and what a kernel build needs. From the environment:
#   SOURCE   tarball of the kernel's source           /usr/src/linux-source-6.1.tar.xz
#   BENCH    where it is unpacked and built           /bench
#   RECORDS  where perf writes                        /records
#   CGROUP   the cgroup's folder, made if missing     /sys/fs/cgroup/unified/build
#   CONFIG   the configuration, if the tree has none  tinyconfig
#   RUNS     runs without the recorder                7
#   CPU      ptilab's id of this CPU, if one fits
# BENCH and RECORDS show in the recording: choose names that may be public.
set -euo pipefail
tools=$(dirname "$(realpath "$0")")
out=$(realpath "${1:?usage: record-kernel-build.sh OUTDIR [OBJECT_DIR/...]}")
shift
[ $# -gt 0 ] || set -- kernel/locking/ lib/math/
directories=("$@")
SOURCE=${SOURCE:-/usr/src/linux-source-6.1.tar.xz}
BENCH=${BENCH:-/bench}
RECORDS=${RECORDS:-/records}
CGROUP=${CGROUP:-/sys/fs/cgroup/unified/build}
CONFIG=${CONFIG:-tinyconfig}
RUNS=${RUNS:-7}

mkdir -p "$out" "$BENCH" "$RECORDS" "$CGROUP"
mountpoint -q /sys/kernel/tracing || mount -t tracefs nodev /sys/kernel/tracing
install -m 755 "$tools/in-cgroup.sh" "$BENCH/in-cgroup"
tree=$BENCH/$(basename "$SOURCE" .tar.xz)
[ -d "$tree" ] || tar -x -C "$BENCH" -f "$SOURCE"
cd "$tree"

command=(make -s -j2 "${directories[@]}")
inside=("$BENCH/in-cgroup" "$CGROUP" "$BENCH")
clean="cd '$tree' && find ${directories[*]} \\( -name '*.o' -o -name '*.a' -o -name '.*.cmd' -o -name modules.order \\) -delete"
[ -f .config ] || "${inside[@]}" make -s "$CONFIG"
"${inside[@]}" make -s -j2 prepare
"${inside[@]}" "${command[@]}"

python3 "$tools/untraced.py" "$RUNS" "$clean" -- "${inside[@]}" "${command[@]}" > "$RECORDS/untraced.json"

# The first event is system-wide (an empty name in -G), all others are limited to the cgroup.
events=(sched:sched_switch raw_syscalls:sys_enter raw_syscalls:sys_exit sched:sched_process_fork sched:sched_process_exec
  sched:sched_process_exit task:task_newtask task:task_rename exceptions:page_fault_user exceptions:page_fault_kernel
  irq_vectors:local_timer_entry irq_vectors:reschedule_entry irq_vectors:call_function_entry
  irq_vectors:call_function_single_entry irq:irq_handler_entry tlb:tlb_flush)
cgroup=$(basename "$CGROUP")
arguments=()
limits=
for event in "${events[@]}"; do
  arguments+=(-e "$event")
  [ "$event" = sched:sched_switch ] || limits+=,$cgroup
done
data=$RECORDS/kernel-build.perf.data

cpu_seconds() { awk '/^(user|system)_usec/ { printf "%.3f ", $2 / 1e6 }' "$CGROUP/cpu.stat"; }
kernel_threads() { ps -o pid= -p 2 --ppid 2; }

sh -c "$clean"
kernel_threads > "$RECORDS/kernel-threads.txt"
read -r user_before sys_before <<< "$(cpu_seconds)"
perf record -q -a -c 1 -k CLOCK_MONOTONIC --synth=no -B -N -m 64M "${arguments[@]}" -G "$limits" -o "$data" \
  -- "${inside[@]}" "${command[@]}" &
recorder=$!
wait $recorder
read -r user_after sys_after <<< "$(cpu_seconds)"
kernel_threads >> "$RECORDS/kernel-threads.txt"
if perf report --stats -i "$data" 2> /dev/null | grep -E '(LOST|LOST_SAMPLES|THROTTLE) events'; then
  echo "events were lost" >&2
  exit 1
fi

python3 "$tools/scrub.py" "$data" --kernel-threads "$RECORDS/kernel-threads.txt"
perf report --stats -i "$data" > /dev/null
python3 "$tools/truth.py" "$data" > "$out/kernel-build.truth.json"
python3 "$tools/host-facts.py" "$data" --recorder $recorder --untraced "$RECORDS/untraced.json" \
  --kernel-threads "$RECORDS/kernel-threads.txt" ${CPU:+--cpu "$CPU"} -- "${command[@]}" \
  > "$out/kernel-build.perf.data.zst.host.json"
awk -v untraced="$(cat "$RECORDS/untraced.json")" -v u0="$user_before" -v u1="$user_after" -v s0="$sys_before" -v s1="$sys_after" \
  'BEGIN { printf "untraced %s\ntraced user %.3f sys %.3f\n", untraced, u1 - u0, s1 - s0 }'
zstd -q -19 -f "$data" -o "$out/kernel-build.perf.data.zst"
chmod 644 "$out/kernel-build.perf.data.zst"
ls -l "$out"
