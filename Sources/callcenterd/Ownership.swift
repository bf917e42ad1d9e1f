import Dispatch
import Glibc
import Logging
import ServiceLifecycle
import Settings
import Store
import Synchronization
import Systemd

/// What makes this process the only one that takes the calls (DESIGN.md section 2): the lock of its state directory and, where
/// an instance is configured, that of PostgreSQL.
final class Ownership: Sendable {
    /// Whether another process had to end first: much may have changed since ours was started.
    let hasWaited: Bool
    /// Set once, when another process has become the owner.
    let lost: AsyncStream<String>
    private let directory: OwnerLock
    private let watch: InstanceWatch?

    /// - Parameter lease: the lock of PostgreSQL, and the thread on which it is asked for.
    fileprivate init(directory: OwnerLock, lease: Lease?, hasWaited: Bool, logger: Logger) {
        self.directory = directory
        self.hasWaited = hasWaited
        let (lost, report) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingOldest(1))
        self.lost = lost
        watch = lease.map { InstanceWatch($0, logger: logger) { report.yield($0) } }
    }
}

/// A lock of PostgreSQL, and the thread on which it is asked for: that blocks.
struct Lease: Sendable {
    let lock: InstanceLock
    let queue = DispatchQueue(label: "callcenterd.owner")

    func ask() async -> Result<InstanceLock.Answer, StoreError> {
        await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(returning: Result { () throws(StoreError) in try lock.ask() })
            }
        }
    }
}

/// Waits until this process is the owner.
struct Standby {
    let configuration: Configuration
    let manager: ServiceManager
    let logger: Logger
    /// Called once, when it turns out that another is the owner.
    let begins: () -> Void

    /// How long an owner who is just about to end is waited for without a word.
    private static let patience = Duration.seconds(1)
    private static let pause = Duration.milliseconds(100)
    /// Between two questions to a server.
    private static let interval = Duration.milliseconds(250)

    func wait() async throws -> Ownership {
        let lease = try configuration.instance.map { name in
            let url = configuration.runtimeDatabaseURL ?? configuration.databaseURL
            return Lease(lock: try InstanceLock(name, url: url))
        }
        var wait = Wait(standby: self)
        let directory = try await wait.directory()
        if let lease { await wait.instance(lease) }
        wait.isOver()
        return Ownership(directory: directory, lease: lease, hasWaited: wait.hasBegun, logger: logger)
    }

    private struct Wait {
        let standby: Standby
        let since = ContinuousClock.now
        var hasBegun = false
        private var status = ""

        init(standby: Standby) { self.standby = standby }

        mutating func directory() async throws -> OwnerLock {
            let path = standby.configuration.stateDirectory
            while true {
                switch try OwnerLock.attempt(path) {
                case .taken(let lock): return lock
                case .owned(let process):
                    say("\(process.map { "process \($0)" } ?? "another process") owns \(path)")
                    try await Task.sleep(for: Standby.pause)
                }
            }
        }

        mutating func instance(_ lease: Lease) async {
            let name = "instance \(lease.lock.instance)"
            while true {
                switch await lease.ask() {
                case .success(.ours): return
                case .success(.another(let who)): say("\(who) owns \(name)")
                case .success(.pause): say("\(lease.lock.server) is back, and \(name) is left to its owner of before")
                case .failure(let error): say("it cannot be asked who owns \(name): \(error)")
                }
                // Ends early only when we are cancelled, which nobody does before the start.
                try? await Task.sleep(for: Standby.interval)
            }
        }

        /// Tells who is the owner, if he is that for longer than a restart takes.
        private mutating func say(_ reason: String) {
            guard ContinuousClock.now - since >= Standby.patience, status != reason else { return }
            status = reason
            let text = "standby: \(reason)"
            guard !hasBegun else { return standby.manager.notify(.status(text)) }
            hasBegun = true
            standby.logger.notice("\(text)")
            standby.begins()
            // Nothing has been opened, so there is nothing to be closed. By default process 1 of a container would stay.
            for number in [SIGTERM, SIGINT] { signal(number) { _ in _exit(0) } }
            // The file is read again anyway.
            signal(SIGHUP, SIG_IGN)
            // A standby has started: whoever started it need not wait.
            standby.manager.notify(.ready(status: text))
            standby.manager.standBy()
        }

        func isOver() {
            guard hasBegun else { return }
            for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_DFL) }
            standby.logger.notice("the owner is gone: taking over")
        }
    }
}

/// Keeps the lock of PostgreSQL from now on.
private final class InstanceWatch: Sendable {
    private static let interval = DispatchTimeInterval.seconds(1)
    private let timer: BackgroundTimer

    init(_ lease: Lease, logger: Logger, lost: @escaping @Sendable (String) -> Void) {
        timer = BackgroundTimer(on: lease.queue)
        let name = "instance \(lease.lock.instance)"
        let isAway = Mutex(false)
        timer.setEventHandler { [timer] in
            do throws(StoreError) {
                switch try lease.lock.ask() {
                case .ours, .pause:
                    let wasAway = isAway.withLock { isAway in
                        defer { isAway = false }
                        return isAway
                    }
                    if wasAway { logger.notice("\(name) is still ours") }
                case .another(let who):
                    timer.cancel()
                    logger.critical("\(who) has become the owner of \(name): this process ends")
                    lost("\(who) has become the owner of \(name)")
                }
            } catch {
                let wasAway = isAway.withLock { isAway in
                    defer { isAway = true }
                    return isAway
                }
                if !wasAway {
                    let text = "the lock of \(name) cannot be held; calls go on, and whoever gets it first is the owner"
                    logger.error("\(text)", metadata: ["error": "\(error)"])
                }
            }
        }
        timer.schedule(deadline: .now() + Self.interval, repeating: Self.interval)
        timer.activate()
    }

    deinit { timer.cancel() }
}

/// Ends the process when another one has become the owner. Its calls are the other's by now: nobody hangs up here.
struct OwnerWatch: Service {
    let ownership: Ownership

    func run() async throws {
        for await reason in ownership.lost.cancelOnGracefulShutdown() { throw StartError.system(reason) }
    }
}
