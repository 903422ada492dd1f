#!/bin/sh
# serve.sh REQUESTS: from the start of two servers to their end, the recorded command of traces/server-start/.
# Both start as root and give it up once loaded: haproxy in its daemon, nginx in its worker.
set -e
here=/bench/server-start
# A process that ended may stay in /proc until somebody asks how; its executable does not.
gone() { while [ -e "/proc/$1/exe" ]; do sleep 0.05; done; }
nginx -c $here/nginx.conf
haproxy -f $here/haproxy.cfg
wrk -t1 -c4 -d1s -s $here/requests.lua http://127.0.0.1:8080/ -- "$1" > /dev/null
haproxy=$(cat $here/haproxy.pid)
nginx=$(cat $here/nginx.pid)
kill -USR1 "$haproxy"
gone "$haproxy"
kill -TERM "$nginx"
gone "$nginx"
