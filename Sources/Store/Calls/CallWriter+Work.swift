import CallCenter
import Dispatch
import Logging
import Synchronization

/// What is written at a time, and what becomes of it. On the writing thread.
extension CallWriter {
    /// What is to be written, as it was taken.
    struct Work {
        var changes = CallChanges()
        var calls: [(key: String, kept: [UInt8])] = []
        var agents: [AgentRow] = []
        /// With this, everything that was alive at the beginning has been written once.
        var completes = false
        /// What the database cannot write is written as `?`: it is there for people, and what is gone on with has its own form.
        var isInASCII = false

        /// The same, row by row: who claims comes first, and what only counts when all are written, last.
        var parts: [Work] {
            var first = Work()
            first.changes.claims = changes.claims
            first.changes.follows = changes.follows
            first.changes.ended = changes.ended
            var last = Work()
            last.changes.sweeps = changes.sweeps
            last.completes = completes
            let calls = calls.map { call in
                var part = Work()
                part.calls = [call]
                return part
            }
            let agents = agents.map { agent in
                var part = Work()
                part.agents = [agent]
                return part
            }
            return calls.count + agents.count > 1 ? [first] + calls + agents + [last] : [self]
        }
    }

    /// - Returns: whether to go on.
    func write(_ work: Work) -> Bool {
        var changes = work.changes
        changes.calls = work.calls.compactMap { row($0.kept) }
        if work.isInASCII { changes.calls = changes.calls.map(\.inASCII) }
        changes.agents = work.agents
        do throws(StoreError) {
            guard try database.write(changes, of: owner, at: CivilTime.now) else {
                let reportOver = state.withLock { state in
                    state.isOver = true
                    return state.reportOver
                }
                logger.error(
                    "another process writes the calls of this instance",
                    metadata: ["instance": "\(owner.instance)"]
                )
                if let reportOver { queue.asyncAfter(deadline: .now() + limits.silence, execute: reportOver) }
                return false
            }
        } catch {
            guard error.kind == .refused else {
                putBack(work)
                note(error)
                return false
            }
            // One bad row must not keep the others, and would be refused again: each by itself.
            let parts = work.parts
            guard parts.count == 1 else { return writeOneByOne(parts) }
            // A caller may choose his name so.
            if case .unencodable = error.detail, !work.calls.isEmpty, !work.isInASCII {
                var again = work
                again.isInASCII = true
                return write(again)
            }
            guard let what = work.calls.first?.key ?? work.agents.first?.id else {
                note(error)
                return false
            }
            logger.error(
                "the database refused what another machine would go on with",
                metadata: ["of": "\(what)", "error": "\(error)"]
            )
            return true
        }
        return settle(work)
    }

    private func writeOneByOne(_ parts: [Work]) -> Bool {
        for (index, part) in parts.enumerated() where !write(part) {
            for rest in parts[(index + 1)...] { putBack(rest) }
            return false
        }
        return true
    }

    private func settle(_ work: Work) -> Bool {
        let wasFailing = state.withLock { state in
            for key in work.changes.ended {
                state.ended[key] = nil
                state.written.remove(key)
            }
            state.isOwner = true
            if work.completes { state.isComplete = true }
            if work.changes.sweeps { state.sweepFrom = nil }
            state.lastSign = .now
            state.pause = limits.pauses.lowerBound
            state.earliest = nil
            defer { state.isFailing = false }
            return state.isFailing
        }
        if wasFailing { logger.notice("calls are written for other machines again") }
        return true
    }

    /// What has not been written, unless there is something newer.
    private func putBack(_ work: Work) {
        state.withLock { state in
            for (key, kept) in work.calls where state.calls[key] == nil && state.ended[key] == nil {
                state.calls[key] = kept
            }
            for agent in work.agents where state.agents[agent.id] == nil { state.agents[agent.id] = agent }
        }
    }

    private func note(_ error: StoreError) {
        let isNew = state.withLock { state in
            defer { state.isFailing = true }
            state.earliest = .now + state.pause
            state.pause = min(state.pause * 2, limits.pauses.upperBound)
            return !state.isFailing
        }
        guard isNew else { return }
        logger.error("calls cannot be written for other machines; trying again", metadata: ["error": "\(error)"])
    }
}
