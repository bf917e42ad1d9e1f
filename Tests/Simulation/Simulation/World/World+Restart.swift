import CallCenter
import Exchange
import SIP

/// The core dies, at any moment, and another goes on with what it has had kept (DESIGN.md section 2, restart).
extension World {
    /// When a process dies.
    enum Death: CaseIterable {
        /// Between two inputs.
        case idle
        /// With an input in hand of which nobody will ever know.
        case beforeKeeping
        /// What an input has changed is kept, and only some of its datagrams have left.
        case whileSending
    }

    /// Nothing that is to be told to the core can be: it is, when there is one again.
    func isPostponed(_ action: @escaping () -> Void) -> Bool {
        guard let end = downUntil else { return false }
        after(end - now + 1, action)
        return true
    }

    func die() {
        guard downUntil == nil, !isShutDown else { return }
        doom = nil
        lastDeath = now
        let pause = random.happens(50) ? random.time(1...300) : random.time(1...6_000)
        downUntil = now + pause
        losesDatagrams = random.happens(50)
        exchange.effects.removeAll()
        note("the core dies, for \(pause) ms")
        // Whom it has been calling it lets go.
        for caller in presentCallers { caller.openMediaCall = nil }
        guard let kept = try? memory.read() else { return complain("what was kept cannot be read") }
        legacy = kept
        forgetSessions(besides: kept.calls)
    }

    /// Dialogs that were being ended are nowhere any more, and their peers on their own (`KeptLeg`).
    private func forgetSessions(besides kept: [KeptCall]) {
        var dialogs: [UInt64: [UInt8]] = [:]
        for call in kept {
            for leg in [call.caller] + call.legs.map(\.leg) { dialogs[leg.callID.digest] = leg.remoteTag }
        }
        for session in openSessions {
            session.hasSeenRestart = true
            if let tag = dialogs[session.callID.digest], tag.isEmpty || tag == session.localTag { continue }
            // A call that the core has not heard of yet.
            if session.isOurs, session.phase == .early { continue }
            session.isForgotten = true
            let station = session.station
            after(random.time(10_000...40_000)) { station.hangUp(session) }
        }
    }

    /// The next process, as the daemon starts it: provisioning, log-ins, calls.
    func comeBack() {
        guard let (calls, agents) = legacy else { return }
        legacy = nil
        downUntil = nil
        restarts += 1
        let configuration = exchange.configuration
        let alive = judge.shadow.alive
        exchange = Exchange(
            configuration: configuration,
            userAgent: UserAgentConfiguration(listeners: [.init(endpoint: core)], hashes: .simulated),
            random: SeededGenerator(from: &random)
        )
        exchange.wallOffset = World.wallOffset
        exchange.nextCallNumber = memory.lastNumber + 1
        _ = exchange.provision(inForce, now: now)
        for agent in agents {
            guard let login = agent.login else { continue }
            try? exchange.setLogin(agentID: agent.id, loggedIn: login.isLoggedIn, now: now)
        }
        // That the agents are there again is no news; what it has had kept is.
        exchange.effects.notices = []
        judge.restart(with: configuration.policy, now: now)
        let (restored, lost) = exchange.restore(calls: calls, agents: agents, now: now)
        note("the next core has taken over \(restored) calls, and lost \(lost)")
        // Whose wait was over meanwhile has nothing to go on with.
        let over = calls.count { $0.maxWait.map { $0 <= now + World.wallOffset } ?? false }
        if lost > over || restored + lost != alive.count {
            let names = alive.compactMap { judge.shadow.calls[$0]?.caller }
            complain("\(alive.count) calls were alive, \(restored) are restored, \(lost) lost", about: names)
        }
        // What was due meanwhile.
        exchange.advance(to: now)
        collect(.restart)
        judge.shadow.isRestoring = false
        for caller in presentCallers { expectMedia(for: caller) }
    }

    /// Has everything kept anew, as the daemon does when its journal has grown; a few at a time.
    func keepAll() {
        if isPostponed({ [self] in keepAll() }) { return }
        memory.beginPass()
        exchange.beginKeepingAll()
        keepMore(inProcess: restarts)
    }

    private func keepMore(inProcess process: Int) {
        // The pass dies with the process.
        guard downUntil == nil, process == restarts else { return }
        let isDone = exchange.keepMore(atMost: 3, now: now)
        collect(.operation)
        guard downUntil == nil else { return }
        if isDone { return memory.endPass() }
        after(200) { [self] in keepMore(inProcess: process) }
    }
}
