import CallCenter
import Dispatch
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
        /// Another machine has been the owner since this one was, and what this one has left of log-ins does not count.
        var isSucceeded = false

        /// Who was logged in when the process ended: true until then.
        var logins: [AgentLogin] {
            agents.compactMap { agent in
                agent.login.map { login in
                    AgentLogin(
                        agentID: agent.id,
                        isLoggedIn: login.isLoggedIn,
                        rowSays: login.rowSays,
                        since: lastAlive ?? 0
                    )
                }
            }
        }
    }

    /// Whom we follow.
    private struct Origin {
        /// The run whose calls ours follow, this machine's or another's.
        var follows: String?
        /// The same, if it was another's and that is not in the state directory yet.
        var isNew = false
    }

    /// How long a database that has just given us its lock may be away before we go on without it.
    private static let patience = Duration.seconds(5)

    private let journal: CallJournal
    /// nil: there are no other machines.
    private let writer: CallWriter?
    private let predecessor: PredecessorFile
    private let logger: Logger
    private let origin = Mutex(Origin())
    /// Whether it has been said that there is no room.
    private let isFull = Mutex(false)

    init(journal: CallJournal, writer: CallWriter?, predecessor: PredecessorFile, logger: Logger) {
        self.journal = journal
        self.writer = writer
        self.predecessor = predecessor
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
        found.isSucceeded = true
        for agent in found.agents { note(journal.append(.agent, agent.encoded)) }
        logger.notice("going on with what another machine has left", metadata: ["calls": "\(found.calls.count)"])
        return found
    }

    /// What another machine has left, if it has gone on with the calls since we did.
    private func leftElsewhere() async -> CallsLeft? {
        guard let writer else { return nil }
        let succession = Succession(journal: writer.journalName, predecessor: predecessor.read())
        do throws(StoreError) {
            let left = try await left(writer)
            let isSucceeded = succession.isSucceeded(by: left)
            origin.withLock { $0 = Origin(follows: left.run, isNew: isSucceeded) }
            return isSucceeded ? left : nil
        } catch {
            // Should another have gone on with them, our claim is refused, and we end.
            origin.withLock { $0 = Origin(follows: succession.predecessor) }
            logger.critical(
                "it cannot be read which calls another machine has left; going on with those of our own journal",
                metadata: ["error": "\(error)"]
            )
            return nil
        }
    }

    private func left(_ writer: CallWriter) async throws(StoreError) -> CallsLeft {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            do throws(StoreError) {
                return try await writer.left(within: max(.milliseconds(250), deadline - .now))
            } catch {
                guard error.kind == .unavailable, ContinuousClock.now < deadline else { throw error }
                // Ends early only when we are cancelled, which nobody does before the start.
                try? await Task.sleep(for: .milliseconds(250))
            }
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

    /// What was found is in force again, and in our journal.
    ///
    /// - Parameter failed: called when it turns out that another machine has gone on with the calls, with words for people.
    func takenOver(failed: @escaping @Sendable (String) -> Void) {
        journal.takenOver()
        guard let writer else { return }
        let origin = origin.withLock { $0 }
        let start: @Sendable () -> Void = {
            writer.start(following: origin.follows) {
                failed("another process has gone on with the calls of instance \(writer.instance): this one ends")
            }
        }
        guard origin.isNew, let run = origin.follows else { return start() }
        // The disk is not waited for here. From then on our journal counts, should we die before we can claim the calls.
        DispatchQueue.global(qos: .utility).async { [self] in
            journal.sync()
            do throws(StoreError) {
                try predecessor.write(run)
            } catch {
                logger.error("it cannot be kept whose calls we go on with", metadata: ["error": "\(error)"])
            }
            start()
        }
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
