# shellcheck shell=bash
# The budget row "SNMP bulk walk": part of packaging/bench, sourced there after `begin`, with `bin` and `scratch` set.
#
# A snmpd with two subagents that have as many rows of the same six columns: callcenterd, and Tests/Load/snmp-reference.c
# with net-snmp's own table helper. Tests/Load/snmp-walk.c reads both in turns, six columns a request.

# bench_snmp ROWS ROUNDS: reads both in turns, prints the median and the best rate of each, and the ratio of the median times; fails
# above 1.2, and below 10,000 rows a second at best (whatever else the machine does, the best round shows what it can).
bench_snmp() {
    local rows=$1 rounds=$2 port=$((14000 + RANDOM % 900)) root=1.3.6.1.4.1.8072.9999.9999
    need snmpd:snmpd sqlite3:sqlite3 cc:gcc /usr/include/net-snmp/net-snmp-config.h:libsnmp-dev
    cc -O2 -o "$scratch/snmp-walk" Tests/Load/snmp-walk.c -lnetsnmp
    cc -O2 -o "$scratch/snmp-reference" Tests/Load/snmp-reference.c -lnetsnmpagent -lnetsnmp
    mkdir "$scratch/net-snmp" "$scratch/snmp-state"
    cat >"$scratch/snmpd.conf" <<CONF
agentAddress udp:127.0.0.1:$port
rocommunity public 127.0.0.1
master agentx
agentXSocket unix:$scratch/agentx
CONF
    cat >"$scratch/snmp.yaml" <<YAML
db_url: sqlite:$scratch/snmp.db
state_directory: $scratch/snmp-state
sip: {listen: ["udp:127.0.0.1:$((port + 1))"]}
http: {listen: "127.0.0.1:$((port + 2))"}
mi: {socket: $scratch/snmp-mi.sock}
snmp: {agentx_socket: "unix:$scratch/agentx"}
YAML
    export SNMP_PERSISTENT_DIR=$scratch/net-snmp MIBS=''
    say "starting snmpd, callcenterd and the reference, with $rows rows each"
    launch "$scratch/snmpd.log" snmpd -f -Lo -C -c "$scratch/snmpd.conf" -I -smux,mteTrigger,mteTriggerConf
    wait_for 10 test -S "$scratch/agentx" || failed "$scratch/snmpd.log"
    launch "$scratch/reference.log" "$scratch/snmp-reference" "unix:$scratch/agentx" "$rows"
    local reference=$launched
    launch "$scratch/snmp-daemon.log" "$bin/callcenterd" --config "$scratch/snmp.yaml"
    local daemon=$launched
    wait_for 30 curl -fs "http://127.0.0.1:$((port + 2))/healthz" || failed "$scratch/snmp-daemon.log"
    sqlite3 -cmd '.timeout 10000' "$scratch/snmp.db" "
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows)
        INSERT INTO cc_agents (agentid, location, logstate, skills)
        SELECT printf('agent%05d', i), 'sip:x@127.0.0.1:9', 1, 'any' FROM n;"
    "$bin/ccctl" --socket "$scratch/snmp-mi.sock" cc_reload >/dev/null || die "agents were not taken"

    # walk TABLE FIRST LAST: prints rows, seconds, rows a second.
    walk() { "$scratch/snmp-walk" "udp:127.0.0.1:$port" "$root.$1" "$2" "$3" 20; }
    # shellcheck disable=SC2317 # called by wait_for
    complete() { [[ $(walk "$1" 2 2 | cut -d' ' -f1) == "$rows" ]]; }
    wait_for 60 complete 5061.1 || die "the reference does not show all rows"
    wait_for 60 complete 5060.1.3 || die "callcenterd does not show all rows"

    local round
    # Once without counting: caches, pages, branch predictors.
    walk 5060.1.3 2 7 >/dev/null
    walk 5061.1 2 7 >/dev/null
    # ticks PROCESS: hundredths of a second of user and system time so far.
    ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
    local our_ticks their_ticks
    our_ticks=$(ticks "$daemon") their_ticks=$(ticks "$reference")
    for ((round = 0; round < rounds; round++)); do
        # ccaId to ccaWrapupLeft, against a text, two enumerations, two counters and a gauge.
        walk 5060.1.3 2 7 >>"$scratch/ours"
        walk 5061.1 2 7 >>"$scratch/theirs"
    done
    our_ticks=$((($(ticks "$daemon") - our_ticks) * 10 / rounds)) their_ticks=$((($(ticks "$reference") - their_ticks) * 10 / rounds))
    # figures FILE: the median time, and the rate in it and at best.
    figures() { sort -n -k2,2 "$1" | awk '{ time[NR] = $2; rate[NR] = $3 } END { m = int((NR + 1) / 2); print time[m], rate[m], rate[1] }'; }
    local our_time our_rate our_best their_time their_rate their_best
    read -r our_time our_rate our_best < <(figures "$scratch/ours")
    read -r their_time their_rate their_best < <(figures "$scratch/theirs")
    printf 'SNMP bulk walk, %d rows x 6 columns, in turns, %d times each\n' "$rows" "$rounds"
    printf '  callcenterd    %d rows/s median, %d at best, %d ms CPU a walk with all else it does\n' "$our_rate" "$our_best" "$our_ticks"
    printf '  tdata helper   %d rows/s median, %d at best, %d ms CPU a walk\n' "$their_rate" "$their_best" "$their_ticks"
    awk -v a="$our_time" -v b="$their_time" -v best="$our_best" 'BEGIN {
        printf "  median time    %.2f x that of the helper\n", a / b
        exit !(a <= b * 1.2 && best >= 10000)
    }'
}
