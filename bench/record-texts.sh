#!/bin/bash
# record-texts.sh DIR: makes what the peers of text formats are measured on: DIR/trace.dat of trace-cmd with the text that trace-cmd makes of it
# (about 1.6 million events), and DIR/ff/log.PID of strace -ff (about 400,000 calls in 40 tasks). What cannot be made here is left out.
# Needs root. trace-cmd insists on writing to files of tracefs that only a kernel with a function tracer has, or a virtual machine withholds: it
# gets others in their place, in a mount namespace of its own.
set -euo pipefail
mkdir -p "$1"
dir=$(realpath "$1")
load() { printf 'for i in $(seq 40); do dd if=/dev/zero of=/dev/null bs=1 count=%s 2> /dev/null; done' "$1"; }

if command -v trace-cmd > /dev/null && [ ! -e "$dir/trace.txt" ]; then
  # shellcheck disable=SC2016
  unshare -m bash -c '
    set -e
    mountpoint -q /sys/kernel/tracing || mount -t tracefs nodev /sys/kernel/tracing
    place=$(mktemp)
    for file in /proc/sys/kernel/ftrace_enabled /sys/kernel/tracing/set_ftrace_{filter,notrace,pid} /sys/kernel/tracing/set_graph_{function,notrace}; do
      [ ! -e "$file" ] || mount --bind "$place" "$file"
    done
    cd "$1"
    trace-cmd record -q -b 40000 -e raw_syscalls -e sched:sched_switch -e sched:sched_process_fork -e sched:sched_process_exec \
      -e sched:sched_process_exit -o trace.dat sh -c "$2"
    rm "$place"
    trace-cmd report trace.dat > trace.part
    mv trace.part trace.txt' - "$dir" "$(load 10000)" > "$dir/trace-cmd.log" 2>&1 || rm -f "$dir/trace.dat"
fi
if command -v strace > /dev/null && [ ! -d "$dir/ff" ]; then
  mkdir "$dir/ff"
  strace -ff -ttt -T -o "$dir/ff/log" sh -c "$(load 5000)" || rm -rf "$dir/ff"
fi
