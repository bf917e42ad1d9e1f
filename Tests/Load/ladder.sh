# shellcheck shell=bash
# The full call at one rate after the other: part of packaging/bench, sourced there after `begin`, with `bin` and `scratch` set.
#
# PostgreSQL with its usual settings keeps flows, agents and records; Tests/Load/Calls is callers, media servers and 4,000 agents
# in one process. Log, limits and the durability of records are as shipped.

# load_prepare: compiles the generator and starts PostgreSQL.
load_prepare() {
    need cc:gcc psql:postgresql-client curl:curl setpriv:util-linux
    compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || need /usr/lib/postgresql/15/bin/postgres:postgresql-15
    cc -O2 -o "$scratch/calls" Tests/Load/Calls/calls.c Tests/Load/Calls/message.c
    cc -O2 -o "$scratch/echo" Tests/Load/echo.c
    say "starting PostgreSQL"
    postgres_start
}

# postgres_start: makes a server of our own and starts it; sets `database_url`.
postgres_start() {
    local folder=$scratch/postgres
    postgres_programs=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    postgres_as=()
    database_port=$((15000 + RANDOM % 900))
    database_url=postgres://bench@127.0.0.1:$database_port/postgres
    mkdir "$folder"
    # It does not run as root.
    if ((EUID == 0)); then
        postgres_as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
        chown postgres "$folder"
        chmod 711 "$scratch"
    fi
    "${postgres_as[@]}" "$postgres_programs/initdb" -U bench -A trust -D "$folder/data" --no-instructions \
        >"$scratch/initdb.log" 2>&1 || failed "$scratch/initdb.log"
    postgres_run
}

# postgres_run: starts the server, also after an end of whatever kind; sets `postgres_pid`.
postgres_run() {
    launch "$scratch/postgres.log" "${postgres_as[@]}" "$postgres_programs/postgres" -D "$scratch/postgres/data" \
        -p "$database_port" -k "$scratch/postgres" -h 127.0.0.1
    postgres_pid=$launched
    wait_for 60 psql -qAtc 'SELECT 1' "$database_url" || failed "$scratch/postgres.log"
}

# daemon_start AGENTS WRAPUP [SETTING]: starts callcenterd with a flow `bench` and its agents, and another line of configuration;
# sets `daemon_pid`, `sip_port`, `http_port`.
daemon_start() {
    local agents=$1 base=$((12000 + RANDOM % 900 * 3))
    sip_port=$base http_port=$((base + 1))
    rm -rf "$scratch/state"
    mkdir "$scratch/state"
    cat >"$scratch/ladder.yaml" <<YAML
db_url: $database_url
state_directory: $scratch/state
wrapup_time: $2
sip: {listen: ["udp:127.0.0.1:$sip_port"]}
http: {listen: "127.0.0.1:$http_port"}
mi: {socket: $scratch/ladder.sock}
snmp: {enabled: false}
${3:-}
YAML
    "$bin/ccctl" db migrate --config "$scratch/ladder.yaml" >"$scratch/migrate.log" 2>&1 || failed "$scratch/migrate.log"
    psql -qAt "$database_url" >/dev/null <<SQL
TRUNCATE cc_flows, cc_agents, cc_cdrs;
INSERT INTO cc_flows (flowid, skill, message_welcome, message_queue)
    VALUES ('bench', 'any', 'sip:welcome@127.0.0.1:$((base + 3))', 'sip:queue@127.0.0.1:$((base + 4))');
INSERT INTO cc_agents (agentid, location, logstate, skills)
    SELECT 'agent' || n, 'sip:agent' || n || '@127.0.0.1:$((base + 5))', 1, 'any' FROM generate_series(1, $agents) n;
SQL
    daemon_run
}

