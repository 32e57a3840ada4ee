#!/usr/bin/env bash
# Brings the program in this repository to where it runs:
#
#   config/deploy/deploy.sh compose [--dry-run]    on this machine, with Docker Compose and config/deploy/baton.env
#   config/deploy/deploy.sh fly [--dry-run]        on Fly.io, with config/deploy/fly.toml and the secrets that are set there
#
# --dry-run checks all that can be checked without Docker or Fly, prints what would be run, and runs nothing. BATON_ENV names another
# file than baton.env. Exit code 2: something is missing; all of it is listed.
set -euo pipefail
cd "$(dirname "$0")"

# Without these, production does not start.
readonly needed=(BATON__SERVER__PUBLIC_URL BATON__SEALING__KEY BATON__LINKS__SECRET)
readonly env_file=${BATON_ENV:-baton.env}

usage() { sed -n '2,8p' "$0" | sed 's/^# \{0,1\}//'; }

target='' dry=''
for argument in "$@"; do
    case $argument in
        compose | fly) target=$argument ;;
        --dry-run) dry=yes ;;
        -h | --help) usage; exit 0 ;;
        *) echo "$argument is none of: compose, fly, --dry-run" >&2; exit 2 ;;
    esac
done
[ -n "$target" ] || { usage >&2; exit 2; }

# Runs a command, or says that it would.
run() {
    printf '+ %s\n' "$*"
    [ -n "$dry" ] || "$@"
}

missing=()
lack() { missing+=("$1"); }

# Whether the file sets a variable, or the one that names a file with it, to something.
sets() { grep -Eq "^$1(_FILE)?=.+" "$env_file"; }

tool() { [ -n "$dry" ] || command -v "$1" >/dev/null || lack "$1 is not installed"; }

case $target in
    compose)
        tool docker
        if [ -f "$env_file" ]; then
            for name in "${needed[@]}"; do
                sets "$name" || lack "$name is not set in $env_file"
            done
            # It holds secrets.
            case $(stat -c %a "$env_file") in
                ?00) ;;
                *) lack "$env_file can be read by others; chmod 600 $env_file" ;;
            esac
        else
            lack "there is no $env_file; copy baton.env.example and fill it in"
        fi
        ;;
    fly) tool fly ;;
esac
if [ "${#missing[@]}" -gt 0 ]; then
    printf 'nothing was deployed:\n' >&2
    printf '  - %s\n' "${missing[@]}" >&2
    exit 2
fi

case $target in
    compose)
        run docker compose --file compose.yaml config --quiet
        run docker compose --file compose.yaml build
        # Every mistake in the settings is told before the running server is stopped.
        run docker compose --file compose.yaml run --rm --no-deps baton check
        # Ends the old one in order; the new one takes up what is owed.
        run docker compose --file compose.yaml up --detach --wait --wait-timeout 120
        run docker compose --file compose.yaml exec baton baton health --ready
        ;;
    fly)
        run fly config validate --config fly.toml
        run fly deploy ../.. --config fly.toml --ha=false --wait-timeout 5m
        run fly status --config fly.toml
        ;;
esac
if [ -n "$dry" ]; then echo "dry run: nothing was run"; else echo "deployed"; fi
