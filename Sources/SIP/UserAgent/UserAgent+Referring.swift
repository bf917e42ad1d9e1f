/// REFER inside a dialog (RFC 3515), and the NOTIFYs that tell its sender what has come of it.
extension UserAgent {
    /// Takes a REFER that was told as `requested`: 202. What becomes of it goes into `notify`.
    package mutating func accept(refer request: PeerRequest, now: Milliseconds) -> Referral {
        answer(request, status: 202, now: now)
        let leg = legs[request.leg.handle]
        leg?.referrals += 1
        return Referral(cseq: request.message.cseq.number, isFirst: leg?.referrals == 1)
    }

    /// Tells the sender of a REFER how far it is: a NOTIFY with the status line of the target's response. A final status ends the
    /// subscription.
    package mutating func notify(_ referral: Referral, of id: LegID, status: Int, now: Milliseconds) {
        self.now = now
        guard let leg = legs[id.handle], leg.phase == .established, !leg.isAbandoned else { return }
        // The id is for those who have sent more than one in the dialog (RFC 3515 section 2.4.6).
        let event = referral.isFirst ? "refer" : "refer;id=\(referral.cseq)"
        let state = status < 200 ? "active;expires=\(Self.referralLifetime)" : "terminated;reason=noresource"
        var line = MessageWriter(capacity: 48)
        line.statusLine(UInt16(clamping: status))
        sendRequest(
            .notify,
            on: leg,
            purpose: .notification,
            body: MessageBody(contentType: Array("message/sipfrag;version=2.0".utf8), bytes: line.bytes),
            fields: [
                Leg.Field(name: .event, value: Array(event.utf8)),
                Leg.Field(name: .subscriptionState, value: Array(state.utf8)),
            ]
        )
    }

    /// Seconds that the sender of a REFER may have to wait for its end; more than any deadline of ours.
    private static var referralLifetime: Int { 300 }
}

/// What ties the NOTIFYs to the REFER that they speak of.
package struct Referral: Sendable, Equatable {
    package let cseq: UInt32
    /// The first of its dialog.
    package let isFirst: Bool

    package init(cseq: UInt32, isFirst: Bool) {
        self.cseq = cseq
        self.isFirst = isFirst
    }
}

/// What a Refer-To asks for.
package struct ReferTarget: Sendable, Equatable {
    /// Whom to call, without the header fields that the URI carried.
    package var uri: URI
    /// The value of Replaces that the INVITE to him is to have (RFC 3891).
    package var replaces: [UInt8]?
}

extension Message {
    /// Where a REFER leads; nil unless it has one Refer-To with a SIP URI that is to be invited (RFC 3515 section 2.1).
    package var referTarget: ReferTarget? {
        guard fields.count(where: { $0.name == .referTo }) == 1, let value = first(.referTo),
            let address = try? address(in: value), address.range.upper == value.upper,
            let whole = try? URI(parsing: bytes[address.uri]), whole.scheme == .sip || whole.scheme == .sips
        else { return nil }
        if let method = whole.parameter(named: "method"), !method.elementsEqual("INVITE".utf8) { return nil }
        // Header fields stand behind the question mark.
        let headers = bytes[address.uri].drop { $0 != UInt8(ascii: "?") }.dropFirst()
        let plain = bytes[address.uri].prefix { $0 != UInt8(ascii: "?") }
        guard let uri = (try? URI(parsing: plain))?.withoutMethod else { return nil }
        var replaces: [UInt8]?
        for header in headers.split(separator: UInt8(ascii: "&")) {
            let name = header.prefix { $0 != UInt8(ascii: "=") }
            guard equalIgnoringCase(unescaped(name)[...], Array("Replaces".utf8)) else { continue }
            let value = unescaped(header.dropFirst(name.count + 1))
            guard replaces == nil, value.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
            replaces = value
        }
        return ReferTarget(uri: uri, replaces: replaces)
    }
}