# daemon_run: starts callcenterd as it was configured last.
daemon_run() {
    launch "$scratch/ladder.log" "$bin/callcenterd" --config "$scratch/ladder.yaml"
    daemon_pid=$launched
    wait_for 30 curl -fs "http://127.0.0.1:$http_port/readyz" || failed "$scratch/ladder.log"
}

daemon_stop() {
    kill "$daemon_pid"
    wait_for 20 gone "$daemon_pid" || die "callcenterd does not stop"
}

# shellcheck disable=SC2317 # called by wait_for
gone() { ! kill -0 "$1" 2>/dev/null; }

# Microseconds of user and of system time of the daemon so far.
daemon_cpu() { awk -v tick="$(getconf CLK_TCK)" '{ printf "%.0f %.0f\n", $14 * 1000000 / tick, $15 * 1000000 / tick }' "/proc/$daemon_pid/stat"; }

# calls RATE CALLS [OPTION...]: prints what Tests/Load/Calls prints.
calls() {
    "$scratch/calls" --target "$sip_port" --caller $((sip_port + 2)) --welcome $((sip_port + 3)) --queue $((sip_port + 4)) \
        --agent $((sip_port + 5)) --rate "$1" --calls "$2" "${@:3}"
}

# value NAME FIELD <FILE: one figure of it, `-` where there is none.
value() { awk -v name="$1" -v field="$2" '$1 == name { print $field; found = 1 } END { if (!found) print "-" }'; }

# bench_ladder SECONDS RATE...: prints a table as it grows, writes it to `report` if that is set; fails if a call of any rate did.
bench_ladder() {
    local seconds=$1 rate worst=0 echo_cost table=$scratch/table
    shift
    say "a plain UDP echo, for comparison"
    echo_cost=$("$scratch/echo")
    cat >"$table" <<'TABLE'
| calls/s | completed | failed | resent by them / by us | CPU a call, us | user | system | x echo | first response p50 / p99 / max, ms | hand-over p50 / p99 / max, ms | loop delay p99, ms | RSS, MiB | records | record behind its call, at most, ms |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
TABLE
    cat "$table"
    for rate; do
        # Not in a pipe: the programs that it starts are to be known here.
        ladder_step "$rate" $((rate * seconds)) "$echo_cost" >"$scratch/line" || worst=1
        tee -a "$table" <"$scratch/line"
    done
    printf '\nEcho: %s us CPU for a datagram in and one out. %s cores of %s, shared with generator and PostgreSQL.\n' \
        "$echo_cost" "$(nproc)" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" | tee -a "$table"
    if [[ ${report:-} ]]; then cp "$table" "$report"; fi
    return "$worst"
}

# ladder_step RATE CALLS ECHO [SETTING]: one line of the table.
ladder_step() {
    local rate=$1 wanted=$2 before after result=$scratch/step written memory watcher late resent
    say "$wanted calls, $rate a second" >&2
    daemon_start 4000 1 "${4:-}"
    calls "$rate" "$rate" >/dev/null || true
    wait_for 20 recorded "$rate" || true
    before=$(daemon_cpu)
    delays >"$scratch/delays"
    resent=$(metric callcenter_sip_retransmissions_total '{direction="sent"}')
    watch_backlog >"$scratch/watched" &
    watcher=$!
    calls "$rate" "$wanted" >"$result" || true
    memory=$(resident)
    kill "$watcher"
    wait "$watcher" 2>/dev/null || true
    if wait_for 20 recorded $((rate + wanted)); then written=all; else written=$(($(records) - rate)); fi
    after=$(daemon_cpu)
    delays >"$scratch/delays-after"
    late=$(p99 "$scratch/delays" "$scratch/delays-after")
    resent=$(($(metric callcenter_sip_retransmissions_total '{direction="sent"}') - resent))
    daemon_stop
    awk -v rate="$rate" -v wanted="$wanted" -v echo="$3" -v memory="$memory" -v written="$written" \
        -v before="$before" -v after="$after" -v late="$late" -v sent_again="$resent" -v watched="$scratch/watched" '
        { for (i = 2; i <= NF; i++) figure[$1, i] = $i }
        function times(name) {
            return sprintf("%.1f / %.1f / %.1f", figure[name, 2] / 1000, figure[name, 3] / 1000, figure[name, 4] / 1000)
        }
        END {
            split(before, b, " "); split(after, a, " ")
            user = (a[1] - b[1]) / wanted; kernel = (a[2] - b[2]) / wanted
            while ((getline line < watched) > 0) {
                if (line + 0 > backlog) backlog = line + 0
            }
            printf "| %d | %d | %d | %d / %d | %.0f | %.0f | %.0f | %.0f | %s | %s | %s | %.0f | %s | %.0f |\n", rate,
                figure["completed", 2], figure["failed", 2], figure["resent", 2], sent_again, user + kernel, user, kernel,
                (user + kernel) / echo, times("first_response"), times("hand_over"), late * 1000, memory / 1024, written,
                backlog * 1000 / rate
            exit figure["failed", 2] != 0
        }' "$result"
}

