/// The header fields that we know by name: RFC 3261 section 20 and those of the extensions that call centres meet.
/// The others stay `.other`, with their name in the message.
@usableFromInline package enum HeaderName: UInt8, Hashable, Sendable, CaseIterable {
    case via, from, to, callID, cseq, contact, maxForwards, route, recordRoute
    case contentType, contentLength, contentEncoding, contentDisposition, contentLanguage, mimeVersion
    case allow, supported, require, proxyRequire, unsupported, accept, acceptEncoding, acceptLanguage
    case expires, minExpires, sessionExpires, minSE, retryAfter, reason, rseq, rack, replaces, referTo, referredBy
    case warning, server, userAgent, authorization, proxyAuthorization, wwwAuthenticate, proxyAuthenticate
    case pAssertedIdentity, pPreferredIdentity, remotePartyID, privacy, diversion, historyInfo
    case event, allowEvents, subscriptionState, timestamp, date, subject, organization, priority
    case alertInfo, callInfo, errorInfo, inReplyTo, replyTo, path, join
    case other

    /// As we write it; empty for `.other`.
    package var spelling: StaticString {
        switch self {
        case .via: "Via"
        case .from: "From"
        case .to: "To"
        case .callID: "Call-ID"
        case .cseq: "CSeq"
        case .contact: "Contact"
        case .maxForwards: "Max-Forwards"
        case .route: "Route"
        case .recordRoute: "Record-Route"
        case .contentType: "Content-Type"
        case .contentLength: "Content-Length"
        case .contentEncoding: "Content-Encoding"
        case .contentDisposition: "Content-Disposition"
        case .contentLanguage: "Content-Language"
        case .mimeVersion: "MIME-Version"
        case .allow: "Allow"
        case .supported: "Supported"
        case .require: "Require"
        case .proxyRequire: "Proxy-Require"
        case .unsupported: "Unsupported"
        case .accept: "Accept"
        case .acceptEncoding: "Accept-Encoding"
        case .acceptLanguage: "Accept-Language"
        case .expires: "Expires"
        case .minExpires: "Min-Expires"
        case .sessionExpires: "Session-Expires"
        case .minSE: "Min-SE"
        case .retryAfter: "Retry-After"
        case .reason: "Reason"
        case .rseq: "RSeq"
        case .rack: "RAck"
        case .replaces: "Replaces"
        case .referTo: "Refer-To"
        case .referredBy: "Referred-By"
        case .warning: "Warning"
        case .server: "Server"
        case .userAgent: "User-Agent"
        case .authorization: "Authorization"
        case .proxyAuthorization: "Proxy-Authorization"
        case .wwwAuthenticate: "WWW-Authenticate"
        case .proxyAuthenticate: "Proxy-Authenticate"
        case .pAssertedIdentity: "P-Asserted-Identity"
        case .pPreferredIdentity: "P-Preferred-Identity"
        case .remotePartyID: "Remote-Party-ID"
        case .privacy: "Privacy"
        case .diversion: "Diversion"
        case .historyInfo: "History-Info"
        case .event: "Event"
        case .allowEvents: "Allow-Events"
        case .subscriptionState: "Subscription-State"
        case .timestamp: "Timestamp"
        case .date: "Date"
        case .subject: "Subject"
        case .organization: "Organization"
        case .priority: "Priority"
        case .alertInfo: "Alert-Info"
        case .callInfo: "Call-Info"
        case .errorInfo: "Error-Info"
        case .inReplyTo: "In-Reply-To"
        case .replyTo: "Reply-To"
        case .path: "Path"
        case .join: "Join"
        case .other: ""
        }
    }

    /// The one-letter form (RFC 3261 section 7.3.3 and the registry of header fields).
    init?(compact letter: UInt8) {
        switch letter.lowercased {
        case UInt8(ascii: "a"): return nil  // Accept-Contact, of no use here
        case UInt8(ascii: "b"): self = .referredBy
        case UInt8(ascii: "c"): self = .contentType
        case UInt8(ascii: "e"): self = .contentEncoding
        case UInt8(ascii: "f"): self = .from
        case UInt8(ascii: "i"): self = .callID
        case UInt8(ascii: "k"): self = .supported
        case UInt8(ascii: "l"): self = .contentLength
        case UInt8(ascii: "m"): self = .contact
        case UInt8(ascii: "o"): self = .event
        case UInt8(ascii: "r"): self = .referTo
        case UInt8(ascii: "s"): self = .subject
        case UInt8(ascii: "t"): self = .to
        case UInt8(ascii: "u"): self = .allowEvents
        case UInt8(ascii: "v"): self = .via
        case UInt8(ascii: "x"): self = .sessionExpires
        default: return nil
        }
    }

    /// Whether several values may share one line, separated by commas (RFC 3261 section 7.3.1).
    package var isList: Bool {
        switch self {
        case .via, .contact, .route, .recordRoute, .contentEncoding, .contentLanguage, .allow, .supported, .require,
            .proxyRequire, .unsupported, .accept, .acceptEncoding, .acceptLanguage, .reason, .warning,
            .pAssertedIdentity, .pPreferredIdentity, .remotePartyID, .diversion, .historyInfo, .allowEvents,
            .alertInfo, .callInfo, .errorInfo, .inReplyTo, .path:
            true
        default: false
        }
    }

    /// Whether a message that has it twice is broken: nobody could say which one counts.
    var isSingle: Bool {
        switch self {
        case .from, .to, .callID, .cseq, .maxForwards, .contentType: true
        default: false
        }
    }

    /// One bit for a set of names in a word.
    @inline(__always)
    var bit: UInt64 { 1 << UInt64(rawValue) }
}

