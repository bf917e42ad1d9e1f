# shellcheck shell=bash
# Calls for as long as wanted: whether memory, descriptors and timers stay what they are, and calls as quick. Part of packaging/bench,
# sourced there after ladder.sh, whose functions it uses.

# Of the daemon: KiB that it has allocated and KiB resident, and how many files it has open. Of the segments of its journal, which come
# and go with what the database has yet to take, one that is open twice.
daemon_memory() { awk '/^RssAnon/ { anonymous = $2 } /^VmRSS/ { all = $2 } END { print anonymous, all }' "/proc/$daemon_pid/status"; }
daemon_files() {
    find "/proc/$daemon_pid/fd" -mindepth 1 -printf '%l\n' 2>/dev/null |
        awk '/\.segment$/ && !seen[$0]++ { next } { files++ } END { print files + 0 }'
}

# shellcheck disable=SC2317 # called by wait_for
is_idle() { (($(metric callcenter_sip_transactions) == 0 && $(metric callcenter_sip_dialogs) == 0)); }

# bench_endurance SECONDS RATE AGENTS: fails if a call did; if what is allocated, or the number of open files, is more at the end than
# after the warm-up (2 % and none; 10 % of a run below half an hour, where memory is little and still settles); if transactions or
# dialogs are left, whose timers would be; or if calls have become slower. It takes 45 s to warm up: for so long transactions that have
# ended are kept.
bench_endurance() {
    local seconds=$1 rate=$2 agents=$3 windows length number=0 worst=0 lost=0 memory files result=$scratch/window table=$scratch/windows
    # Eight parts at least, a minute long at most.
    length=$((seconds / 8))
    ((length <= 60)) || length=60
    ((length >= 1)) || length=1
    windows=$((seconds / length))
    say "$rate calls a second for $((windows * length)) s"
    daemon_start "$agents" 1
    printf '%8s %10s %8s %14s %14s %10s %10s %6s\n' seconds completed failed 'response p50' 'response p99' 'MiB heap' 'MiB RSS' files
    for ((number = 1; number <= windows; number++)); do
        calls "$rate" $((rate * length)) >"$result" || true
        lost=$((lost + $(value failed 2 <"$result")))
        memory=$(daemon_memory)
        files=$(daemon_files)
        printf '%d %d %d %d %d %s %d\n' $((number * length)) "$(value completed 2 <"$result")" "$(value failed 2 <"$result")" \
            "$(value first_response 2 <"$result")" "$(value first_response 3 <"$result")" "$memory" "$files" >>"$table"
        tail -n 1 "$table" | awk '{ printf "%8d %10d %8d %11.1f ms %11.1f ms %10.1f %10.1f %6d\n",
            $1, $2, $3, $4 / 1000, $5 / 1000, $6 / 1024, $7 / 1024, $8 }'
    done
    if ((lost > 0)); then
        echo "calls failed: $lost"
        worst=1
    fi
    # The third of the windows behind the warm-up against the last third, each by its median.
    awk -v windows="$windows" -v most=$((seconds < 1800 ? 10 : 2)) -v warm=$((45 / length + 1)) '
        function median(field, from, to,    n, i, j, t, list) {
            n = 0
            for (i = from; i <= to; i++) list[++n] = row[i, field]
            for (i = 2; i <= n; i++) for (j = i; j > 1 && list[j] < list[j - 1]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
            return list[int((n + 1) / 2)]
        }
        { for (i = 1; i <= NF; i++) row[NR, i] = $i }
        END {
            if (warm > windows - 2) warm = windows - 2
            part = int((windows - warm) / 3); if (part < 1) part = 1
            early_from = warm + 1; early_to = warm + part; late_from = windows - part + 1
            heap = median(6, late_from, windows) / median(6, early_from, early_to) - 1
            rss = median(7, late_from, windows) / median(7, early_from, early_to) - 1
            files = median(8, late_from, windows) - median(8, early_from, early_to)
            early = median(4, early_from, early_to); late = median(4, late_from, windows)
            printf "heap %+.1f %%, RSS %+.1f %%, open files %+d, median of the first response %.1f -> %.1f ms\n",
                heap * 100, rss * 100, files, early / 1000, late / 1000
            if (heap * 100 > most) { print "the heap grows"; worst = 1 }
            if (files > 0) { print "descriptors are left open"; worst = 1 }
            # What others do on the machine makes it slower, but not so much.
            if (late > 3 * early + 5000) { print "calls become slower"; worst = 1 }
            exit worst
        }' "$table" || worst=1
    # Every timer belongs to a transaction, to a dialog or to a call, which has dialogs.
    if wait_for 60 is_idle; then
        echo "no transaction, dialog or timer is left"
    else
        echo "left: $(metric callcenter_sip_transactions) transactions, $(metric callcenter_sip_dialogs) dialogs"
        worst=1
    fi
    daemon_stop
    return "$worst"
}
