# shellcheck shell=bash
# A scrape of a large centre while calls go on: part of packaging/bench, sourced there after ladder.sh, whose functions it uses.

# page WHAT ACCEPT [OPTION...]: `scrapes` of them, a few times a second; prints median and longest time, and the size. Without the pause they
# would wait for each other: there is a pause between two snapshots.
page() {
    local what=$1 n
    shift
    for ((n = 0; n < scrapes; n++)); do
        curl -fs -o /dev/null -w '%{time_total} %{size_download}\n' -H "Accept: $1" "${@:2}" "http://127.0.0.1:$http_port/metrics"
        sleep 0.2
    done | sort -n | awk -v what="$what" '{ time[NR] = $1 * 1000; size = $2 }
        END { printf "%-20s %.0f ms median, %.0f ms longest of %d, %.1f MB\n", what, time[int((NR + 1) / 2)], time[NR], NR, size / 1e6 }'
}

# bench_scrape RATE: 1,000 flows and 10,000 agents, and calls of one more flow meanwhile; fails if one of them did.
bench_scrape() {
    local rate=$1 caller_pid lost seconds=20 scrapes=20
    if [[ $quick ]]; then seconds=5 scrapes=10; fi
    say "scrapes of 1,000 flows and 10,000 agents, with $rate calls a second meanwhile"
    daemon_start 1000 1
    psql -qAt "$database_url" >/dev/null <<SQL
INSERT INTO cc_flows (flowid, skill, message_queue)
    SELECT 'flow-' || n, 'skill-' || n, 'sip:queue@127.0.0.1:9' FROM generate_series(1, 1000) n;
INSERT INTO cc_agents (agentid, location, logstate, skills)
    SELECT 'idle-' || n, 'sip:idle' || n || '@127.0.0.1:9', 1, 'skill-' || n % 1000 + 1 || ',skill-' || n % 7 + 1
    FROM generate_series(1, 10000) n;
SQL
    "$bin/ccctl" --socket "$scratch/ladder.sock" cc_reload >/dev/null || die "flows and agents were not taken"
    calls "$rate" $((rate * seconds)) >"$scratch/meanwhile" &
    caller_pid=$!
    sleep 2
    delays >"$scratch/before"
    page 'scrape, text' 'text/plain'
    if [[ ! $quick ]]; then
        page 'scrape, OpenMetrics' 'application/openmetrics-text'
        page 'scrape, gzip' 'text/plain' -H 'Accept-Encoding: gzip'
    fi
    delays >"$scratch/after"
    printf 'loop delay p99       at most %s s meanwhile\n' "$(p99 "$scratch/before" "$scratch/after")"
    wait "$caller_pid" || true
    lost=$(value failed 2 <"$scratch/meanwhile")
    printf 'calls failed         %s of %d meanwhile\n' "$lost" $((rate * seconds))
    daemon_stop
    [[ $lost == 0 ]]
}
