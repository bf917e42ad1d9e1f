# shellcheck shell=bash
# What the commands of this folder share. Sourced, never run.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Colours only for people.
if [[ -t 1 && -z ${NO_COLOR:-} && -z ${CI:-} ]]; then
    bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
    bold='' red='' plain=''
fi

say() { printf '%s==> %s%s\n' "$bold" "$*" "$plain"; }

die() {
    printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2
    exit 1
}

# failures LOG: what a log of tests says of those that failed, with the first lines told below each.
failures() {
    grep -q '^✘' "$1" || return 0
    say "what failed"
    awk '/^✘/ { left = 12 } /^(✔|==>)/ { left = 0 } left-- > 0' "$1" | cut -c -600
}

# need PROBE:PACKAGE...: installs the Debian packages whose probe (a command, or a file with an absolute path) is missing.
need() {
    local entry probe missing=()
    for entry in "$@"; do
        probe=${entry%%:*}
        if [[ $probe == /* ]]; then
            [[ -e $probe ]] && continue
        else
            command -v "$probe" >/dev/null && continue
        fi
        missing+=("${entry#*:}")
    done
    ((${#missing[@]})) || return 0
    local install=(apt-get install -y --no-install-recommends "${missing[@]}")
    if ((EUID != 0)); then
        die "please install what is missing, then try again: sudo ${install[*]}"
    fi
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    "${install[@]}" >/dev/null 2>&1 && return 0
    # The list of packages may be old, or not there yet.
    apt-get update >/dev/null || die "apt-get update failed"
    "${install[@]}" >/dev/null || die "could not run: ${install[*]}"
}

need_swift() {
    command -v swift >/dev/null || die "a Swift 6.3 toolchain is needed: see https://www.swift.org/install/linux/"
    need /usr/include/sqlite3.h:libsqlite3-dev /usr/include/zlib.h:zlib1g-dev \
        /usr/include/postgresql/libpq-fe.h:libpq-dev /usr/include/net-snmp/net-snmp-config.h:libsnmp-dev /usr/include/ares.h:libc-ares-dev \
        /usr/include/jemalloc/jemalloc.h:libjemalloc-dev \
        /usr/include/systemd/sd-daemon.h:libsystemd-dev
}

# Programs that were started and end with the script, by process id, and a folder that goes with them.
pids=()
scratch=''

# begin: makes the folder, and sees to it that nothing stays behind, however the script ends.
begin() {
    scratch=$(mktemp -d)
    trap finish EXIT
    trap 'printf "\n"; say "stopping"; exit 130' INT
    trap 'exit 143' TERM
}

finish() {
    trap '' INT TERM
    local pid
    kill "${pids[@]}" 2>/dev/null || true
    wait_for 10 all_gone || kill -KILL "${pids[@]}" 2>/dev/null || true
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$scratch"
}

all_gone() {
    local pid
    for pid in "${pids[@]}"; do
        # A child that has ended stays a zombie until it is waited for.
        [[ $(cut -d' ' -f3 "/proc/$pid/stat" 2>/dev/null) =~ ^[^Z]$ ]] && return 1
    done
    return 0
}

# launch LOG COMMAND...: starts a program in the background; its output goes to the log, its process id to `launched`.
launch() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 &
    launched=$!
    pids+=("$launched")
}

# failed LOG: ends with the last lines of that log.
failed() {
    tail -n 20 "$1" >&2
    die "$(basename "$1" .log) has failed; the whole log is $1"
}

# port_user udp|tcp PORT: succeeds if some program of this machine has the port, and prints which, if that can be seen.
port_user() {
    local hexadecimal inodes inode
    printf -v hexadecimal '%04X' "$2"
    # Field 2 is the local address, 4 the state (0A: a TCP listener), 10 the inode of the socket.
    inodes=$(awk -v port=":$hexadecimal" -v kind="$1" \
        'FNR > 1 && $2 ~ port "$" && (kind == "udp" || $4 == "0A") { print $10 }' \
        "/proc/net/$1" "/proc/net/${1}6" 2>/dev/null)
    [[ -n $inodes ]] || return 1
    for inode in $inodes; do
        local descriptor
        descriptor=$(find /proc/[0-9]*/fd -lname "socket:\\[$inode\\]" -print -quit 2>/dev/null)
        if [[ -n $descriptor ]]; then
            local pid=${descriptor#/proc/}
            pid=${pid%%/*}
            printf 'process %s (%s)' "$pid" "$(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c1-60)"
            return 0
        fi
    done
    printf 'another program'
}

# render SCENARIO KEY=VALUE... : prints a sipp scenario of the tests with its parameters filled in.
render() {
    local text key
    text=$(<"$top/Tests/Integration/Scenarios/$1.xml") || die "no scenario $1"
    shift
    for key in "$@"; do text=${text//"{{${key%%=*}}}"/${key#*=}}; done
    printf '%s\n' "$text"
}

# wait_for SECONDS COMMAND...: repeats a command until it succeeds; fails when the time is over.
wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}
