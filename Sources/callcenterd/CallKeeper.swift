import Exchange
import Logging
import SIP
import Store
import Synchronization

/// Keeps calls, and what agents do, for the next process.
final class CallKeeper: Sendable {
    private let journal: CallJournal
    private let logger: Logger
    /// Whether it has been said that there is no room.
    private let isFull = Mutex(false)

    init(journal: CallJournal, logger: Logger) {
        self.journal = journal
        self.logger = logger
    }

    /// What the last process has left. What cannot be read is logged and left out.
    func found() -> (calls: [KeptCall], agents: [KeptAgent], lastAlive: Milliseconds?) {
        for finding in journal.found.findings { logger.critical("the journal of calls is damaged: \(finding)") }
        let calls = journal.found.calls.compactMap { try? KeptCall(encoded: $0) }
        let agents = journal.found.agents.compactMap { try? KeptAgent(encoded: $0) }
        let unreadable = journal.found.calls.count - calls.count + journal.found.agents.count - agents.count
        if unreadable > 0 {
            logger.critical(
                "calls and agents of the last process cannot be read; were they written by another callcenterd?",
                metadata: ["count": "\(unreadable)"]
            )
        }
        return (calls, agents, journal.found.lastAlive)
    }

    /// What was found is in force again.
    func takenOver() { journal.takenOver() }

    /// In memory that outlives the process when this returns.
    func keep(_ kept: [Keeping]) {
        for keeping in kept {
            let isKept: Bool
            switch keeping {
            case .call(_, _, let encoded): isKept = journal.append(.call, encoded)
            case .callEnded(let key, let number): isKept = journal.appendEnd(ofCall: key, number: number)
            case .agent(let agent): isKept = journal.append(.agent, agent.encoded)
            }
            note(isKept)
        }
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
