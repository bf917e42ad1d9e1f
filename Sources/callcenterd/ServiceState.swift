import CallCenter
import Logging
import Management
import Synchronization
import Systemd
import Telemetry

/// What the service manager is told: when the service is ready, and how things are in one line.
final class ServiceState: Sendable {
    private struct State {
        /// Parts that have yet to open their sockets.
        var closed: Int
        var isDraining = false
        /// Why the last reload was refused; nil if it was not.
        var refusedReload: String?
        var line = "starting"
    }

    let manager: ServiceManager
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameter parts: how many calls of `opened` make the service ready.
    init(manager: ServiceManager, parts: Int, logger: Logger) {
        self.manager = manager
        self.logger = logger
        state = Mutex(State(closed: parts))
    }

    /// A part takes connections. The last one makes the service ready.
    func opened() {
        let line: String? = state.withLock { state in
            state.closed -= 1
            guard state.closed == 0 else { return nil }
            state.line = "ready for calls"
            return state.line
        }
        guard let line else { return }
        manager.release()
        manager.notify(.ready(status: line))
    }

    /// Tells of a reload, before and after it; whoever asked for it, a refusal is the same line of the log.
    func reload(
        _ body: () async -> Result<ProvisioningReport, ControlError>
    ) async -> Result<ProvisioningReport, ControlError> {
        manager.reloading()
        let result = await body()
        switch result {
        case .success: reloadEnded(refusal: nil)
        case .failure(let error):
            logger.error("reload refused: \(error.message)")
            reloadEnded(refusal: error.message)
        }
        return result
    }

    private func reloadEnded(refusal: String?) {
        let line = state.withLock { state in
            state.refusedReload = refusal
            return state.line
        }
        manager.notify(.ready(status: refusal.map { Self.with(refusal: $0, line) } ?? line))
    }

    /// - Parameter limit: what the calls there are may last. A manager that has asked for this (`ExecStop=callcenterd --drain`)
    ///   is not to give up before.
    func drainBegins(limit: Duration) {
        state.withLock { $0.isDraining = true }
        manager.holdOn(limit: limit)
    }

    func stopping() {
        manager.notify(.stopping(status: "stopping: calls end, records are being written"))
        // As for the start: a disk or a database that is slow is waited for, one that hangs is not waited for for ever.
        manager.holdOn(limit: Self.longestWork)
    }

    /// For which more time is asked for, at the start and at the end.
    static let longestWork = Duration.seconds(900)

    /// Tells how things are, if that has changed.
    func show(_ snapshot: Snapshot) {
        let text = Self.line(snapshot)
        let news: String? = state.withLock { state in
            let line = state.isDraining ? "no new calls: \(text)" : text
            guard line != state.line, state.closed == 0 else { return nil }
            state.line = line
            return state.refusedReload.map { Self.with(refusal: $0, line) } ?? line
        }
        if let news { manager.notify(.status(news)) }
    }

    /// `12 talking, 3 queued, 40/52 agents free, store ok`.
    private static func line(_ snapshot: Snapshot) -> String {
        let totals = snapshot.center.totals
        let store = snapshot.process.store
        var line = "\(totals.talking) talking, \(totals.queued) queued"
        line += ", \(totals.freeAgents)/\(totals.loggedAgents) agents free"
        line += store.backlog == 0 ? ", store ok" : ", store: \(store.backlog) records waiting"
        if store.isProvisioningMissing {
            line += ", NO flows and agents: the database cannot be read"
        } else if store.isProvisioningStale {
            line += ", flows and agents of an earlier reading"
        }
        if store.recordsLost > 0 { line += ", \(store.recordsLost) RECORDS LOST" }
        return line
    }

    private static func with(refusal: String, _ line: String) -> String { "\(line); last reload refused: \(refusal)" }
}
