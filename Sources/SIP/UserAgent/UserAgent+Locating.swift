/// Legs whose peer is named and not numbered: where he is, is asked for, and if he does not answer at one place he is called at
/// the next (RFC 3263 sections 4 and 4.3).
extension UserAgent {
    /// Times of trying one target after another.
    enum LocatingTimes {
        /// An answer to a look-up comes within this, or there is none.
        static let lookup: Milliseconds = 10_000
        /// A target that says nothing at all is given up after this if there is another: RFC 3263 would have the caller wait
        /// for timer B, 32 s, longer than an agent's phone may ring.
        static let silence: Milliseconds = 4_000
        /// How long a target that has failed comes after the others.
        static let probation: Milliseconds = 60_000
    }

    // MARK: The first INVITE

    /// Begins to look for the peer of a leg that has not sent anything yet.
    mutating func locate(_ leg: Leg, _ hop: Hop, offer: SessionDescription?) {
        leg.location = Leg.Location(offer: offer)
        leg.location?.timer = arm(.location, of: leg, at: now + LocatingTimes.lookup)
        lookups.append(Lookup(id: LookupID(leg: leg.id, purpose: .invite), hop: hop))
    }

    /// The answer to a look-up: targets, best first; none if there are none.
    package mutating func located(_ id: LookupID, targets: [Endpoint], now: Milliseconds) {
        self.now = now
        guard let leg = legs[id.leg.handle] else { return }
        // Those that have failed lately come last.
        let targets =
            targets.filter { !suspects.contains($0, now: now) } + targets.filter { suspects.contains($0, now: now) }
        switch id.purpose {
        case .invite:
            guard leg.phase == .inviting, leg.outgoing == nil, leg.location?.isWaiting == true else { return }
            leg.location?.isWaiting = false
            leg.location?.targets = targets
            if !tryNextTarget(of: leg) { locatingFailed(leg) }
        case .dialog(let uri):
            leg.isLocatingDialog = false
            guard leg.dialog.nextURI.bytes == uri else { return locateDialog(of: leg) }
            // Where he was heard from he is alive, and his dialog known.
            let alive = leg.dialog.heardFrom?.address
            let usable = targets.filter { configuration.listener(for: $0) != nil }
            let ordered = usable.filter { $0.address == alive } + usable.filter { $0.address != alive }
            leg.dialog.located = ordered.first.map {
                Dialog.Located(uri: uri, target: $0, others: Array(ordered.dropFirst()))
            }
        }
    }

    /// Calls the peer at the next place where he may be. False if there is none left.
    mutating func tryNextTarget(of leg: Leg) -> Bool {
        stopLocationTimer(of: leg)
        while let target = leg.location?.targets.first {
            leg.location?.targets.removeFirst()
            guard let (listener, local) = configuration.listener(for: target) else { continue }
            leg.dialog.listener = listener
            leg.dialog.local = local
            leg.dialog.heardFrom = target
            leg.source = target
            // Another place has seen nothing of what was sent to the first.
            leg.continuity = SDPContinuity(sessionID: random.next() >> 2, address: local.address)
            guard sendInvite(on: leg, offer: leg.location?.offer, to: target) else { return false }
            leg.location?.current = target
            if leg.location?.targets.isEmpty == false {
                leg.location?.timer = arm(.location, of: leg, at: now + LocatingTimes.silence)
            }
            return true
        }
        return false
    }

    /// A place has failed: true if the peer is called elsewhere now, and nobody needs to be told.
    mutating func triesElsewhere(_ leg: Leg, after outgoing: Leg.OutgoingInvite, status: Int) -> Bool {
        guard leg.phase == .inviting, !leg.isAbandoned, leg.location != nil else { return false }
        let isSilent = outgoing.cancellation == .none
        guard status == 503 || (status == 408 && isSilent), outgoing.cancellation != .wanted,
            outgoing.cancellation != .sent
        else { return false }
        if let current = leg.location?.current { suspects.insert(current, until: now + LocatingTimes.probation) }
        return tryNextTarget(of: leg)
    }

