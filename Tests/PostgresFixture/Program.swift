import Foundation
import Glibc

/// A child process whose output goes to a file.
struct Program: Sendable {
    /// Who runs servers when we are root: they refuse root.
    static let owner: (user: uid_t, group: gid_t)? = {
        guard geteuid() == 0 else { return nil }
        guard let entry = getpwnam("postgres") ?? getpwnam("nobody") else { return nil }
        return (entry.pointee.pw_uid, entry.pointee.pw_gid)
    }()

    let pid: pid_t

    /// - Parameters:
    ///   - command: an absolute path, and arguments.
    ///   - asOwner: run by `owner`, if there is one.
    init(_ command: [String], log: String, asOwner: Bool = true) throws {
        // The folder of the tests may be closed to others, and PostgreSQL asks where it is.
        var words = ["/usr/bin/env", "--chdir=/"] + command
        if asOwner, let owner = Self.owner {
            let options = ["--reuid=\(owner.user)", "--regid=\(owner.group)", "--clear-groups"]
            words = ["/usr/bin/setpriv"] + options + words
        }
        // Nothing of ours beyond the standard streams: the sockets of other tests would leave it no descriptors.
        let close = #"for f in /proc/self/fd/*; do f=${f##*/}; ((f > 2)) && eval "exec $f>&-"; done; exec "$@""#
        words = ["/bin/bash", "-c", close, "bash"] + words
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: Ctrl-C at the terminal is for the tests, which then stop it. And no signal blocked or
        // ignored that is so here.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
        let environment = ["PATH=/usr/bin:/bin", "LC_ALL=C", "PGCONNECT_TIMEOUT=20"]
        let arguments = words.map { strdup($0) } + [nil]
        let variables = environment.map { strdup($0) } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, words[0], &actions, &attributes, arguments, variables)
        guard status == 0 else {
            throw PostgresServer.Failure(description: "\(words[0]): \(String(cString: strerror(status)))")
        }
        self.pid = pid
    }

    /// Whether it still runs. Must not be asked after `ended`.
    var isAlive: Bool {
        var information = siginfo_t()
        return waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT) == 0 && information.si_signo == 0
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for the end, this many seconds at most.
    ///
    /// - Returns: the exit status, or 128 + the number of the signal that killed it.
    func ended(within seconds: Double) throws -> Int32 {
        var status: Int32 = 0
        guard Self.wait(atMost: seconds, until: { waitpid(pid, &status, WNOHANG) != 0 }) else {
            throw PostgresServer.Failure(description: "process \(pid) does not end within \(seconds) s")
        }
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }

    /// Looks again and again whether something is so; false if the time is over.
    static func wait(atMost seconds: Double, until isSo: () throws -> Bool) rethrows -> Bool {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while try !isSo() {
            guard Date() < deadline else { return false }
            usleep(5_000)
        }
        return true
    }

    static func error() -> String { String(cString: strerror(errno)) }
}
