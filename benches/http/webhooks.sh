#!/usr/bin/env bash
# Webhook calls verified, stored and answered: a release server on a temporary store, the caller on the same machine, calls signed
# beforehand. Then how long it takes until all of them were acted upon. As fast as wrk gets them in over so many connections; or with
# RATE=5000 so many a second, each timed from the moment it was due.
# Needs curl and python3, and wrk or cargo. usage: benches/http/webhooks.sh [twilio|meta|all] [seconds] [connections]
set -euo pipefail
# A server that is left over would answer the next run, and well.
trap '[ -z "${pid:-}" ] || kill -TERM $pid 2>/dev/null || true' EXIT
cd "$(dirname "$0")/../.."
what=${1:-all}; seconds=${2:-10}; connections=${3:-32}; port=${PORT:-18096}
bin=${BATON:-target/release/baton}
[ -x "$bin" ] || cargo build --release
export BATON_DEV_KEY=${BATON_DEV_KEY:-benchbenchbenchbenchbenchbench00}
export BATON__CHANNELS__CONSOLE__QUIET=true BATON__LOGS__LEVEL=warn BATON__SERVER__PUBLIC_URL=https://bench.example.com
export BATON__SERVER__RATE_LIMIT__WEBHOOKS=off BATON__SERVER__RATE_LIMIT__PER_IP=off
export BATON__CHANNELS__TWILIO__ACCOUNT_SID=ACbench BATON__CHANNELS__TWILIO__AUTH_TOKEN=bench-auth-token
export BATON__CHANNELS__TWILIO__BASE_URL=http://127.0.0.1:9 BATON__CHANNELS__SMS__TWILIO__FROM=+447700900100
export BATON__CHANNELS__WHATSAPP__META__TOKEN=bench BATON__CHANNELS__WHATSAPP__META__PHONE_NUMBER_ID=106540352242922
export BATON__CHANNELS__WHATSAPP__META__APP_SECRET=bench-app-secret BATON__CHANNELS__WHATSAPP__META__BASE_URL=http://127.0.0.1:9
if [ -n "${RATE:-}" ]; then
  paced=$(cargo bench --bench paced --no-run --message-format=json 2>/dev/null | sed -n 's/.*"executable":"\([^"]*paced[^"]*\)".*/\1/p')
fi
metric() { curl -s "http://127.0.0.1:$port/metrics" | awk -v name="$1" 'index($0, name) == 1 {sum += $2} END {printf "%d", sum}'; }
one() {
  ! curl -s -o /dev/null "http://127.0.0.1:$port/ready" || { echo "something answers on port $port already"; exit 1; }
  folder=$(mktemp -d "${TMPDIR:-/tmp}/baton-webhooks.XXXXXX")
  REQUESTS="$folder/requests"; export REQUESTS
  python3 benches/http/webhooks.py "$1" $(( seconds * ${PER_SECOND:-25000} )) >"$REQUESTS"
  # The journal of the file system would write what was prepared together with the first of what is measured.
  sync
  "$bin" serve --dev --listen "127.0.0.1:$port" --data "$folder/data" >"$folder/out" 2>"$folder/err" &
  pid=$!
  until curl -sf "http://127.0.0.1:$port/ready" >/dev/null; do kill -0 $pid || { cat "$folder/err"; exit 1; }; done
  printf '%s: ' "$1"
  began=$(date +%s.%N)
  if [ -n "${RATE:-}" ]; then
    "$paced" "127.0.0.1:$port" "$REQUESTS" "$RATE" "$seconds" "$connections"
  else
    wrk -t1 "-c$connections" "-d${seconds}s" --timeout 10s -s benches/http/webhooks.lua "http://127.0.0.1:$port" | tail -1
  fi
  taken=$(metric 'baton_inbound_total'); until [ "$(metric 'baton_commits_total{verdict="stored"')" -ge $(( taken * 2 )) ]; do
    [ $(( $(date +%s) - ${began%.*} )) -lt $(( seconds + 60 )) ] || { echo "  not all was acted upon within a minute"; break; }
    read -r -t 0.1 < <(sleep 0.1) || true
  done
  printf '  %s taken in, all acted upon %s s after the first\n' "$taken" "$(python3 -c "import sys; print('%.1f' % (float(sys.argv[2]) - float(sys.argv[1])))" "$began" "$(date +%s.%N)")"
  awk '/VmRSS|VmHWM/ {printf "  %s %d MB", $1, $2/1024} END {print ""}' /proc/$pid/status
  kill -TERM $pid; wait $pid || true
  rm -rf "$folder"
}
case $what in all) for w in twilio meta; do one $w; done ;; *) one "$what" ;; esac