// MARK: - Look-up

extension HeaderName {
    /// The header of this name, in any case of letters or compact; `.other` if we know none.
    package init(_ name: [UInt8]) { self.init(name.span, 0, name.count) }

    init(_ bytes: Span<UInt8>, _ lower: Int, _ upper: Int) {
        let length = upper - lower
        guard length > 1 else {
            self = length == 1 ? HeaderName(compact: bytes.at(lower)) ?? .other : .other
            return
        }
        let key = HeaderKey(bytes, lower, length)
        var slot = key.slot
        while true {
            let entry = headerNames[slot]
            // The key has all of a name up to 16 bytes. Free slots, of which there are many, are `.other`.
            if entry.name == .other
                || (entry.key == key && entry.length == length
                    && (length <= 16 || bytes.spells(ByteRange(lower, upper), entry.name.spelling)))
            {
                self = entry.name
                return
            }
            slot = (slot + 1) % headerNames.count
        }
    }
}

/// The first and the last eight bytes of a name, bit 0x20 set in each. What has the same key has the same letters and
/// hyphens there: of the bytes that a line may have, no other becomes one of them by setting that bit.
private struct HeaderKey: Equatable {
    var head: UInt64
    var tail: UInt64

    /// Where the search for it begins.
    var slot: Int { Int(truncatingIfNeeded: ((head ^ tail) &* 0x9E37_79B9_7F4A_7C15) >> 57) }

    /// The key of no name at all.
    init() {
        head = 0
        tail = 0
    }

    @inline(__always)
    init(_ bytes: Span<UInt8>, _ start: Int, _ length: Int) {
        if length >= 8 {
            head = bytes.word(start) | 0x2020_2020_2020_2020
            tail = bytes.word(start + length - 8) | 0x2020_2020_2020_2020
        } else {
            // The bytes behind a short name are shifted out.
            head = (bytes.word(start) | 0x2020_2020_2020_2020) << UInt64(8 * (8 - length))
            tail = 0
        }
    }
}

/// All long names in a hash table with linear probing, half of whose 128 slots are free.
private let headerNames: [(key: HeaderKey, length: Int, name: HeaderName)] = {
    var slots = [(key: HeaderKey, length: Int, name: HeaderName)](repeating: (HeaderKey(), 0, .other), count: 128)
    for name in HeaderName.allCases where name != .other {
        let spelling = [UInt8](name.spelling)
        let key = HeaderKey(spelling.span, 0, spelling.count)
        var slot = key.slot
        while slots[slot].name != .other { slot = (slot + 1) % slots.count }
        slots[slot] = (key, spelling.count, name)
    }
    return slots
}()
