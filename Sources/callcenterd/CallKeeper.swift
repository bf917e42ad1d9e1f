import Exchange
import Logging
import SIP
import Store
import Synchronization

/// Keeps calls, and what agents do, for the next process: in the journal, and where another machine may be the next, in
/// `cc_calls`, too.
final class CallKeeper: Sendable {
    /// What there is to go on with.
    struct Found {
        var calls: [KeptCall] = []
        var agents: [KeptAgent] = []
        /// When the process that left it was last known to live, milliseconds since 1970.
        var lastAlive: Milliseconds?
    }

    private let journal: CallJournal
    /// nil: there are no other machines.
    private let writer: CallWriter?
    private let logger: Logger
    /// Whether it has been said that there is no room.
    private let isFull = Mutex(false)

    init(journal: CallJournal, writer: CallWriter?, logger: Logger) {
        self.journal = journal
        self.writer = writer
        self.logger = logger
    }

    /// What the last process has left, here or on another machine. What cannot be read is logged and left out.
    func found() async -> Found {
        for finding in journal.found.findings { logger.critical("the journal of calls is damaged: \(finding)") }
        let here = read(journal.found.calls, journal.found.agents.map { try? KeptAgent(encoded: $0) })
        var found = Found(calls: here.calls, agents: here.agents, lastAlive: journal.found.lastAlive)
        guard let left = await leftElsewhere() else { return found }
        // It would come back at the next start.
        for call in found.calls { _ = journal.appendEnd(ofCall: call.key, number: call.number) }
        found.calls = read(left.calls.map { [$0] }, []).calls
        found.agents = left.agents.map(KeptAgent.init)
        found.lastAlive = left.lastAlive
        for agent in found.agents { note(journal.append(.agent, agent.encoded)) }
        logger.notice("going on with what another machine has left", metadata: ["calls": "\(found.calls.count)"])
        return found
    }

    /// What another machine has left, if that is newer than what we have.
    private func leftElsewhere() async -> CallsLeft? {
        guard let writer else { return nil }
        do throws(StoreError) {
            let left = try await writer.left()
            guard let journalName = left.journal, journalName != writer.journalName else { return nil }
            return left.lastAlive > journal.found.lastAlive ?? .min ? left : nil
        } catch {
            logger.critical(
                "it cannot be read which calls another machine has left; going on with those of our own journal",
                metadata: ["error": "\(error)"]
            )
            return nil
        }
    }

    private func read(_ calls: [[[UInt8]]], _ agents: [KeptAgent?]) -> (calls: [KeptCall], agents: [KeptAgent]) {
        let read = (calls: calls.compactMap { try? KeptCall(entries: $0) }, agents: agents.compactMap(\.self))
        let unreadable = calls.count - read.calls.count + agents.count - read.agents.count
        if unreadable > 0 {
            logger.critical(
                "calls and agents of the last process cannot be read; were they written by another callcenterd?",
                metadata: ["count": "\(unreadable)"]
            )
        }
        return read
    }

    /// Whether each time the whole of a call is to be kept: a row of `cc_calls` has that.
    var wantsWholeCalls: Bool { writer != nil }

    /// What was found is in force again.
    func takenOver() {
        journal.takenOver()
        writer?.start()
    }

    /// In memory that outlives the process when this returns.
    ///
    /// - Returns: false if something found no room.
    func keep(_ kept: [Keeping]) -> Bool {
        var areAllKept = true
        for keeping in kept {
            let isKept: Bool
            switch keeping {
            case .call(let key, _, let encoded):
                isKept = journal.append(.call, encoded)
                writer?.submit(call: key, encoded)
            case .callChanged(_, _, let encoded):
                isKept = journal.append(.callChange, encoded)
            case .callEnded(let key, let number):
                isKept = journal.appendEnd(ofCall: key, number: number)
                writer?.submit(endOf: key)
            case .agent(let agent):
                isKept = journal.append(.agent, agent.encoded)
                writer?.submit(AgentRow(agent))
            }
            note(isKept)
            areAllKept = areAllKept && isKept
        }
        return areAllKept
    }

    private func note(_ isKept: Bool) {
        let isNews = isFull.withLock { isFull in
            defer { isFull = !isKept }
            return isFull == isKept
        }
        guard isNews else { return }
        if isKept {
            logger.notice("calls are kept for a restart again")
        } else {
            logger.critical(
                "calls are NOT kept for a restart: their journal is full, or cannot get room on the disk",
                metadata: ["journal": "\(journal.folder)"]
            )
        }
    }

    var wantsPass: Bool { journal.wantsPass }
    func beginPass() { journal.beginPass() }
    func endPass() { journal.endPass() }
}
