#!/usr/bin/env bash
# What channel accounts sustain under backlog, and what a provider that hangs does to the others: a release server on a temporary
# store, and stubs on the same machine that enforce the documented limits exactly. Needs curl and python3.
# usage: benches/http/channels.sh [sustained|hanging|all] [seconds]
# MAILER=sendgrid measures SendGrid in place of Resend; BATON names another binary, TMPDIR a folder on the disk to measure.
set -euo pipefail
# A server that is left over would answer the next run, and well.
trap '[ -z "${pid:-}" ] || kill -TERM $pid 2>/dev/null || true' EXIT
cd "$(dirname "$0")/../.."
what=${1:-all}; seconds=${2:-20}; port=${PORT:-18097}; export STUB=${STUB:-18090} MAILER=${MAILER:-resend}
bin=${BATON:-target/release/baton}
[ -x "$bin" ] || cargo build --release
export BATON_DEV_KEY=${BATON_DEV_KEY:-benchbenchbenchbenchbenchbench00}
stub="http://127.0.0.1:$STUB"
export BATON__LOGS__LEVEL=warn BATON__SERVER__RATE_LIMIT__PER_IP=off BATON__CHANNELS__CONSOLE__ENABLED=off
export BATON__CHANNELS__TELEGRAM__TOKEN=123456:bench BATON__CHANNELS__TELEGRAM__BASE_URL=$stub BATON__CHANNELS__TELEGRAM__MODE=polling
export BATON__CHANNELS__TELEGRAM__BOT_USERNAME=b_bot
export BATON__CHANNELS__WHATSAPP__META__TOKEN=bench BATON__CHANNELS__WHATSAPP__META__PHONE_NUMBER_ID=1
export BATON__CHANNELS__WHATSAPP__META__BASE_URL=$stub BATON__CHANNELS__WHATSAPP__META__APP_SECRET=bench-app-secret
export BATON__CHANNELS__WHATSAPP__META__MESSAGE_TEMPLATE=note
export BATON__CHANNELS__TWILIO__ACCOUNT_SID=ACbench BATON__CHANNELS__TWILIO__AUTH_TOKEN=bench BATON__CHANNELS__TWILIO__BASE_URL=$stub
export BATON__CHANNELS__SMS__TWILIO__FROM=+447700900100 BATON__CHANNELS__EMAIL__PROVIDER=$MAILER
case $MAILER in
  resend) export BATON__CHANNELS__EMAIL__RESEND__API_KEY=re_bench BATON__CHANNELS__EMAIL__RESEND__BASE_URL=$stub
    export BATON__CHANNELS__EMAIL__RESEND__FROM=bench@example.com ;;
  sendgrid) export BATON__CHANNELS__EMAIL__SENDGRID__API_KEY=SG.bench BATON__CHANNELS__EMAIL__SENDGRID__BASE_URL=$stub
    export BATON__CHANNELS__EMAIL__SENDGRID__FROM=bench@example.com ;;
esac
one() {
  ! curl -s -o /dev/null "http://127.0.0.1:$port/ready" || { echo "something answers on port $port already"; exit 1; }
  folder=$(mktemp -d "${TMPDIR:-/tmp}/baton-channels.XXXXXX")
  mkdir -p "$folder/words/en"; echo 'A note.' >"$folder/words/en/bench_note.plain.text"
  echo 'A note' >"$folder/words/en/bench_note.email.subject"
  BATON__WORDING__FOLDER="$folder/words" "$bin" serve --dev --listen "127.0.0.1:$port" --data "$folder/data" >"$folder/out" 2>"$folder/err" &
  pid=$!
  printf '%s:\n' "$1"
  python3 benches/http/channels.py "$1" "$port" "$seconds" || cat "$folder/err"
  awk '/VmRSS|VmHWM/ {printf "  %s %d MB", $1, $2/1024} END {print ""}' /proc/$pid/status
  kill -TERM $pid; wait $pid || true
  rm -rf "$folder"
}
case $what in all) for w in sustained hanging; do one $w; done ;; *) one "$what" ;; esac
