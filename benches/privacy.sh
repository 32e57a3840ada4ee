#!/usr/bin/env bash
# Rotates the sealing key and erases details on a store with 10,000 jobs, and looks for readable bytes afterwards.
#   benches/privacy.sh [BINARY] [JOBS]
set -euo pipefail
baton=${1:-target/release/baton}
jobs=${2:-10000}
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
address=127.0.0.1:18931
export BATON_DEV_KEY=dev-key-of-the-measurement-0123456789 BATON_KEY=dev-key-of-the-measurement-0123456789
export BATON_SERVER=http://$address BATON__SERVER__RATE_LIMIT__PER_IP=off BATON__CHANNELS__CONSOLE__ENABLED=off
old=$(printf '11%.0s' {1..32})
new=$(printf '22%.0s' {1..32})
data=$folder/store

serve() {
    "$baton" serve --dev --listen $address --data "$data" 2>>"$folder/log" &
    server=$!
    until curl -sf "$BATON_SERVER/health" >/dev/null; do sleep 0.05; done
}
stop() { kill -TERM "$server"; wait "$server" || true; server=; }
timed() { local begun; begun=$(date +%s%N); "${@:2}"; echo "== $1: $((($(date +%s%N) - begun) / 1000000)) ms"; }
readable() {
    for text in "Test Person" "447700900123" "1 Example Street" "ring twice"; do
        if grep -rqaF "$text" "$data"; then echo "READABLE: $text"; exit 1; fi
    done
    echo "== nothing readable in $(du -sh "$data" | cut -f1) of the store's files"
}

{
    echo external_ref,from,to,contact_name,phone,from_address,to_address,notes
    for ((n = 1; n <= jobs; n++)); do
        echo "m-$n,Leeds,York,Test Person,+447700900123,1 Example Street,2 Example Road,ring twice"
    done
} >"$folder/jobs.csv"

export BATON__SEALING__KEY=$old
serve
timed "$jobs jobs in" "$baton" jobs import "$folder/jobs.csv" --set approval=link
one=$(curl -s -H "x-api-key: $BATON_KEY" "$BATON_SERVER/api/v1/jobs?limit=1" | grep -o '"id":"[^"]*"' | head -1 | cut -d'"' -f4)
timed "one erased" "$baton" details erase --job "$one" --reason measured --force --yes
stop
export BATON__SEALING__KEY=$new BATON__SEALING__OLDER__OF_BEFORE=$old
timed "rotated" "$baton" sealing rotate --dev --data "$data"
timed "rotated again" "$baton" sealing rotate --dev --data "$data"
unset BATON__SEALING__OLDER__OF_BEFORE
serve
timed "all erased" "$baton" details erase --older-than 1ms --reason measured --force --yes
stop
readable
"$baton" sealing status --dev --data "$data"
