# shellcheck shell=bash
# A daemon that is killed at moments of chance while calls go on, and started again: part of packaging/bench, sourced there after
# ladder.sh and outage.sh, whose functions it uses.

# sql_of postgres|sqlite STATEMENT
sql_of() {
    if [[ $1 == postgres ]]; then psql -qAtc "$2" "$database_url"; else sqlite3 "$scratch/state/callcenterd.db" "$2"; fi
}

# ids queue|calls FILE: the numbers of calls in that list of the daemon, in order.
ids() { "$bin/ccctl" --socket "$scratch/ladder.sock" --json "$1" | jq '.Calls[].id' >"$2"; }

# lost BEFORE AFTER ALIVE: how many of those that waited have no place any more and do not go on elsewhere, and how many have others
# before them that stood behind them. Records of those that have ended meanwhile are asked for.
lost() {
    awk -v kind="$1" '
        FILENAME == ARGV[2] { after[$1] = ++places; next }
        FILENAME == ARGV[3] { alive[$1]; next }
        { if ($1 in after) { if (after[$1] < furthest) overtaken++; else furthest = after[$1] } else if (!($1 in alive)) gone[$1] }
        END { for (id in gone) print "gone", id; print "overtaken", overtaken + 0 }' kind="$1" "$3" "$4" "$2"
}

# crash KIND: kills the daemon, starts it again, and looks what has become of those who waited. Adds to `waited`, `places_lost`.
crash() {
    local gone_id overtaken
    ids queue "$scratch/queue-before"
    kill -KILL "$daemon_pid"
    wait "$daemon_pid" 2>/dev/null || true
    daemon_run
    ids queue "$scratch/queue-after"
    ids calls "$scratch/calls-after"
    lost "$1" "$scratch/queue-before" "$scratch/queue-after" "$scratch/calls-after" >"$scratch/lost"
    waited=$((waited + $(wc -l <"$scratch/queue-before")))
    overtaken=$(awk '$1 == "overtaken" { print $2 }' "$scratch/lost")
    places_lost=$((places_lost + overtaken))
    while read -r _ gone_id; do
        wait_for 20 has_record "$1" "$gone_id" || places_lost=$((places_lost + 1))
    done < <(grep '^gone' "$scratch/lost")
}

# shellcheck disable=SC2317 # called by wait_for
has_record() { [[ $(sql_of "$1" "SELECT count(*) FROM cc_cdrs WHERE cid = $2 AND offer_number = 0 AND call_type = 0") != 0 ]]; }
# shellcheck disable=SC2317 # called by wait_for
has_records() { (($(sql_of "$1" 'SELECT count(*) FROM cc_cdrs WHERE offer_number = 0') >= $2)); }

# daemon_start_sqlite AGENTS: as daemon_start, with the database that comes along.
daemon_start_sqlite() {
    local base=$((12000 + RANDOM % 900 * 3))
    sip_port=$base http_port=$((base + 1))
    rm -rf "$scratch/state"
    mkdir "$scratch/state"
    cat >"$scratch/ladder.yaml" <<YAML
db_url: sqlite:$scratch/state/callcenterd.db
state_directory: $scratch/state
wrapup_time: 1
sip: {listen: ["udp:127.0.0.1:$sip_port"]}
http: {listen: "127.0.0.1:$http_port"}
mi: {socket: $scratch/ladder.sock}
snmp: {enabled: false}
YAML
    daemon_run
    sqlite3 "$scratch/state/callcenterd.db" <<SQL
INSERT INTO cc_flows (flowid, skill, message_welcome, message_queue)
    VALUES ('bench', 'any', 'sip:welcome@127.0.0.1:$((base + 3))', 'sip:queue@127.0.0.1:$((base + 4))');
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < $1)
    INSERT INTO cc_agents (agentid, location, logstate, skills)
    SELECT 'agent' || n, 'sip:agent' || n || '@127.0.0.1:$((base + 5))', 1, 'any' FROM n;
SQL
    "$bin/ccctl" --socket "$scratch/ladder.sock" cc_reload >/dev/null
}

# bench_crashes TIMES RATE: fails if a caller who talks is hung up on, one who waits loses his place, or a record is missing or there
# twice.
bench_crashes() {
    local times=$1 rate=$2 kind number calls generator waited places_lost records once worst=0 result=$scratch/crashes pause
    need sqlite3:sqlite3 jq:jq
    say "$rate calls a second, and a daemon that is killed $times times at moments of chance" >&2
    printf '%-10s %8s %8s %8s %8s %18s %14s %10s %10s\n' database killed calls failed 'cut off' 'waited at a crash' 'lost a place' records 'of calls'
    for kind in postgres sqlite; do
        # A talk takes an agent 5.1 s, ringing and rest included: fewer of them than the calls need, so that more and more wait.
        if [[ $kind == postgres ]]; then daemon_start $((rate * 9 / 2)) 1; else daemon_start_sqlite $((rate * 9 / 2)); fi
        calls=$((rate * (times * 6 + 10)))
        waited=0 places_lost=0
        launch "$result" "$scratch/calls" --target "$sip_port" --caller $((sip_port + 2)) --welcome $((sip_port + 3)) \
            --queue $((sip_port + 4)) --agent $((sip_port + 5)) --rate "$rate" --calls "$calls" --talk 4000 --patience 60
        generator=$launched
        sleep 6
        for ((number = 1; number <= times; number++)); do
            printf -v pause '%d.%03d' $((RANDOM % 4 + 2)) $((RANDOM % 1000))
            sleep "$pause"
            crash "$kind"
        done
        wait "$generator" || true
        wait_for 60 has_records "$kind" "$calls" || true
        records=$(sql_of "$kind" 'SELECT count(*) FROM cc_cdrs WHERE offer_number = 0')
        once=$(sql_of "$kind" 'SELECT count(DISTINCT cid) FROM cc_cdrs WHERE offer_number = 0')
        printf '%-10s %8d %8d %8d %8d %18d %14d %10d %10d\n' "$kind" "$times" "$calls" "$(value failed 2 <"$result")" \
            "$(value dropped 2 <"$result")" "$waited" "$places_lost" "$records" "$once"
        if [[ $(value failed 2 <"$result") != 0 ]]; then
            awk '$1 ~ /^(refused|hung_up_on|given_up|unanswered)$/ { printf "%s %s  ", $1, $2 } END { print "" }' "$result"
        fi
        daemon_stop
        if ((records != calls || once != calls || places_lost > 0)) || [[ $(value failed 2 <"$result") != 0 ]] ||
            [[ $(value dropped 2 <"$result") != 0 ]]; then
            worst=1
        fi
    done
    return "$worst"
}
