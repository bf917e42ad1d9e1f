# shellcheck shell=bash
# How many instructions the hot parts take, by callgrind, against the numbers in Tests/Load/instructions.txt: part of
# packaging/bench, sourced there with `bin` set. Instructions do not depend on what else the machine does.

# What callgrind counts of a full call: the work of the core, not that of the phones around it.
core_entries=(--toggle-collect='*8ExchangeAAV7receive_4from2on3now*' --toggle-collect='*8ExchangeAAV7advance2to*')

# instructions [OPTION...] COMMAND...: how many it took; options are callgrind's.
instructions() {
    # Hashes that differ from run to run would make tables that do, too.
    SWIFT_DETERMINISTIC_HASHING=1 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
        sed -n 's/.*Collected : //p'
}

# each COUNT [OPTION...] COMMAND...: instructions of one of COUNT things that `COMMAND... N` does N of; what it does once is left out.
each() {
    local count=$1 few many
    shift
    few=$(instructions "$@" "$count")
    many=$(instructions "$@" $((count * 2)))
    echo $(((many - few) / count))
}

# bench_instructions [--record]: compares, or writes the file anew; fails if one differs by more than 5 %.
bench_instructions() {
    local record=${1:-} file=Tests/Load/instructions.txt worst=0 name kept now
    local names=(parse build distribution-event full-call simulated-call)
    need valgrind:valgrind
    declare -A counted=(
        [parse]=$(each 4000 "$bin/message-bench" --parse)
        [build]=$(each 4000 "$bin/message-bench" --build)
        [distribution-event]=$(each 20000 "$bin/distribution-bench" --events)
        [full-call]=$(each 200 "${core_entries[@]}" "$bin/call-bench" --calls)
        [simulated-call]=$(($(instructions "$bin/simulate" --seed 1 --calls 300) / 300))
    )
    if [[ $record ]]; then
        for name in "${names[@]}"; do printf '%s %s\n' "$name" "${counted[$name]}"; done >"$file"
        cat "$file"
        return
    fi
    printf '%-20s %12s %12s\n' instructions now kept
    while read -r name kept; do
        now=${counted[$name]:-0}
        printf '%-20s %12d %12d' "$name" "$now" "$kept"
        if ((now * 100 > kept * 105 || now * 100 < kept * 95)); then
            printf '  differs by more than 5 %%: if that is meant, packaging/bench --record instructions, and say why'
            worst=1
        fi
        printf '\n'
    done <"$file"
    return "$worst"
}
