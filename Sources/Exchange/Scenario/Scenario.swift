package import SIP

/// What a call does where callcenterd has a choice (CALLS.md section 1, scenarios): a file of `scenario_directory`. A call keeps the
/// one that it began with.
///
/// The values here are those of the shipped `call center`.
package struct Scenario: Sendable, Equatable {
    package var name = "call center"
    /// How an answered caller and an agent come to an agreement about media.
    package var offer = OfferMode.late
    /// Whether an unanswered caller gets the session descriptions of provisional responses.
    package var relaysEarlyMedia = false
    /// Requests inside a dialog that pass to the other side while it is connected; of `relayable`.
    package var relayed: [Method] = [.info, .message, .update]
    package var refer = Refer()
    /// Header fields of the caller's INVITE that go along to whoever is called for him.
    package var passed: [HeaderPattern] = Scenario.standardHeaders
    /// Header fields that are added to the INVITE to an agent.
    package var added: [HeaderTemplate] = []
    package var holdMediaFailure = HoldMediaFailure.retry

    package init() {}

    package enum OfferMode: String, Sendable, CaseIterable {
        /// The agent is called without SDP: his offer goes to the caller (RFC 3725 flow I).
        case late
        /// The agent is offered what the caller sent last.
        case early
    }

    /// What becomes of a caller who waits and whose music cannot be had, or ends.
    package enum HoldMediaFailure: String, Sendable, CaseIterable {
        /// It is called again, with growing pauses; he keeps his place.
        case retry
        /// The call ends.
        case end
    }

    /// What a REFER of the agent comes to.
    package struct Refer: Sendable, Equatable {
        package enum Policy: String, Sendable, CaseIterable {
            /// The target is called from here, and the caller joined to it.
            case follow
            /// The REFER goes on to the caller, whose side is to follow it.
            case relay
            /// 603.
            case refuse
        }

        package var policy = Policy.follow
        /// Targets that may be called, besides flows of ours; nil: the hosts of the agents' locations.
        package var allowed: [RoutePattern]?

        package init(policy: Policy = .follow, allowed: [RoutePattern]? = nil) {
            self.policy = policy
            self.allowed = allowed
        }
    }

    /// What `relayed` may have.
    package static let relayable: [Method] = [.info, .message, .notify, .update]

    private static let standardHeaders = [
        "P-Asserted-Identity", "Privacy", "Diversion", "History-Info", "User-to-User", "Subject", "Priority",
        "Organization",
    ].compactMap(HeaderPattern.init)
}

/// Names of header fields that pass: one, or all that begin with something (`X-*`). Case does not matter.
package struct HeaderPattern: Sendable, Equatable {
    private let name: [UInt8]
    private let isPrefix: Bool

    /// nil for text that names no header field, or one that only we can write (`isOurs`).
    package init?(_ text: String) {
        guard !text.isEmpty, !Self.isOurs(text) else { return nil }
        isPrefix = text.hasSuffix("*")
        name = Array((isPrefix ? String(text.dropLast()) : text).lowercased().utf8)
        guard !name.isEmpty else { return nil }
    }

    /// However many names a pattern stands for: those that only we can write are not among them.
    package func matches(_ candidate: [UInt8]) -> Bool {
        guard isPrefix ? candidate.count > name.count : candidate.count == name.count,
            zip(name, candidate).allSatisfy({ $0 == ($1 >= 0x41 && $1 <= 0x5A ? $1 | 0x20 : $1) })
        else { return false }
        return !isPrefix || !Self.isOurs(String(decoding: candidate, as: UTF8.self))
    }

    /// Header fields that belong to a leg, and that no other leg may have: they route a message, name a dialog, describe a body or
    /// say what an end can do (RFC 3261 section 16 would call a B2BUA that passes them broken).
    package static func isOurs(_ name: String) -> Bool { ours.contains(name.lowercased()) }

    private static let ours: Set<String> = [
        "via", "v", "from", "f", "to", "t", "call-id", "i", "cseq", "contact", "m", "max-forwards", "route",
        "record-route", "path", "content-type", "c", "content-length", "l", "content-encoding", "e",
        "content-disposition", "content-language", "mime-version", "allow", "supported", "k", "require",
        "proxy-require", "unsupported", "accept", "accept-encoding", "accept-language", "expires", "min-expires",
        "session-expires", "x", "min-se", "retry-after", "rseq", "rack", "replaces", "join", "refer-to", "r",
        "authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate", "server", "user-agent",
        "event", "o", "allow-events", "u", "subscription-state", "timestamp",
    ]
}
