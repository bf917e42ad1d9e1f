# shellcheck shell=bash
# A daemon that is killed with many calls up, and the next: part of packaging/bench, sourced there after ladder.sh, whose functions
# it uses.

# gauge NAME: one figure of the daemon, 0 if there is none.
gauge() {
    curl -fs "http://127.0.0.1:$http_port/metrics?name=$1" | awk -v name="$1" '$1 == name { print $2; found = 1 } END { if (!found) print 0 }'
}

# shellcheck disable=SC2317 # called by wait_for
reached() { (($(gauge "$1") == $2)); }

# KiB of memory of its own that the daemon has.
own_memory() { awk '/^RssAnon/ { print $2 }' "/proc/$daemon_pid/status"; }

# shellcheck disable=SC2317 # called by wait_for
settled() { (($(gauge callcenter_sip_transactions) < $1)); }

# bench_restart TALKING WAITING: kills the daemon with so many calls, starts it again, and lets them all come to their end; fails if
# one of them does not, or if that takes longer than DESIGN allows.
bench_restart() {
    local talking=$1 waiting=$2 total=$(($1 + $2)) generator idle with_talks with_waits took restored left result=$scratch/held
    say "$total calls, and a daemon that is killed" >&2
    cc -O2 -o "$scratch/ready" Tests/Load/ready.c
    daemon_start "$talking" 1
    # What the start took and gave back goes to the system after five seconds (Sources/CMemory).
    [[ $quick ]] || sleep 8
    idle=$(own_memory)
    launch "$result" "$scratch/calls" --target "$sip_port" --caller $((sip_port + 2)) --welcome $((sip_port + 3)) \
        --queue $((sip_port + 4)) --agent $((sip_port + 5)) --rate 500 --calls "$total" --hold "$talking"
    generator=$launched
    wait_for $((talking / 500 + 60)) reached callcenter_talking_calls "$talking" || die "the calls do not come up"
    # What has ended is kept for 32 s for copies of messages; what it took is there for those who wait.
    [[ $quick ]] || wait_for 60 settled $((total / 5)) || die "transactions do not end"
    with_talks=$(own_memory)
    kill -USR1 "$generator"
    wait_for $((waiting / 500 + 60)) reached callcenter_queued_calls "$waiting" || die "the calls do not wait"
    [[ $quick ]] || wait_for 60 settled $((total / 5)) || die "transactions do not end"
    with_waits=$(own_memory)

    kill -KILL "$daemon_pid"
    wait "$daemon_pid" 2>/dev/null || true
    launch "$scratch/ladder.log" "$scratch/ready" "$scratch/took" "$bin/callcenterd" --config "$scratch/ladder.yaml"
    daemon_pid=$launched
    wait_for 60 test -s "$scratch/took" || failed "$scratch/ladder.log"
    took=$(<"$scratch/took")
    restored=$(($(gauge callcenter_talking_calls) + $(gauge callcenter_onhold_calls) + $(gauge callcenter_offering_calls)))
    kill -USR1 "$generator"
    if wait "$generator"; then left=0; else left=1; fi
    wait_for 60 recorded "$total" || left=1
    daemon_stop

    printf 'restart              %s calls (%s talk, %s wait): READY %s ms after exec, %s taken over\n' \
        "$total" "$talking" "$waiting" "$took" "$restored"
    awk '{ printf "their end            %s %s\n", $1, $2 } NR == 2 { exit }' "$result"
    # With --quick nobody has waited for the end of the transactions, whose memory would count as the calls'.
    local each=0
    if [[ ! $quick ]]; then
        each=$(((with_waits - with_talks) * 1024 / waiting))
        printf 'memory               %d bytes a talking call, %d a waiting one\n' $(((with_talks - idle) * 1024 / talking)) "$each"
    fi
    ((took <= 2000 && restored == total && left == 0 && each <= 8192))
}
