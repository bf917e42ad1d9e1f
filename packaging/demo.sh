# shellcheck shell=bash
# What packaging/run --demo adds to a running daemon: simulated callers and agents, at a pace that one can follow. Sourced by
# packaging/run, whose variables and functions it uses.

# The phones: name, scenario of Tests/Integration/Scenarios, its parameters. Each is one sipp for several agents.
demo_phones=(
    "quick|callee|ring=2000|talk=15000"
    "steady|callee|ring=3000|talk=30000"
    "thorough|callee|ring=4000|talk=55000"
    "busy|refuse|ring=2500|status=486 Busy Here"
    "absent|callee|ring=3600000|talk=15000"
)

# Who sits at which phone, and his skills.
demo_agents=(
    "anna quick support" "ben quick support,sales" "cleo quick sales" "dora quick billing"
    "emil steady support" "fritz steady sales,billing" "greta steady support,billing" "hans steady support"
    "ida thorough billing,sales" "jens thorough support" "karl busy support" "lena absent sales,support"
)

# free_port: finds a UDP port that nobody has, another one each time, and puts it into `free`. The media ports that sipp opens
# lie 2000 and 2002 above it.
demo_next=$((22000 + RANDOM % 1000 * 4))
free_port() {
    local offset is_free=''
    while [[ -z $is_free ]]; do
        free=$demo_next is_free=yes
        demo_next=$((demo_next + 4))
        for offset in 0 2000 2002; do
            if port_user udp $((free + offset)) >/dev/null; then is_free=''; fi
        done
    done
}

# demo_sipp NAME SCENARIO-FILE PORT ARGUMENT...: a sipp that goes on until it is stopped. -aa: whoever has been silent for a while is
# asked by OPTIONS whether he is alive, and shall say so.
demo_sipp() {
    local name=$1 file=$2 port=$3
    shift 3
    launch "$state/$name.log" sipp "$@" -sf "$file" -i "$address" -p "$port" -mp $((port + 2000)) -nostdin -nd \
        -max_socket 1000 -default_behaviors bye,abortunexp -aa
}

demo_start_phones() {
    local entry fields
    declare -gA demo_ports=()
    for entry in "${demo_phones[@]}"; do
        IFS='|' read -ra fields <<<"$entry"
        free_port
        demo_ports[${fields[0]}]=$free
        render "${fields[1]}" contact="$free" port=40020 linger=4000 "${fields[@]:2}" >"$scratch/${fields[0]}.xml"
        demo_sipp "${fields[0]}" "$scratch/${fields[0]}.xml" "$free"
    done
}

demo_provision() {
    local entry agent phone skills
    {
        printf 'flowid,priority,skill,prependcid,message_welcome,message_queue\n'
        printf 'support,20,support,Support,sip:welcome@%s,sip:queue@%s\n' "$media" "$media"
        printf 'sales,10,sales,Sales,,sip:queue@%s\n' "$media"
        printf 'billing,30,billing,Billing,,sip:queue@%s\n' "$media"
    } | ccctl flow import - --replace --config "$state/callcenterd.yaml" >/dev/null
    {
        printf 'agentid,location,logstate,skills\n'
        for entry in "${demo_agents[@]}"; do
            read -r agent phone skills <<<"$entry"
            printf '%s,sip:%s@%s:%s,1,"%s"\n' "$agent" "$agent" "$address" "${demo_ports[$phone]}" "$skills"
        done
    } | ccctl agent import - --replace --reload --config "$state/callcenterd.yaml" >/dev/null
}

# Callers: most have patience, some hang up while it still rings at an agent. Twelve a minute: the agents manage a few more than that.
demo_start_callers() {
    local names=(Smith Jones Taylor Brown Williams Wilson Evans Thomas Roberts Walker) flows=(support support support sales sales billing)
    local index
    {
        printf 'SEQUENTIAL\n'
        for ((index = 0; index < 200; index++)); do
            printf '0%08d;%s;%s\n' $((20000000 + RANDOM * 97)) "${names[RANDOM % ${#names[@]}]}" "${flows[RANDOM % ${#flows[@]}]}"
        done
    } >"$scratch/demo-callers"
    free_port
    render caller contact="$free" port=40030 offer=yes patience=3600000 linger=1000 hang_up_on=0 hang_up_after=0 \
        >"$scratch/patient.xml"
    demo_sipp patient "$scratch/patient.xml" "$free" "$address:$sip_port" -inf "$scratch/demo-callers" -r 1 -rp 5000 -l 30
    free_port
    render canceller contact="$free" port=40040 cancel_after=1000 linger=1000 >"$scratch/hasty.xml"
    printf 'SEQUENTIAL\n055512345;Hasty;sales\n' >"$scratch/hasty-callers"
    demo_sipp hasty "$scratch/hasty.xml" "$free" "$address:$sip_port" -inf "$scratch/hasty-callers" -r 1 -rp 25000 -l 3
}

# demo_run: lets it go on; logs in again whom the daemon has logged off, and gives somebody a break now and then.
demo_run() {
    local agents=() entry resting=''
    for entry in "${demo_agents[@]}"; do agents+=("${entry%% *}"); done
    while kill -0 "$daemon_pid" 2>/dev/null; do
        if ((SECONDS % 60 == 0)); then
            [[ -n $resting ]] && ccctl login "$resting" >/dev/null
            ccctl login lena >/dev/null || true
            resting=${agents[RANDOM % ${#agents[@]}]}
            ccctl logout "$resting" >/dev/null || true
        fi
        sleep 1
    done
    failed "$state/callcenterd.log"
}

# demo_try: succeeds when a call was answered that had to wait for so long that its caller was asked whether he is alive, and three
# calls in all. For so long nobody is called.
demo_try() {
    ccctl internal_call_dispatching 0 >/dev/null
    wait_for 90 demo_has_waited || die "no call of the demo has waited for 40 s"
    ccctl internal_call_dispatching 1 >/dev/null
    wait_for 60 demo_has_answered ||
        die "the agents of the demo have not answered three calls, and call $demo_waited, which waited for 40 s, in a minute"
    say "call $demo_waited was answered after 40 s, $(metric callcenter_answered_calls_total) calls in all"
}

# demo_has_waited: puts the call that has waited for 40 s into `demo_waited`.
# shellcheck disable=SC2317 # called by wait_for
demo_has_waited() {
    demo_waited=$(ccctl --json cc_list_calls |
        jq -r 'first(.Calls[] | select(.State == "queued" and .["Call Time"] >= 40)).id')
    [[ -n $demo_waited ]]
}

# shellcheck disable=SC2317 # called by wait_for
demo_has_answered() {
    grep -qE "call answered .*call_id=$demo_waited( |\$)" "$state/callcenterd.log" &&
        (($(metric callcenter_answered_calls_total) >= 3))
}
