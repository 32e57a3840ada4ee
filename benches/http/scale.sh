#!/usr/bin/env bash
# A million waiting jobs after kill -9: how soon the server is ready, how much memory it takes, how late 2,000 timers a second ring.
# usage: benches/http/scale.sh [jobs] [due]
set -euo pipefail
cd "$(dirname "$0")/../.."
count=${1:-1000000}; due=${2:-40000}; port=${PORT:-18097}
bin=${BATON:-target/release/baton}
fill=${FILL:-$(ls -t target/release/deps/fill-* | grep -v '\.d$' | head -1)}
export BATON_DEV_KEY=benchbenchbenchbenchbenchbench00 BATON__CHANNELS__CONSOLE__QUIET=true BATON__LOGS__LEVEL=warn BATON__STORE__CACHE=128MiB
folder=$(mktemp -d "${TMPDIR:-/tmp}/baton-scale.XXXXXX")
"$fill" "$folder/data" "$count" "$due" "${FIRST:-90}" || true
began=$(date +%s.%N)
"$bin" serve --dev --listen "127.0.0.1:$port" --data "$folder/data" >"$folder/out" 2>"$folder/err" &
pid=$!
until curl -sf "http://127.0.0.1:$port/ready" >/dev/null; do kill -0 $pid || { cat "$folder/err"; exit 1; }; done
python3 -c "import sys; print('ready after %.2f s' % (float(sys.argv[2]) - float(sys.argv[1])))" "$began" "$(date +%s.%N)"
awk '/VmRSS|VmHWM/ {printf "  %s %d MB", $1, $2/1024} END {print ""}' /proc/$pid/status
metric() { curl -s "http://127.0.0.1:$port/metrics" | grep "^$1" || true; }
until [ "$(metric baton_timer_lag_seconds_count | awk '{print $2}')" = "$due" ] || [ "$(date +%s)" -gt $(( ${began%.*} + 300 )) ]; do read -r -t 1 < <(sleep 1) || true; done
echo "timer lag:"; metric baton_timer_lag_seconds | grep -E "bucket|count" | sed 's/^/  /'
metric 'baton_jobs{' | sed 's/^/  /'
metric baton_jobs_without_next_action | sed 's/^/  /'
awk '/VmRSS|VmHWM/ {printf "  %s %d MB", $1, $2/1024} END {print ""}' /proc/$pid/status
kill -TERM $pid; wait $pid || true
rm -rf "$folder"
