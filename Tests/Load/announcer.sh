# shellcheck shell=bash
# Many listeners of the announcer: part of packaging/bench, sourced there.

# bench_announcer SECONDS LISTENERS...: the announcer on one core, the listeners, who talk, too, on the others; fails if a packet is
# lost.
bench_announcer() {
    local seconds=$1 port listeners payload others measured well=0
    shift
    others=$(($(nproc) > 1 ? 1 : 0))-$(($(nproc) - 1))
    cc -O2 -std=gnu17 -pthread -o "$scratch/listeners" Tests/Load/Announcer/listeners.c
    port=$((12000 + RANDOM % 3000 * 2))
    launch "$scratch/announcer.log" taskset -c 0 "$bin/cc-announcer" --listen "udp:127.0.0.1:$port" --sounds packaging/sounds \
        --max-calls 4000
    # shellcheck disable=SC2317 # called by wait_for
    listens() { grep -q 'listening on' "$scratch/announcer.log"; }
    wait_for 30 listens || failed "$scratch/announcer.log"
    printf '%-8s %9s %11s %6s %6s %8s %8s %8s %8s\n' encoding listeners packets lost 'CPU %' 'p50 ms' 'p99 ms' 'p99.9 ms' 'max ms'
    for listeners; do
        for payload in 0 9; do
            measured=$(taskset -c "$others" "$scratch/listeners" "$port" "$launched" queue "$listeners" "$seconds" "$payload" talk) || well=1
            # shellcheck disable=SC2086 # fields of a line
            printf '%-8s %9s %11s %6s %6s %8s %8s %8s %8s\n' "$([[ $payload == 0 ]] && echo PCMU || echo G722)" ${measured:-failed}
        done
    done
    return "$well"
}
