# What `run` and `memory` share, to be sourced: this program, a folder for what is written, and an emulator.
program=${PEERS_PROGRAM:-$PWD/target/release/conversations}
[[ -n ${PEERS_PROGRAM:-} ]] || cargo build --quiet --release --locked --package conversations-cli
work=$(mktemp -d)
trap '[[ -z ${server:-} ]] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
# The days on which the conversations of the emulator begin.
range=(--start 2026-04-01 --end 2026-05-01)

# Starts an emulator with this number of conversations and these options, and sets the variables that lead to it.
start_emulator() {
    "$program" emulator --key peers --records "$@" >"$work/ready" &
    server=$!
    until [[ -s $work/ready ]]; do
        kill -0 "$server" || { echo "error: the emulator did not start" >&2; exit 1; }
        sleep 0.1
    done
    field() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/ready" "$1"; }
    export POLYAI_API_KEY=peers POLYAI_BASE_URL POLYAI_ACCOUNT_ID POLYAI_PROJECT_ID
    POLYAI_BASE_URL=$(field base_url) POLYAI_ACCOUNT_ID=$(field account_id) POLYAI_PROJECT_ID=$(field project_id)
}
