# shellcheck shell=bash
# A Debian 12 in a folder, booted with systemd-nspawn. Sourced by the appliance test, after packaging/common.sh.

machines=$top/.build-appliance
# The bare system, kept for the next time.
base=$machines/bookworm
# The machine of this run.
root=''
# Process ID of its init, seen from here.
init=''
nspawn=''
# What goes before a program of this machine that is to have the network of that one, where a function cannot stand.
in_network=()

# need_machine: says plainly what stands in the way of a machine; it is never skipped.
need_machine() {
    ((EUID == 0)) || die "the appliance test needs root: debootstrap and systemd-nspawn do"
    need debootstrap:debootstrap systemd-nspawn:systemd-container nsenter:util-linux
    unshare --mount --pid --ipc --uts --net --fork true 2>/dev/null ||
        die "the appliance test needs namespaces of its own, which this environment does not allow (unshare fails)"
}

# debian_sources: the lines for sources.list, as apt of this machine has them for Debian 12.
# shellcheck disable=SC2016 # apt's own placeholders
debian_sources() {
    apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
        awk '$2 ~ /^bookworm/ && $3 == "main" && !seen[$0]++ { print "deb", $1, $2, $3 }'
}

# make_base: a bare system with an init, which takes a minute.
make_base() {
    local mirror proxy
    debian_sources >"$scratch/sources"
    if [[ ! -s $scratch/sources ]]; then
        apt-get update >/dev/null || die "apt-get update failed"
        debian_sources >"$scratch/sources"
    fi
    mirror=$(awk '$3 == "bookworm" { print $2; exit }' "$scratch/sources")
    [[ -n $mirror ]] || die "the apt of this machine knows no mirror of Debian 12 (bookworm)"
    proxy=$(apt-config shell proxy Acquire::http::Proxy)
    [[ -n $proxy ]] && eval "export http_$proxy"
    say "debootstrap"
    rm -rf "$base" "$base.part"
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,procps bookworm "$base.part" "$mirror" \
        >"$machines/debootstrap.log" 2>&1 || {
        tail -n 5 "$machines/debootstrap.log" >&2
        die "debootstrap failed; its log is $machines/debootstrap.log"
    }
    cp "$scratch/sources" "$base.part/etc/apt/sources.list"
    apt-config dump | grep -E '^(Acquire::https?::|APT::Sandbox)' >"$base.part/etc/apt/apt.conf.d/99machine" || true
    mv "$base.part" "$base"
}

# boot_machine: a copy of the bare system, up and running; it goes when the script ends.
boot_machine() {
    mkdir -p "$machines"
    [[ -d $base ]] || make_base
    root=$(mktemp -d "$machines/machine.XXXXXX")
    trap end_machine EXIT
    cp -a "$base/." "$root/"
    : >"$root/etc/machine-id"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    # Debian's installer writes it; debootstrap does not.
    [[ -s $root/etc/hosts ]] || printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' >"$root/etc/hosts"
    launch "$machines/nspawn.log" systemd-nspawn -q -D "$root" --boot --register=no --keep-unit --private-network \
        --resolv-conf=off --console=passive
    nspawn=$launched
    # shellcheck disable=SC2317 # called by wait_for
    has_init() { init=$(pgrep -P "$nspawn") && [[ -n $init ]]; }
    # shellcheck disable=SC2317 # called by wait_for
    is_up() { [[ $(machine systemctl is-system-running) =~ ^(running|degraded)$ ]]; }
    if ! wait_for 20 has_init || ! wait_for 60 is_up; then
        tail -n 20 "$machines/nspawn.log" >&2
        die "systemd-nspawn cannot boot a machine in this environment; its log is $machines/nspawn.log"
    fi
    in_network=(nsenter -t "$init" -n --)
    machine_apt update >"$machines/apt.log" 2>&1 || {
        tail -n 5 "$machines/apt.log" >&2
        die "apt-get update failed in the machine"
    }
}

end_machine() {
    local mark
    if [[ -n $init ]] && kill -0 "$init" 2>/dev/null; then
        # SIGRTMIN+4: power off.
        kill -s RTMIN+4 "$init" 2>/dev/null || true
        mark=$((SECONDS + 20))
        while kill -0 "$nspawn" 2>/dev/null && ((SECONDS < mark)); do sleep 0.2; done
        kill -KILL "$init" 2>/dev/null || true
    fi
    finish
    [[ -n $root ]] && rm -rf "$root"
    return 0
}

clean_environment=(env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root
    DEBIAN_FRONTEND=noninteractive SYSTEMD_PAGER=cat)

# machine COMMAND...: in the machine.
machine() { nsenter -t "$init" -a -- "${clean_environment[@]}" "$@" </dev/null; }

# machine_apt ARGUMENT...: apt-get in the machine, but with the network of this one: the machine itself has none but loopback.
machine_apt() { nsenter -t "$init" -m -u -i -p -C -- "${clean_environment[@]}" apt-get -q "$@" </dev/null; }

# machine_network COMMAND...: a program of this machine in the network of that one.
machine_network() { "${in_network[@]}" "$@" </dev/null; }
