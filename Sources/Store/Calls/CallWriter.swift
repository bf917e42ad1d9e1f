import CallCenter
package import Dispatch
package import Logging
import Synchronization

/// Brings what is alive into `cc_calls` and `cc_agent_state`, on a thread of its own, so that a process on another machine can go
/// on with it.
///
/// The journal of calls has everything at once and is what counts on this machine; here the last state of a call is what
/// matters. States that follow each other between two writings are one, and a call that is over by then leaves no trace. A
/// database that is away costs what waits: one state a call that is alive, and the keys of those that were written and are over.
package final class CallWriter: Sendable {
    package struct Limits: Sendable {
        /// Between two writings: what a machine that dies may take with it.
        package var interval = DispatchTimeInterval.milliseconds(500)
        /// Rows in one transaction.
        package var batch = 500
        /// We are known to live if this is not older by more than an interval, though nothing changes.
        package var sign = Duration.seconds(2)
        package var pauses = Duration.milliseconds(500)...Duration.seconds(10)
        /// Until it is said that another is the owner: whoever asks for the lock knows more about that, if he finds it out, too.
        package var silence = DispatchTimeInterval.seconds(3)

        package init() {}
    }

    struct State {
        /// States that are not written yet, by the keys of the calls.
        var calls: [String: [UInt8]] = [:]
        var agents: [String: AgentRow] = [:]
        /// Calls that are over and have a row, each with the place in the journal of records behind its record.
        var ended: [String: UInt64] = [:]
        /// Calls that have a row, or may have.
        var written: Set<String> = []
        var isOwner = false
        /// The rows of earlier processes may go when the records before this place are written; nil: they have gone.
        var sweepFrom: UInt64?
        /// Everything that was alive at the beginning has been written once.
        var isComplete = false
        var lastSign: ContinuousClock.Instant?
        var pause: Duration
        var earliest: ContinuousClock.Instant?
        var isFailing = false
        /// Another process has become the owner.
        var isOver = false
        /// The run that our calls follow: whoever else has claimed them has done so after that.
        var follows: String?
        /// Called once, when another process turns out to be the owner.
        var reportOver: (@Sendable () -> Void)?
    }

    let database: any CenterDatabase
    let owner: CallOwner
    private let journal: Journal
    /// A row for what the journal of calls has of a call; nil if it makes no sense. Called on the thread of its own.
    let row: @Sendable ([UInt8]) -> CallRow?
    let limits: Limits
    let logger: Logger
    let queue = DispatchQueue(label: "callcenterd.kept", qos: .utility)
    private let timer: BackgroundTimer
    /// Locked for moments, never while the database is at work.
    let state: Mutex<State>

    /// - Parameter journal: of the records: a call's row stays until its record is in its database.
    package init(
        database: any CenterDatabase,
        owner: CallOwner,
        journal: Journal,
        limits: Limits = Limits(),
        logger: Logger,
        row: @escaping @Sendable ([UInt8]) -> CallRow?
    ) {
        self.database = database
        self.owner = owner
        self.journal = journal
        self.limits = limits
        self.logger = logger
        self.row = row
        state = Mutex(State(pause: limits.pauses.lowerBound))
        timer = BackgroundTimer(on: queue)
        timer.setEventHandler { [weak self] in self?.run() }
        timer.activate()
    }

    deinit { timer.cancel() }

    /// What the last owner has left.
    ///
    /// - Parameter limit: how long that may take.
    package func left(within limit: Duration) async throws(StoreError) -> CallsLeft {
        try await database.background(within: limit) { [instance = owner.instance] database throws(StoreError) in
            try database.callsLeft(of: instance)
        }
    }

    /// Whether the last writing has failed.
    package var isFailing: Bool { state.withLock { $0.isFailing } }

    /// Whose rows we write.
    package var instance: String { owner.instance }

    /// The name of our state directory.
    package var journalName: String { owner.journal }

    // MARK: - From the call loop

    /// A call as it is now. Returns at once.
    package func submit(call key: String, _ kept: [UInt8]) { state.withLock { $0.calls[key] = kept } }

    /// A call is over, and its record is in the journal of records.
    package func submit(endOf key: String) {
        let place = journal.place
        state.withLock { state in
            state.calls[key] = nil
            if state.written.contains(key) { state.ended[key] = place }
        }
    }

    package func submit(_ agent: AgentRow) { state.withLock { $0.agents[agent.id] = agent } }

    /// Everything that is alive has been submitted: writing may begin, and makes us the owner.
    ///
    /// - Parameters:
    ///   - follows: the run that our calls follow; nil: there was none before us.
    ///   - isOver: called once, from the thread of its own, when another process has become the owner.
    package func start(following follows: String? = nil, isOver: @escaping @Sendable () -> Void = {}) {
        state.withLock { state in
            state.sweepFrom = journal.place
            state.follows = follows
            state.reportOver = isOver
        }
        timer.schedule(deadline: .now(), repeating: limits.interval, leeway: .milliseconds(20))
    }

    /// The end: writes what can be written within this time. The rows stay for the next process.
    package func stop(within limit: Duration) async {
        timer.cancel()
        let answer = OneAnswer<Void>()
        queue.async {
            self.run(isLast: true)
            answer.give(())
        }
        // A database that hangs is not waited for.
        DispatchQueue.deadlines.asyncAfter(deadline: .after(limit)) { answer.give(()) }
        await answer.wait()
    }

    // MARK: - The thread of its own

    private func run(isLast: Bool = false) {
        guard isLast || state.withLock({ $0.earliest.map { $0 <= .now } ?? true }) else { return }
        while let work = take() {
            guard write(work) else { return }
        }
    }

    /// What is to be written next; nil: nothing.
    private func take() -> Work? {
        let recorded = journal.recordsDone
        return state.withLock { state -> Work? in
            guard !state.isOver else { return nil }
            var work = Work()
            for (key, kept) in state.calls.prefix(limits.batch) { work.calls.append((key, kept)) }
            for (key, _) in work.calls {
                state.calls[key] = nil
                state.written.insert(key)
            }
            work.agents = Array(state.agents.values.prefix(limits.batch))
            for agent in work.agents { state.agents[agent.id] = nil }
            for (key, place) in state.ended where place <= recorded && work.changes.ended.count < limits.batch {
                work.changes.ended.append(key)
            }
            work.completes = !state.isComplete && state.calls.isEmpty
            work.changes.claims = !state.isOwner
            work.changes.follows = state.isOwner ? nil : state.follows
            if let place = state.sweepFrom, place <= recorded, state.isComplete || work.completes {
                work.changes.sweeps = true
            }
            let isSignDue = state.lastSign.map { .now - $0 >= limits.sign } ?? true
            let isNothing = work.calls.isEmpty && work.agents.isEmpty && work.changes.ended.isEmpty
            return isNothing && !work.changes.sweeps && !isSignDue ? nil : work
        }
    }
}
