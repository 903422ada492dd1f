#!/bin/bash
# in-cgroup.sh CGROUP_DIR HOME_DIR CMD...: joins a cgroup (v2) and becomes CMD, with a minimal environment.
echo $$ > "$1/cgroup.procs" || exit 125
home=$2
shift 2
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME="$home" LANG=C "$@"
