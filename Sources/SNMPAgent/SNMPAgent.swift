import CNetSNMP
package import Logging
import Synchronization
package import Telemetry

/// An AgentX subagent (RFC 2741) of the machine's SNMP agent: answers for the subtree `callcenterdMIB` from the tree that
/// was published last, and sends notifications.
///
/// A thread of its own is the only one to touch libnetsnmp and may wait for the master agent as long as that takes:
/// nothing else in the process waits for it. It looks for the master once a second, and says in the log only when it has
/// found or lost it. There can be one agent a process, because libnetsnmp has global state.
package final class SNMPAgent: Sendable {
    /// Seconds between attempts to reach the master, and between checks that it is still there.
    private static let ping: CInt = 1
    /// Milliseconds between two ticks from which on it was a silent master that was waited for: between a ping and the six
    /// seconds that libnetsnmp waits for an answer.
    private static let silence: Int64 = 3_000

    private struct State {
        /// What is answered from; replaced as a whole.
        var tree: ManagedTree?
        /// What the request at hand is answered from, so that it shows one moment.
        var serving: ManagedTree?
        var waiting: [ManagedNotification] = []
        var figures = ProcessFigures.SNMP()
        /// The core's clock when the master's sysUpTime was 0, in milliseconds.
        var masterStarted: Int64 = 0
        var hasSaidAbsent = false
        /// When the thread last came back from the master, in milliseconds of the core's clock, and the failures until then.
        var lastTick = monotonicMilliseconds()
        var failuresAtTick: UInt64 = 0
        var isStopping = false
        var hasEnded = false
    }

    private let socket: String
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameter socket: of the master agent, as libnetsnmp names it: `unix:/run/agentx/master`,
    ///   `tcp:127.0.0.1:705`.
    package init(socket: String, logger: Logger) {
        self.socket = socket
        self.logger = logger
    }

    // MARK: For other threads

    /// What is answered from now on.
    package func publish(_ tree: ManagedTree) { state.withLock { $0.tree = tree } }

    /// Whether a notification given now would go to the master at once.
    package var canNotify: Bool { state.withLock { $0.figures.isConnected && $0.waiting.isEmpty } }

    /// Sends these, in this order.
    ///
    /// - Parameter counters: all that was sent and suppressed, these included, for the statistics.
    package func notify(_ notifications: [ManagedNotification], counters: NotificationCounters) {
        state.withLock { state in
            state.waiting += notifications
            state.figures.notifications = counters
        }
        if !notifications.isEmpty { cnetsnmp_wake() }
    }

    package var figures: ProcessFigures.SNMP { state.withLock { $0.figures } }

    /// To be called about once a second, by any other thread. libnetsnmp says nothing of a master that takes the connection and
    /// then does not answer: it waits for it, and tries again without coming back. So what tells of it is that the thread has not
    /// ticked for so long.
    package func lookForSilence() {
        let now = monotonicMilliseconds()
        let isFirst = state.withLock { state in
            guard now - state.lastTick >= Self.silence, !state.figures.isConnected, !state.isStopping,
                state.figures.connectFailures == state.failuresAtTick
            else { return false }
            state.figures.connectFailures += 1
            (state.lastTick, state.failuresAtTick) = (now, state.figures.connectFailures)
            defer { state.hasSaidAbsent = true }
            return !state.hasSaidAbsent
        }
        guard isFirst else { return }
        logger.notice("SNMP: the master agent does not answer; trying again", metadata: ["socket": "\(socket)"])
    }

    package func start() {
        ticked()
        let thread = AgentThread { self.run() }
        if !thread.start() { logger.error("SNMP: no thread can be had") }
    }

    /// Ends the session with the master. A master that hangs is not waited for longer than `limit`.
    package func stop(within limit: Duration) async {
        state.withLock { $0.isStopping = true }
        cnetsnmp_wake()
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline, !state.withLock({ $0.hasEnded }) {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    // MARK: The thread

    private func run() {
        defer { state.withLock { $0.hasEnded = true } }
        let base = ManagedTree.base
        // The callbacks may come as long as the process lives.
        let context = Unmanaged.passRetained(self).toOpaque()
        let callbacks = cnetsnmp_callbacks(
            context: context,
            begin: agentBegins,
            find: agentFinds,
            session: agentSessionChanged,
            tick: agentTicks,
            log: agentLogs
        )
        guard cnetsnmp_start(socket, Self.ping, base, base.count, callbacks) == 0 else {
            return logger.error("SNMP: libnetsnmp cannot be used")
        }
        while !state.withLock({ $0.isStopping }) {
            sendWaiting()
            cnetsnmp_step()
        }
        sendWaiting()
        cnetsnmp_stop()
    }

    private func sendWaiting() {
        let (waiting, masterStarted) = state.withLock { ($0.waiting, $0.masterStarted) }
        guard !waiting.isEmpty else { return }
        for notification in waiting {
            let objects = notification.bindings.map { cnetsnmp_instance($0, masterStarted: masterStarted) }
            cnetsnmp_notify(notification.identifier, notification.identifier.count, objects, objects.count)
        }
        // Only now: whoever sees an empty list knows that the master takes them.
        state.withLock { $0.waiting.removeFirst(waiting.count) }
    }

    // MARK: Called by libnetsnmp, on the thread

    func begin() {
        state.withLock { $0.serving = $0.tree }
    }

    func find(
        _ mode: cnetsnmp_mode,
        _ name: [UInt32],
        isInclusive: Bool,
        into instance: inout cnetsnmp_instance
    ) -> cnetsnmp_result {
        let (serving, masterStarted) = state.withLock { state in
            state.figures.requests += 1
            return (state.serving, state.masterStarted)
        }
        guard let serving else { return mode == CNETSNMP_GET ? CNETSNMP_NO_SUCH_INSTANCE : CNETSNMP_END }
        if mode == CNETSNMP_GETNEXT {
            guard let next = serving.next(after: name, inclusive: isInclusive) else { return CNETSNMP_END }
            instance.fill(next, masterStarted: masterStarted)
            return CNETSNMP_FOUND
        }
        switch serving.get(name) {
        case .value(let value):
            instance.fill(.init(name: name, value: value), masterStarted: masterStarted)
            return CNETSNMP_FOUND
        case .noSuchObject: return CNETSNMP_NO_SUCH_OBJECT
        case .noSuchInstance: return CNETSNMP_NO_SUCH_INSTANCE
        }
    }

    func sessionChanged(isOpen: Bool) {
        let started = monotonicMilliseconds() - Int64(cnetsnmp_uptime()) * 10
        let hasChanged = state.withLock { state in
            defer { state.figures.isConnected = isOpen }
            if isOpen { state.masterStarted = started }
            state.hasSaidAbsent = true
            return state.figures.isConnected != isOpen && !state.isStopping
        }
        guard hasChanged else { return }
        if isOpen {
            logger.info("SNMP: subagent of the master agent", metadata: ["socket": "\(socket)"])
        } else {
            logger.notice("SNMP: the master agent is gone; looking for it again", metadata: ["socket": "\(socket)"])
        }
    }

    func ticked() {
        let now = monotonicMilliseconds()
        state.withLock { ($0.lastTick, $0.failuresAtTick) = (now, $0.figures.connectFailures) }
    }

    /// Most of what libnetsnmp says is about the master that is not there, once an attempt.
    func log(priority: CInt, _ line: String) {
        let isFailure = line.hasPrefix("Warning: Failed to connect to the agentx master agent")
        let isFirst = state.withLock { state in
            if isFailure { state.figures.connectFailures += 1 }
            defer { if isFailure { state.hasSaidAbsent = true } }
            return isFailure && !state.hasSaidAbsent
        }
        if isFirst {
            logger.notice("SNMP: no master agent; looking for it once a second", metadata: ["socket": "\(socket)"])
        }
        let text = line.split(separator: "\n").joined(separator: " ")
        logger.debug("libnetsnmp: \(text)", metadata: ["priority": "\(priority)"])
    }
}