# bench_instance SECONDS RATE: what it costs a call that other machines may go on with it.
bench_instance() {
    local setting cost=()
    for setting in '' 'instance: bench'; do
        ladder_step "$2" $(($1 * $2)) 1 "$setting" >"$scratch/line" || return 1
        cost+=("$(awk -F'|' '{ print $6 + 0 }' "$scratch/line")")
    done
    printf 'CPU of a full call   %s us, with `instance` %s us: %s us more\n' "${cost[0]}" "${cost[1]}" $((cost[1] - cost[0]))
}

# KiB of the daemon.
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$daemon_pid/status"; }

# metric NAME [LABELS]: the sum of its samples, of those with exactly these labels if they are given.
metric() {
    curl -fs "http://127.0.0.1:$http_port/metrics?name=$1" | awk -v name="$1" -v labels="${2:-}" '
        { n = $1; sub(/\{.*/, "", n) } n == name && (labels == "" || $1 == name labels) { total += $2 } END { printf "%.0f\n", total }'
}

# delays: how late the loop came to what was due so far, cumulative, a bound and a count a line.
delays() {
    curl -fs "http://127.0.0.1:$http_port/metrics?name=callcenter_loop_delay_seconds" |
        sed -n 's/^callcenter_loop_delay_seconds_bucket{le="\(.*\)"} /\1 /p'
}

# quantile SHARE BEFORE AFTER: the smallest bound below which that share of the delays in between was.
quantile() {
    paste "$2" "$3" | awk -v share="$1" '{ bound[NR] = $1; count[NR] = $4 - $2 }
        END { for (i = 1; i <= NR; i++) if (count[i] >= count[NR] * share) { print bound[i]; exit } }'
}

p99() { quantile 0.99 "$@"; }

# watch_backlog: until it is killed, how many records wait to be written, four times a second.
watch_backlog() {
    while sleep 0.25; do metric callcenter_store_backlog_records; done
}

records() { psql -qAtc 'SELECT count(*) FROM cc_cdrs WHERE call_type = 0' "$database_url"; }
# shellcheck disable=SC2317 # called by wait_for
recorded() { (($(records) >= $1)); }

# bench_freed SECONDS: calls wait all the time; how soon the next INVITE reaches an agent whose wrap-up is over.
bench_freed() {
    local result=$scratch/freed
    say "agents who are freed while calls wait" >&2
    daemon_start 100 1
    # 100 agents take about 45 calls a second; 60 come.
    calls 60 $(($1 * 60)) --talk 1000 --patience 60 >"$result" || true
    daemon_stop
    awk '$1 == "freed" { printf "agent freed -> INVITE on the wire  p50 %.1f ms, p99 %.1f ms, longest %.1f ms\n", $2 / 1000, $3 / 1000, $4 / 1000 }' "$result"
}
