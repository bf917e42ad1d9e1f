import Patience
import Foundation
import Glibc
import Synchronization

/// A program that a test has started. Its output goes to a file in the test's folder.
///
/// Each child has a thread that starts it and waits for its end. The kernel kills the child when that thread dies
/// (`setpriv --pdeathsig`), so nothing stays behind a test run that crashes or is interrupted.
final class ChildProcess: Sendable {
    enum Failure: Error, CustomStringConvertible {
        case cannotStart(String, errno: Int32)
        case died(String, status: Int32, output: String)

        var description: String {
            switch self {
            case .cannotStart(let name, let errno): "cannot start \(name): \(String(cString: strerror(errno)))"
            case .died(let name, let status, let output): "\(name) ended with \(status):\n\(output)"
            }
        }
    }

    private enum State {
        case starting
        case running(pid_t)
        case ended(status: Int32)
        case failed(errno: Int32)
    }

    /// A mutex cannot be captured by the child's thread; this box can.
    private final class Shared: Sendable {
        let state = Mutex(State.starting)
    }

    let name: String
    /// Standard output and standard error.
    let output: URL
    private let shared = Shared()

    /// - Parameters:
    ///   - name: for messages and for the output file.
    ///   - program: a path, or a name to be looked up in PATH.
    ///   - folder: working folder, where the output file is made.
    ///   - inheriting: descriptors that it gets as 3, 4 and so on, as from a service manager, which also sets LISTEN_PID.
    ///     They must stay open until it runs.
    init(_ name: String, _ program: String, _ arguments: [String], in folder: URL, inheriting: [Int32] = []) {
        self.name = name
        output = folder.appendingPathComponent("\(name).out")
        // Nothing of ours beyond the standard streams: the sockets of other tests would stay open in it.
        let last = 2 + inheriting.count
        let listening = inheriting.isEmpty ? "" : "export LISTEN_PID=$$; "
        let closing =
            #"for f in /proc/self/fd/*; do f=${f##*/}; ((f > \#(last))) && eval "exec $f>&-"; done; \#(listening)exec "$@""#
        let guardian = ["setpriv", "--pdeathsig", "KILL", "--", "bash", "-c", closing, "bash"]
        let command = guardian + ["env", "--chdir", folder.path, program] + arguments
        let thread = Thread { [shared, output] in Self.live(command, output: output.path, inheriting, shared) }
        thread.start()
    }

    /// The whole life of a child, on a thread of its own.
    private static func live(_ command: [String], output: String, _ inheriting: [Int32], _ shared: Shared) {
        // Out of the way of the numbers that they get.
        let copies = inheriting.map { fcntl($0, F_DUPFD_CLOEXEC, 300) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        for (index, copy) in copies.enumerated() { posix_spawn_file_actions_adddup2(&actions, copy, Int32(3 + index)) }

        // The threads of a test run have all signals blocked, and a child would inherit that: it could only be killed.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var arguments = command.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, command[0], &actions, &attributes, arguments, environ)
        // The child has its own by now, and is to be the only one.
        for copy in copies { close(copy) }
        guard result == 0 else {
            shared.state.withLock { $0 = .failed(errno: result) }
            return
        }
        shared.state.withLock { $0 = .running(pid) }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) == -1, errno == EINTR {}
        let signal = status & 0x7f
        shared.state.withLock { $0 = .ended(status: signal == 0 ? status >> 8 & 0xff : 128 + signal) }
    }

    /// The exit status, 128 + the number of the signal that killed it, or nil while it runs.
    var status: Int32? {
        if case .ended(let status) = shared.state.withLock({ $0 }) { status } else { nil }
    }

    /// Process id of the running child.
    var pid: pid_t? {
        if case .running(let pid) = shared.state.withLock({ $0 }) { pid } else { nil }
    }

    /// Everything printed so far.
    var text: String { (try? String(decoding: Data(contentsOf: output), as: UTF8.self)) ?? "" }

    /// Sends a signal, unless the child has ended.
    func signal(_ number: Int32) {
        shared.state.withLock { state in
            if case .running(let pid) = state { kill(pid, number) }
        }
    }

    /// Waits for the end.
    ///
    /// - Returns: the exit status.
    @discardableResult
    func ended(within: Duration = .seconds(60)) async throws -> Int32 {
        try await eventually("the end of \(name)", within: within, every: .milliseconds(10)) {
            switch shared.state.withLock({ $0 }) {
            case .ended(let status): status
            case .failed(let errno): throw Failure.cannotStart(name, errno: errno)
            case .starting, .running: nil
            }
        }
    }

    /// - Throws: `Failure` if the child does not run any more, or could not be started.
    func requireAlive() throws {
        switch shared.state.withLock({ $0 }) {
        case .ended(let status): throw Failure.died(name, status: status, output: text)
        case .failed(let errno): throw Failure.cannotStart(name, errno: errno)
        case .starting, .running: return
        }
    }

    /// Asks politely, then kills.
    func stop(with signal: Int32 = SIGTERM, within: Duration = .seconds(5)) async {
        self.signal(signal)
        if (try? await ended(within: within)) == nil {
            self.signal(SIGKILL)
            _ = try? await ended(within: within)
        }
    }
}

extension ChildProcess {
    /// What a program that has ended has printed, and its exit status.
    struct Result: Sendable {
        let status: Int32
        let text: String
    }

    /// Runs a program to its end.
    static func run(
        _ name: String,
        _ program: String,
        _ arguments: [String],
        in folder: URL,
        within: Duration = .seconds(60)
    ) async throws -> Result {
        let child = ChildProcess("\(name)-\(UUID().uuidString.prefix(8))", program, arguments, in: folder)
        defer {
            child.signal(SIGKILL)
            try? FileManager.default.removeItem(at: child.output)
        }
        let status = try await child.ended(within: within)
        return Result(status: status, text: child.text)
    }
}
