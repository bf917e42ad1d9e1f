import CallCenter
import Exchange
import SIP

/// What travels: datagrams in either direction, and records to their store.
extension World {
    /// A datagram of a station on its way to the core.
    func carry(_ bytes: [UInt8], from station: Station) {
        datagrams += 1
        let (first, copy) = plan.weather.fate(&random)
        if let first { agenda.plan(.arrival(bytes, of: station), at: now + first) }
        if let copy { agenda.plan(.arrival(bytes, of: station), at: now + copy) }
        if trace != nil { tell(bytes, station, isOurs: false, first, copy) }
    }

    /// Hands out what the core wants done, and holds the rules against it.
    func collect(_ cause: Cause) {
        // Two sets of buffers take turns: nothing is copied.
        var effects = Effects()
        swap(&effects, &spare)
        swap(&effects, &exchange.effects)
        defer {
            effects.removeAll()
            swap(&effects, &spare)
        }
        if doom == .beforeKeeping, cause.isFromOutside { return die() }
        let isDying = doom == .whileSending
        if plan.features.dies {
            memory.keep(effects.kept)
            if let fault = memory.fault { complain(fault) }
        }
        judge.hear(effects, of: &exchange, at: now, after: cause)
        for notice in effects.notices { noticeChange(notice) }
        let leaving = isDying ? random.number(0...effects.datagrams.count) : effects.datagrams.count
        for outgoing in effects.datagrams.prefix(leaving) {
            datagrams += 1
            if plan.keepsDigest { digest = (digest ^ outgoing.bytes.digest) &* 0x100_0000_01B3 }
            guard let station = station(at: outgoing.destination) else {
                // The last words to somebody who has been forgotten meanwhile.
                if !wasCaller(outgoing.destination) { complain("the core sent to nobody at \(outgoing.destination)") }
                continue
            }
            switch outgoing.bytes.first {
            case UInt8(ascii: "I"):
                noticeInvite(outgoing.bytes)
                noticeAttempt(outgoing.bytes)
            case UInt8(ascii: "U"): noticeAttempt(outgoing.bytes)
            default: break
            }
            switch station.kind {
            case .agent: noticeOffer(outgoing.bytes, to: station)
            case .media: noticeMediaCall(outgoing.bytes, to: station)
            case .caller, .stranger: break
            }
            let (first, copy) = plan.weather.fate(&random)
            if let first, now + first >= station.cutOffUntil {
                agenda.plan(.delivery(outgoing.bytes, to: station), at: now + first)
            }
            if let copy { agenda.plan(.delivery(outgoing.bytes, to: station), at: now + copy) }
            if trace != nil { tell(outgoing.bytes, station, isOurs: true, first, copy) }
        }
        if trace != nil {
            for notice in effects.notices { tell(notice) }
        }
        if !effects.records.isEmpty { take(effects.records) }
        if isDying { die() }
    }

    private func wasCaller(_ endpoint: Endpoint) -> Bool {
        let bits = UInt32(truncatingIfNeeded: endpoint.address.low)
        return bits >> 20 & 0xF == Station.Kind.caller.rawValue && Int(bits & 0xF_FFFF) < callers.count
    }

    // MARK: The store

    private func take(_ records: [CallDetailRecord]) {
        for record in records {
            store.add(record)
            memory.noteRecord(ofCall: record.callNumber)
        }
        guard !isWriting else { return }
        isWriting = true
        after(500) { [self] in writeRecords(failing: temper.storeFails) }
    }

    func writeRecords(failing percent: Int) {
        for broken in store.write(failing: percent, &random) { complain(broken) }
        isWriting = false
        guard store.backlogCount > 0 else { return }
        isWriting = true
        after(1_000) { [self] in writeRecords(failing: temper.storeFails) }
    }

}