    /// The look-up has had its time, or a target its own.
    mutating func locationTimerFired(of leg: Leg) {
        leg.location?.timer = nil
        guard leg.phase == .inviting else { return }
        guard let outgoing = leg.outgoing else {
            if leg.location?.isWaiting == true { locatingFailed(leg) }
            return
        }
        // It has said something: so it is alive.
        guard outgoing.cancellation == .none else { return }
        if leg.location?.abandoned.count ?? 0 < Leg.maximumForks {
            leg.location?.abandoned.append(outgoing.transaction)
        }
        _ = triesElsewhere(leg, after: outgoing, status: 408)
    }

    /// A place that was given up speaks after all: its phones must not ring.
    mutating func progressedElsewhere(_ transaction: ClientTransactionID, of leg: Leg) {
        guard leg.location?.abandoned.contains(transaction) == true else { return }
        let now = now
        withTransactions { transactions, wheel, out in
            transactions.cancel(transaction, reason: nil, now: now, wheel: &wheel, out: &out)
        }
    }

    /// The user has taken his call back before there was anybody to send it to.
    mutating func stopLocating(_ leg: Leg) {
        guard leg.phase == .inviting, leg.outgoing == nil, leg.location != nil else { return }
        locatingFailed(leg, status: 487)
    }

    private mutating func locatingFailed(_ leg: Leg, status: Int = 503) {
        stopLocationTimer(of: leg)
        if !leg.isAbandoned { emit(.refused(leg.id, status: status)) }
        leg.phase = .ending
        releaseIfDone(leg)
    }

    mutating func stopLocationTimer(of leg: Leg) {
        if let timer = leg.location?.timer { wheel.cancel(timer) }
        leg.location?.timer = nil
    }

    // MARK: Dialogs

    /// Asks where the peer of a dialog is if his Contact, or the proxy before him, is a name. Until the answer is there, he is
    /// reached where he was heard from.
    mutating func locateDialog(of leg: Leg) {
        let uri = leg.dialog.nextURI
        // One question at a time: a peer may have another name in each request. What holds when the answer comes is asked next.
        guard !leg.isLocatingDialog, uri.endpoint == nil, let hop = uri.hop, leg.dialog.located?.uri != uri.bytes
        else { return }
        leg.isLocatingDialog = true
        lookups.append(Lookup(id: LookupID(leg: leg.id, purpose: .dialog(uri: uri.bytes)), hop: hop))
    }

    /// A place that a name has led to does not answer: the dialog's next requests do not go there, nor calls for a while.
    @discardableResult
    mutating func leave(_ failed: Endpoint, of id: LegID) -> Bool {
        guard let leg = legs[id.handle], leg.dialog.leave(failed) else { return false }
        suspects.insert(failed, until: now + LocatingTimes.probation)
        return true
    }

    /// Moves questions about names into a buffer of the caller's.
    package mutating func drainLookups(into out: inout [Lookup]) {
        guard !lookups.isEmpty else { return }
        out.append(contentsOf: lookups)
        lookups.removeAll(keepingCapacity: true)
    }
}

/// A name that is to be looked up; the answer goes to `located` under the same identity.
package struct Lookup: Sendable {
    package let id: LookupID
    package let hop: Hop
}

/// Names a look-up: whose it is, and what for.
package struct LookupID: Hashable, Sendable {
    enum Purpose: Hashable, Sendable {
        case invite
        /// The URI that the requests of the dialog went to when it was asked.
        case dialog(uri: [UInt8])
    }

    let leg: LegID
    let purpose: Purpose
}

extension Leg {
    /// Where the peer may be whom we call by a name.
    struct Location {
        /// What he is offered, wherever he is.
        let offer: SessionDescription?
        /// The answer has not come.
        var isWaiting = true
        /// Not tried yet.
        var targets: [Endpoint] = []
        var current: Endpoint?
        /// INVITEs to targets that said nothing and were given up.
        var abandoned: [ClientTransactionID] = []
        var timer: TimerID?

        init(offer: SessionDescription?) { self.offer = offer }
    }
}
