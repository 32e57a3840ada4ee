#!/usr/bin/env bash
# The numbers of messages, all of them, one after the other: notifications accepted durably, webhook calls of providers, what channel
# accounts sustain, and what a provider that hangs does to the others. For a machine that has nothing else to do.
# Needs cargo, curl and python3. usage: benches/http/messages.sh [seconds]
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-20}
[ -x "${BATON:-target/release/baton}" ] || cargo build --release
said=$(mktemp "${TMPDIR:-/tmp}/baton-messages.XXXXXX"); trap 'rm -f "$said"' EXIT
run() { echo "== $*"; "$@" 2>>"$said.err" | tee -a "$said"; rm -f "$said.err"; echo; }
[ ! -x benches/http/notifications.sh ] || for mode in ref contact new; do run benches/http/notifications.sh $mode "$seconds"; done
# As many as are wanted, at moments fixed beforehand: a server that is slow is not called less often.
RATE=5000 PER_SECOND=5000 run benches/http/webhooks.sh all "$seconds" 64
run benches/http/channels.sh all "$seconds"
MAILER=sendgrid run benches/http/channels.sh sustained "$seconds"
echo "| what | wanted | measured |"
echo "|---|---|---|"
row() { echo "| $1 | $2 | $(grep -m1 -e "$3" "$said" || echo 'not measured') |"; }
row 'notifications in batches, people known' '10,000/s' 'notifications/s (ref)'
row 'webhook calls of Twilio' '5,000/s, p99 below 20 ms' '^twilio:'
row 'webhook calls of Meta' '5,000/s, p99 below 20 ms' '^meta:'
row 'channel accounts under backlog' '95 % of each limit, no 429' '95 % of'
row 'a provider that hangs, for the others' 'below 5 %' 'the median is'
