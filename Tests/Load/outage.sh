# shellcheck shell=bash
# PostgreSQL that is away, or hangs, or dies at its work, while calls go on: part of packaging/bench, sourced there after ladder.sh,
# whose functions it uses.

# The server and all that work for it, by process id.
postgres_processes() {
    echo "$postgres_pid"
    awk -v parent="$postgres_pid" '$4 == parent { print $1 }' /proc/[0-9]*/stat 2>/dev/null
}

# signal_postgres SIGNAL: to all of them.
signal_postgres() {
    local processes
    mapfile -t processes < <(postgres_processes)
    kill "-$1" "${processes[@]}" 2>/dev/null || true
}

# The server ends its connections and stops, as at a restart of its machine.
stop_postgres() {
    kill -INT "$postgres_pid"
    wait "$postgres_pid" 2>/dev/null || true
}

# shellcheck disable=SC2317 # called by wait_for
is_writing() {
    [[ $(psql -qAtc "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE 'INSERT INTO cc_cdrs%'" \
        "$database_url") != 0 ]]
}

# All of them die at once, in the middle of a batch of records.
kill_postgres() {
    local processes process
    wait_for 30 is_writing || die "no records are being written"
    # So that nobody is made meanwhile.
    signal_postgres STOP
    mapfile -t processes < <(postgres_processes)
    kill -KILL "${processes[@]}" 2>/dev/null || true
    wait "$postgres_pid" 2>/dev/null || true
    # Until the last one has let go of the shared memory, no other server starts on these data.
    for process in "${processes[@]}"; do wait_for 20 gone "$process" || die "PostgreSQL does not die"; done
}

# outage NAME SECONDS: what befalls the server.
outage() {
    local end=$((SECONDS + $2))
    case "$1" in
    undisturbed) sleep "$2" ;;
    stopped)
        stop_postgres
        sleep "$2"
        postgres_run
        ;;
    frozen)
        signal_postgres STOP
        sleep "$2"
        signal_postgres CONT
        ;;
    killed)
        # So that a batch takes its time, and grows meanwhile.
        psql -qAt "$database_url" >/dev/null <<'SQL'
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END';
CREATE TRIGGER slow BEFORE INSERT ON cc_cdrs FOR EACH ROW EXECUTE FUNCTION slow();
SQL
        while ((SECONDS < end)); do
            kill_postgres
            sleep 5
            postgres_run
        done
        psql -qAtc 'DROP TRIGGER slow ON cc_cdrs; DROP FUNCTION slow' "$database_url" >/dev/null
        ;;
    esac
}

# bench_outage SECONDS RATE: each for so many seconds: nothing, a server that is stopped, one that is frozen, one that is killed again
# and again in the middle of a batch. Fails if a call does, if a record is missing or there twice, or if the loop is later than
# without all that.
bench_outage() {
    local seconds=$1 rate=$2 name generator before=0 worst=0 wanted result=$scratch/outage settled p50 p99 longest usual=''
    say "$rate calls a second while PostgreSQL is away, $seconds s each" >&2
    daemon_start $((rate * 4)) 1
    calls "$rate" "$rate" >/dev/null || true
    before=$rate
    wait_for 20 recorded "$before" || die "records are not written"
    printf '%-12s %8s %8s %10s %10s %6s   %s\n' PostgreSQL calls failed records 'of calls' lost 'loop delay p50 / p99 / longest, at most ms'
    for name in undisturbed stopped frozen killed; do
        # The call loop sees the return of the database, too.
        wanted=$((rate * (seconds + 5)))
        delays >"$scratch/delays"
        launch "$result" "$scratch/calls" --target "$sip_port" --caller $((sip_port + 2)) --welcome $((sip_port + 3)) \
            --queue $((sip_port + 4)) --agent $((sip_port + 5)) --rate "$rate" --calls "$wanted"
        generator=$launched
        outage "$name" "$seconds"
        wait "$generator" || true
        delays >"$scratch/delays-after"
        if wait_for 120 recorded $((before + wanted)); then settled=0; else settled=1; fi
        p50=$(quantile 0.5 "$scratch/delays" "$scratch/delays-after")
        p99=$(p99 "$scratch/delays" "$scratch/delays-after")
        longest=$(quantile 1 "$scratch/delays" "$scratch/delays-after")
        : "${usual:=$p99}"
        printf '%-12s %8d %8d %10d %10d %6d   %s\n' "$name" "$wanted" "$(value failed 2 <"$result")" \
            "$(psql -qAtc 'SELECT count(*) FROM cc_cdrs' "$database_url" | awk -v before="$before" '{ print $1 - before }')" \
            "$(psql -qAtc 'SELECT count(DISTINCT cid) FROM cc_cdrs' "$database_url" | awk -v before="$before" '{ print $1 - before }')" \
            "$(metric callcenter_cdrs_lost_total)" \
            "$(awk -v p50="$p50" -v p99="$p99" -v longest="$longest" 'BEGIN { printf "%g / %g / %g", p50 * 1e3, p99 * 1e3, longest * 1e3 }')"
        before=$((before + wanted))
        if ((settled != 0)) || [[ $(value failed 2 <"$result") != 0 ]] ||
            [[ $(psql -qAtc 'SELECT count(*), count(DISTINCT cid) FROM cc_cdrs' "$database_url") != "$before|$before" ]] ||
            awk -v usual="$usual" -v p99="$p99" 'BEGIN { exit !(p99 > usual * 1.5 + 0.0001) }'; then
            worst=1
        fi
    done
    daemon_stop
    return "$worst"
}
