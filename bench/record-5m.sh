#!/bin/bash
# record-5m.sh OUT.perf.data: makes the recording of about 5 million events (some 600 MB) that the speed figures are measured on.
#
# Many small system calls, a pipe with its task switches, and 300 short processes, recorded system-wide: perf sees its own calls too,
# about a third of the events, so that their number differs from run to run. Needs root and perf, and a quiet machine.
# A recording with lost events is refused. Being system-wide it holds names of whatever else ran: not for publication.
set -euo pipefail
out=${1:?usage: record-5m.sh OUT.perf.data}
mountpoint -q /sys/kernel/tracing || mount -t tracefs nodev /sys/kernel/tracing

load='
dd if=/dev/zero of=/dev/null bs=1 count=750000
dd if=/dev/zero bs=512 count=60000 | cat > /dev/null
for i in $(seq 300); do /bin/true; done'
perf record -q -a -m 256M \
  -e raw_syscalls:sys_enter,raw_syscalls:sys_exit,sched:sched_switch \
  -e sched:sched_process_fork,sched:sched_process_exec,sched:sched_process_exit \
  -o "$out" -- sh -c "$load" 2> "$out.log" || { cat "$out.log" >&2; exit 1; }
rm "$out.log"

stats=$(perf report --stats -i "$out" 2> /dev/null)
samples=$(awk '$1 == "SAMPLE" { print $3; exit }' <<< "$stats")
lost=$(awk '$1 ~ /^LOST/ { sum += $3 } END { print sum + 0 }' <<< "$stats")
echo "$out: $(stat -c %s "$out") bytes, $samples events, $lost lost"
[ "$lost" = 0 ] || { echo 'events were lost: record again on a quieter machine' >&2; exit 1; }
