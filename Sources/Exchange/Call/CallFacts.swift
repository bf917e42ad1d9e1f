import CallCenter
import SIP

/// What is known of a call from its INVITE and does not change.
struct CallFacts {
    /// 32 hexadecimal digits; half of the key of its records.
    private(set) var uuid: String
    /// `cid`: persistent, 31 bits.
    private(set) var number: Int32
    /// User part of From, unescaped.
    let callerUser: String
    /// Display name of From, without quotes; empty if none.
    let callerDisplayName: String
    /// URI of From, as it came.
    let callerURI: [UInt8]
    /// Request-URI, as it came.
    let calledURI: [UInt8]
    /// Max-Forwards of what we send for him: one less than he had (RFC 7332), so that a ring of queues ends.
    let hopsLeft: UInt8
    /// Header fields of the INVITE that go along to whoever is called for him.
    let passedHeaders: [ExtraHeader]
    /// On the core's clock.
    private(set) var received: Milliseconds
    /// Milliseconds since 1970, UTC.
    private(set) var receivedWall: Milliseconds

    /// The same caller's call in another flow: a call of its own in lists and records.
    func renewed(uuid: String, number: Int32) -> CallFacts {
        var facts = self
        facts.uuid = uuid
        facts.number = number
        return facts
    }

    /// The same call in another flow, into which an agent has handed it: its wait begins now.
    func handedOver(now: Milliseconds, wall: Milliseconds) -> CallFacts {
        var facts = self
        facts.received = now
        facts.receivedWall = wall
        return facts
    }

    /// What an agent's display shows: `"<prependcid> <display name, else user part>"` (CALLS.md section 1, toagent).
    func displayName(prepending prefix: String?) -> String {
        let name = callerDisplayName.isEmpty ? callerUser : callerDisplayName
        guard let prefix, !prefix.isEmpty else { return name }
        return "\(prefix) \(name)"
    }
}
