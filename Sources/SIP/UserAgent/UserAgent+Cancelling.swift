/// INVITEs and re-INVITEs of ours that are taken back (RFC 3261 section 9.1).
extension UserAgent {
    /// Takes an INVITE of ours back, as soon as that is allowed. A 2xx that crosses the CANCEL is told as `answered`, another
    /// final response as `refused`.
    package mutating func cancel(_ id: LegID, now: Milliseconds) {
        self.now = now
        guard let leg = legs[id.handle], leg.phase == .inviting else { return }
        stopLocating(leg)
        cancelOutgoing(of: leg)
    }

    /// The INVITE or re-INVITE of ours that is under way, if there is one, is taken back as soon as that is allowed.
    mutating func cancelOutgoing(of leg: Leg) {
        // An UPDATE cannot be taken back.
        guard leg.outgoing?.method == .invite else { return }
        switch leg.outgoing?.cancellation {
        case .some(.none): leg.outgoing?.cancellation = .wanted
        case .possible: sendCancel(of: leg)
        case .wanted, .sent, nil: break
        }
    }

    /// The dialog is over: a re-INVITE of ours that is still under way is waited for as long as for the BYE at most. Its CANCEL may go out
    /// late, since it must await a first response (RFC 3261 section 9.1), but nothing depends on either any more.
    mutating func limitOutgoing(of leg: Leg) {
        guard let reinvite = leg.outgoing?.reinvite else { return }
        wheel.cancel(reinvite.deadline)
        leg.outgoing?.reinvite?.deadline = arm(.reinvite, of: leg, at: now + 64 * transactions.timers.t1)
    }

    /// The re-INVITE has had its time.
    mutating func giveUpReinvite(of leg: Leg) {
        guard let outgoing = leg.outgoing, outgoing.reinvite != nil else { return }
        leg.outgoing = nil
        withTransactions { transactions, wheel, out in
            transactions.endClient(outgoing.transaction.handle, wheel: &wheel, out: &out)
        }
        releaseIfDone(leg)
    }

    mutating func sendCancel(of leg: Leg) {
        guard let outgoing = leg.outgoing else { return }
        leg.outgoing?.cancellation = .sent
        let now = now
        withTransactions { transactions, wheel, out in
            transactions.cancel(
                outgoing.transaction,
                reason: leg.cancelReason,
                now: now,
                wheel: &wheel,
                out: &out
            )
        }
    }
}
