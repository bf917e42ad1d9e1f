/// Session timers on every leg (RFC 4028): who asks for what, who refreshes, and what happens if nobody does.
extension UserAgent {
    /// What an INVITE or UPDATE of ours says of session timers.
    func writeSessionTimer(of leg: Leg, to writer: inout MessageWriter) {
        guard policy.sessionExpires > 0 else { return }
        let smallest = max(leg.smallestSession, SessionTimer.smallest)
        if var session = leg.session {
            session.interval = max(session.interval, smallest)
            session.write(to: &writer, inRequest: true)
        } else {
            writer.field(.sessionExpires, number: UInt64(clamping: max(policy.sessionExpires, smallest)))
        }
        writer.field(.minSE, number: UInt64(clamping: smallest))
    }

    /// What a 2xx of ours says, and what follows from it. The peer refreshes, unless he asks us to or cannot.
    mutating func agreeOnSession(answering request: Message, of leg: Leg) -> SessionTimer? {
        guard policy.sessionExpires > 0, request.hasSessionTimers || request.sessionInterval != nil else {
            endSession(of: leg)
            return nil
        }
        let asked = request.number(.minSE).map { min(Int($0), Self.largestMinimum) } ?? 0
        // What the request asks for is never made longer (RFC 4028 section 9), whatever else it says is too short.
        let largest = max(request.sessionInterval ?? .max, SessionTimer.smallest)
        let smallest = min(max(SessionTimer.smallest, asked), largest)
        let wanted = request.sessionInterval ?? policy.sessionExpires
        let clientRefreshes = request.hasSessionTimers && (request.clientRefreshes ?? true)
        let session = SessionTimer(
            interval: max(smallest, min(wanted, policy.sessionExpires)),
            isOurs: !clientRefreshes
        )
        begin(session, on: leg)
        return session
    }

    /// What the 2xx to an INVITE or UPDATE of ours says. Without Session-Expires in it, there is no timer.
    mutating func agreeOnSession(by response: Message, of leg: Leg) {
        guard policy.sessionExpires > 0, let interval = response.sessionInterval else {
            endSession(of: leg)
            return
        }
        let session = SessionTimer(
            interval: max(interval, SessionTimer.smallest),
            isOurs: response.clientRefreshes ?? true
        )
        begin(session, on: leg)
    }

    private mutating func begin(_ session: SessionTimer, on leg: Leg) {
        endSession(of: leg)
        leg.session = session
        leg.sessionEnd = now + session.end
        leg.sessionTimer = arm(.session, of: leg, at: now + session.firstDeadline)
    }

    mutating func endSession(of leg: Leg) {
        if let timer = leg.sessionTimer { wheel.cancel(timer) }
        leg.sessionTimer = nil
        leg.session = nil
    }

    /// Time to refresh; or the peer, who was to do it, has not.
    mutating func sessionIsDue(of leg: Leg) {
        leg.sessionTimer = nil
        guard let session = leg.session, leg.phase == .established, !leg.isAbandoned else { return }
        guard session.isOurs, now < leg.sessionEnd else {
            lose(leg)
            return
        }
        refresh(leg)
        // lose() may have come of it.
        guard leg.phase == .established, leg.session != nil, leg.sessionTimer == nil else { return }
        leg.sessionTimer = arm(.session, of: leg, at: min(leg.sessionEnd, now + Self.refreshRetry))
    }

    /// A refresh that fails is tried again after this, until the session ends.
    private static var refreshRetry: Milliseconds { 10_000 }

    /// By UPDATE without SDP where the peer takes it, else by a re-INVITE that repeats the SDP that holds.
    private mutating func refresh(_ leg: Leg) {
        if leg.peerAllowsUpdate {
            sendRequest(.update, on: leg, purpose: .refresh)
        } else if !leg.isBusy, leg.queued == nil, let body = leg.continuity.repeated() {
            sendReinvite(on: leg, Leg.QueuedReinvite(id: .refresh, offer: nil), body: body, retries: false)
        }
    }

    /// The final response to an UPDATE that only refreshes.
    mutating func refreshed(by response: Message, status: Int, of leg: Leg) {
        switch status {
        case 200...299:
            leg.dialog.refreshTarget(from: response)
            agreeOnSession(by: response, of: leg)
        case 408, 481: lose(leg)
        case 405, 501: leg.peerAllowsUpdate = false
        case 422: raiseSession(to: response.number(.minSE), of: leg)
        default: break
        }
    }

    /// Seconds of the largest Min-SE that is taken seriously.
    private static var largestMinimum: Int { 86_400 }

    /// A peer, or a proxy on the way, wants longer intervals. Whether that was news, so that it makes sense to ask again.
    @discardableResult
    mutating func raiseSession(to smallest: UInt32?, of leg: Leg) -> Bool {
        guard let smallest, Int(smallest) > leg.smallestSession, smallest <= Self.largestMinimum else { return false }
        leg.smallestSession = Int(smallest)
        return true
    }
}
