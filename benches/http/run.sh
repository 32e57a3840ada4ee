#!/usr/bin/env bash
# The doors under load: a release server on a temporary store, wrk on the same machine. Needs wrk, curl and python3.
# usage: benches/http/run.sh [link|none|batch|cascade|hot|all] [seconds]
set -euo pipefail
cd "$(dirname "$0")/../.."
what=${1:-all}; seconds=${2:-20}; port=${PORT:-18099}
bin=${BATON:-target/release/baton}
[ -x "$bin" ] || cargo build --release
export BATON_DEV_KEY=${BATON_DEV_KEY:-benchbenchbenchbenchbenchbench00}
export BATON__CHANNELS__CONSOLE__QUIET=true BATON__LOGS__LEVEL=warn
one() {
  folder=$(mktemp -d "${TMPDIR:-/tmp}/baton-bench.XXXXXX")
  "$bin" serve --dev --listen "127.0.0.1:$port" --data "$folder/data" >"$folder/out" 2>"$folder/err" &
  pid=$!
  until curl -sf "http://127.0.0.1:$port/ready" >/dev/null; do kill -0 $pid || { cat "$folder/err"; exit 1; }; done
  python3 - "$port" <<'PY'
import json, os, sys, urllib.request
agents = [{"ref": f"d{n}", "name": f"Driver {n}", "phone": f"+4477009{n:05d}", "priority": n, "tags": ["van"]} for n in range(200)]
request = urllib.request.Request(f"http://127.0.0.1:{sys.argv[1]}/api/v1/agents/sync", json.dumps({"agents": agents}).encode(),
    {"content-type": "application/json", "authorization": "Bearer " + os.environ["BATON_DEV_KEY"]})
urllib.request.urlopen(request).read()
PY
  printf '%s: ' "$1"
  local url="http://127.0.0.1:$port"
  case $1 in
    batch) python3 benches/http/batch.py "$port" "$seconds" ;;
    cascade) wrk -t64 -c64 -d"${seconds}s" --timeout 10s -s benches/http/cascade.lua "$url" | tail -1 ;;
    hot)
      JOB=$(curl -sf "$url/api/v1/jobs" -H "authorization: Bearer $BATON_DEV_KEY" -H 'content-type: application/json' \
        -d '{"external_ref":"hot","brief":{"from":"Leeds","to":"Manchester"},"plan":{"waves":[{"mode":"everybody","claim_within":"30m"}]}}' |
        sed 's/.*"id":"\([^"]*\)","code".*/\1/') wrk -t1 -c64 -d"${seconds}s" --timeout 10s -s benches/http/hot.lua "$url" | tail -1 ;;
    *) MODE=$1 wrk -t1 -c64 -d"${seconds}s" --timeout 10s -s benches/http/intake.lua "$url" | tail -1 ;;
  esac
  awk '/VmRSS|VmHWM/ {printf "  %s %d MB", $1, $2/1024} END {print ""}' /proc/$pid/status
  kill -TERM $pid; wait $pid || true
  rm -rf "$folder"
}
case $what in all) for w in link none batch cascade hot; do one $w; done ;; *) one "$what" ;; esac
