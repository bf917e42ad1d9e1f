/// INVITE with Replaces (RFC 3891): a new dialog that is to take the place of one of ours.
extension UserAgent {
    /// What the Replaces of an INVITE names; nil if it has none.
    package func replaced(by invite: Message) -> ReplacesOutcome? {
        guard invite.has(.replaces) else { return nil }
        // More than one, or one beside Join (section 3; RFC 3911 section 4).
        guard invite.fields.count(where: { $0.name == .replaces }) == 1, !invite.has(.join),
            let value = invite.first(.replaces), let wanted = ReplacesValue(invite.bytes[value])
        else { return .malformed }
        guard let leg = leg(named: wanted) else { return .unknown }
        switch leg.phase {
        case .established where !leg.isAbandoned: return wanted.isEarlyOnly ? .notEarly : .confirmed(leg.id)
        case .ending, .established: return .over
        case .inviting: return .early(leg.id)
        // An early dialog that the peer began is not to be replaced (section 3).
        case .invited: return .unknown
        }
    }

    /// The leg of a dialog that a Replaces header would name on the way to us: whether that is one of ours.
    package func leg(replacedBy value: [UInt8]) -> LegID? {
        ReplacesValue(value[...]).flatMap { leg(named: $0) }?.id
    }

    /// Where we can be reached on a leg: for an INVITE to ourselves.
    package func contact(of id: LegID) -> URI? {
        guard let leg = legs[id.handle] else { return nil }
        var writer = MessageWriter(capacity: 64)
        leg.dialog.writeContactURI(to: &writer)
        return try? URI(parsing: writer.bytes)
    }

    /// Whether a URI leads to us: it has the address of ours that the leg's peer knows, or one that we listen on.
    package func isOurs(_ uri: URI, on id: LegID) -> Bool {
        guard let address = uri.hostAddress else { return false }
        return configuration.listeners.contains { listener in
            guard listener.endpoint.port == uri.port ?? listener.endpoint.transport.defaultPort else { return false }
            return address == listener.endpoint.address || address == listener.advertised
                || address == legs[id.handle]?.dialog.local.address
        }
    }

    package func owner(of id: LegID) -> UInt64? { legs[id.handle]?.owner }

    private func leg(named wanted: ReplacesValue) -> Leg? {
        guard let token = Token(parsing: wanted.toTag[...]),
            let leg = legs[SlabHandle(index: token.slot, generation: token.generation)],
            leg.dialog.localTag == token, leg.dialog.callID == wanted.callID,
            leg.dialog.remoteTag == wanted.fromTag || (leg.phase == .inviting && leg.dialog.remoteTag.isEmpty)
        else { return nil }
        return leg
    }

    /// Whether this is an INVITE of a leg of ours that has come back: Call-ID and tag are.
    ///
    /// Everybody whom we have called knows that much: it proves nothing unless it comes from an address of ours.
    package func comesFromUs(_ message: Message) -> Bool {
        guard message.method == .invite, let tag = message.from.tag, let token = Token(parsing: message.bytes[tag]),
            let leg = legs[SlabHandle(index: token.slot, generation: token.generation)]
        else { return false }
        return leg.ownsCallID && leg.dialog.localTag == token
            && leg.dialog.callID.elementsEqual(message.bytes[message.callID])
    }

    /// Whether a source is this very service.
    package func isOurs(_ source: Endpoint) -> Bool { configuration.isOurs(source) }
}

/// What the dialog that a Replaces header names has come to.
package enum ReplacesOutcome: Sendable, Equatable {
    /// The header cannot be read, or stands twice.
    case malformed
    /// No such dialog, or one whose INVITE we have not answered.
    case unknown
    /// It has just ended.
    case over
    /// It is confirmed, and was to be replaced only if it is not.
    case notEarly
    /// One that we have begun and nobody has answered.
    case early(LegID)
    case confirmed(LegID)
}

/// `callid *(SEMI replaces-param)` with one to-tag, one from-tag and at most one `early-only` (RFC 3891 section 6.1). Tags as seen
/// by the receiver: its own is the to-tag.
struct ReplacesValue {
    let callID: [UInt8]
    let toTag: [UInt8]
    let fromTag: [UInt8]
    let isEarlyOnly: Bool

    init?(_ value: ArraySlice<UInt8>) {
        var parts = value.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { part in
            Array(part.drop { $0 <= 0x20 }.reversed().drop { $0 <= 0x20 }.reversed())
        }
        guard let callID = parts.first, !callID.isEmpty else { return nil }
        parts.removeFirst()
        var toTag: [UInt8]?
        var fromTag: [UInt8]?
        var isEarlyOnly = false
        for part in parts {
            let name = part.prefix { $0 != UInt8(ascii: "=") }
            let value = Array(part.dropFirst(name.count + 1))
            if equalIgnoringCase(name, Array("to-tag".utf8)) {
                guard toTag == nil, !value.isEmpty else { return nil }
                toTag = value
            } else if equalIgnoringCase(name, Array("from-tag".utf8)) {
                guard fromTag == nil, !value.isEmpty else { return nil }
                fromTag = value
            } else if equalIgnoringCase(name, Array("early-only".utf8)) {
                isEarlyOnly = true
            }
        }
        guard let toTag, let fromTag else { return nil }
        self.callID = callID
        self.toTag = toTag
        self.fromTag = fromTag
        self.isEarlyOnly = isEarlyOnly
    }
}
