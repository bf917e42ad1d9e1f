# Runs in the sandbox of a unit, in place of its program, and tries what the program must not be able to do, and what it must.
# Prints a line for each attempt: `ok WHAT` or `bad WHAT`.
use strict;
use warnings;
use Socket;

$| = 1;
my $unit = shift;
my $state = $unit eq 'callcenterd';

sub report { my ($good, $what) = @_; printf "%s %s%s\n", $good ? 'ok' : 'bad', $what, $good ? '' : " ($!)"; }

sub denied { my ($what, $attempt) = @_; report(!$attempt->(), $what); }

sub writable { my $path = shift; open(my $file, '>', $path) or return 0; close $file; unlink $path; return 1; }

sub bound {
    my ($type, $port) = @_;
    my $socket;
    return socket($socket, PF_INET, $type, 0) && bind($socket, pack_sockaddr_in($port, INADDR_LOOPBACK));
}

for my $folder ('/etc', '/usr/bin', '/usr/share/callcenterd', '/var/lib', '/var/log', '/boot', '/root', '/home', '/dev/shm/..',
    '/sys/kernel', '/proc/sys/net') {
    denied("cannot write in $folder", sub { writable("$folder/callcenterd-probe") });
}
denied('cannot open a raw socket', sub { socket(my $s, PF_INET, SOCK_RAW, 1) });
denied('cannot open a packet socket', sub { socket(my $s, 17, SOCK_RAW, 768) });
denied('cannot open a netlink socket', sub { socket(my $s, 16, SOCK_RAW, 0) });
denied('cannot bind a port below 1024', sub { bound(SOCK_DGRAM, 389) });

# x86-64 and arm64 number system calls differently.
my %call = `uname -m` =~ /aarch64/
    ? (ptrace => 117, unshare => 97, mmap => 222, mprotect => 226, setuid => 146, mount => 40, keyctl => 219, bpf => 280)
    : (ptrace => 101, unshare => 272, mmap => 9, mprotect => 10, setuid => 105, mount => 165, keyctl => 250, bpf => 321);
# syscall() wants values that it may write to.
sub call { my ($name, @values) = @_; return syscall($call{$name}, @values) != -1; }

my $other = fork() // die "fork: $!";
if ($other == 0) { sleep 60; exit 0; }
# PTRACE_ATTACH, to a process of the same user.
denied('cannot trace another process', sub { call('ptrace', 16, $other, 0, 0) });
kill 'KILL', $other;
waitpid $other, 0;
denied('cannot make a user namespace', sub { call('unshare', 0x10000000) });
denied('cannot make a mount namespace', sub { call('unshare', 0x20000) });
denied('cannot mount', sub { call('mount', 'none', '/tmp', 'tmpfs', 0, 0) });
denied('cannot become root', sub { call('setuid', 0) });
denied('cannot load a BPF program', sub { call('bpf', 0, 0, 0) });
# PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS.
denied('cannot map memory that is both writable and executable', sub { call('mmap', 0, 4096, 7, 0x22, -1, 0) });
denied('sees no device but the harmless ones', sub { -e '/dev/mem' || -e '/dev/kmsg' || -e '/dev/sda' });
denied('sees no process of others', sub { -d '/proc/1' && -r '/proc/1/environ' });
denied('has no capability', sub {
    open(my $file, '<', '/proc/self/status') or return 1;
    return scalar grep { /^Cap(Prm|Eff|Bnd|Amb):\s*0*[1-9a-f]/ } <$file>; });
denied('can gain no privilege by a set-user-ID program', sub {
    open(my $file, '<', '/proc/self/status') or return 1;
    return !grep { /^NoNewPrivs:\s*1/ } <$file>; });

report(writable('/var/lib/callcenterd/probe'), 'can write its state') if $state;
report(writable('/run/callcenterd/probe'), 'can write at run time') if $state;
report(writable('/tmp/probe'), 'can write temporary files of its own');
report(bound(SOCK_DGRAM, 0), 'can open UDP');
report(bound(SOCK_STREAM, 0), 'can open TCP');
report(socket(my $local, PF_UNIX, SOCK_STREAM, 0), 'can open Unix sockets');
print "ok the probe came to its end\n";
