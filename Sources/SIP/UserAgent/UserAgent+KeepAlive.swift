/// Finding peers who are gone without a word: OPTIONS inside the dialog (CALLS.md section 2, dead peers).
extension UserAgent {
    /// From now on the leg is watched, once it is established.
    package mutating func keepAlive(_ id: LegID, now: Milliseconds) {
        self.now = now
        guard let leg = legs[id.handle] else { return }
        leg.isWatched = true
        watch(leg)
    }

    /// Asks now, if nothing has been heard of the peer for that long.
    package mutating func probe(_ id: LegID, ifSilentFor silence: Milliseconds, now: Milliseconds) {
        self.now = now
        guard let leg = legs[id.handle], leg.phase == .established, !leg.isAbandoned,
            now - leg.lastHeard > silence
        else { return }
        ask(leg)
    }

    /// Arms the timer of a leg that has become established.
    mutating func watch(_ leg: Leg) {
        guard leg.isWatched, leg.watchTimer == nil, policy.keepAlive > 0, leg.phase == .established else { return }
        leg.watchTimer = arm(.watch, of: leg, at: now + policy.keepAlive)
    }

    mutating func watchIsDue(of leg: Leg) {
        leg.watchTimer = nil
        guard leg.phase == .established, !leg.isAbandoned, policy.keepAlive > 0 else { return }
        let silence = now - leg.lastHeard
        if silence >= policy.keepAlive { ask(leg) }
        // Asking may have shown at once that he cannot be reached.
        guard leg.phase == .established, leg.watchTimer == nil else { return }
        let pause = silence >= policy.keepAlive ? policy.keepAlive : policy.keepAlive - silence
        leg.watchTimer = arm(.watch, of: leg, at: now + pause)
    }

    mutating func endWatch(of leg: Leg) {
        if let timer = leg.watchTimer { wheel.cancel(timer) }
        leg.watchTimer = nil
    }

    private mutating func ask(_ leg: Leg) {
        // Whoever has not acknowledged our 2xx may not have it yet, and knows of no dialog; if he is gone, that he does not will tell.
        guard !leg.$accepted, !leg.requests.contains(where: { $0.purpose.isProbe }) else { return }
        sendRequest(.options, on: leg, purpose: .probe)
    }

    /// 481 and 408 end the dialog (RFC 5057 section 5.1); any other answer is a sign of life. A peer whom no connection
    /// reaches any more, twice in a row, is gone as well.
    mutating func probed(status: Int, of leg: Leg) {
        switch status {
        case 408, 481: lose(leg)
        case Self.unreachable:
            leg.failedProbes += 1
            if leg.failedProbes > 1 { lose(leg) }
        default: leg.failedProbes = 0
        }
    }

    /// What a request that could not be sent counts as; no peer's response has it.
    static var unreachable: Int { 0 }
}
