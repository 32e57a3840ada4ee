#!/usr/bin/env bash
# Notifications under load: a release server on a temporary store, batches from the same machine. Needs curl and python3.
# usage: benches/http/notifications.sh [ref|contact|new] [seconds]
# CONNECTIONS (4) and LINES_A_BATCH (1000) set the load, BATON names another binary, TMPDIR a folder on the disk to measure.
set -euo pipefail
cd "$(dirname "$0")/../.."
mode=${1:-ref}; seconds=${2:-20}; port=${PORT:-18098}
bin=${BATON:-target/release/baton}
[ -x "$bin" ] || cargo build --release
export BATON_DEV_KEY=${BATON_DEV_KEY:-benchbenchbenchbenchbenchbench00}
export BATON__CHANNELS__CONSOLE__QUIET=true BATON__LOGS__LEVEL=warn BATON__SERVER__RATE_LIMIT__PER_IP=off
folder=$(mktemp -d "${TMPDIR:-/tmp}/baton-bench.XXXXXX")
"$bin" serve --dev --listen "127.0.0.1:$port" --data "$folder/data" >"$folder/out" 2>"$folder/err" &
pid=$!
trap 'kill -TERM $pid 2>/dev/null; wait $pid || true; rm -rf "$folder"' EXIT
until curl -sf "http://127.0.0.1:$port/ready" >/dev/null; do kill -0 $pid || { cat "$folder/err"; exit 1; }; done
python3 benches/http/notifications.py "$port" "$seconds" "$mode" "${CONNECTIONS:-4}" "${LINES_A_BATCH:-1000}"
awk '/VmRSS|VmHWM/ {printf "  %s %d MB", $1, $2/1024} END {print ""}' /proc/$pid/status
awk '{printf "  cpu %.1f s\n", ($14+$15)/100}' /proc/$pid/stat
