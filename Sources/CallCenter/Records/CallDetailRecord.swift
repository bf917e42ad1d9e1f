/// One row of `cc_cdrs`: the end of a call, or an agent's refusal of it (CALLS.md section 5).
///
/// Times inside are milliseconds; the columns of the reference are whole seconds, rounded down.
package struct CallDetailRecord: Sendable, Equatable {
    /// `call_type` of the reference.
    package enum CallType: Int, Sendable {
        case answered = 0
        /// Ended without an answer: abandoned, dissuaded, max_wait, operator.
        case unanswered = 1
        case error = -1
        /// An agent refused; the call went on.
        case refused = -2
    }

    /// `fstats` of the reference.
    package struct Facts: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        package static let inbound = Facts(rawValue: 1)
        package static let distributed = Facts(rawValue: 2)
        package static let answered = Facts(rawValue: 4)
        package static let abandoned = Facts(rawValue: 8)
    }

    package enum Media: Int, Sendable {
        case rtp = 1
        case msrp = 2
    }

    /// Half of the key: the call, 32 hexadecimal digits.
    package var callUUID: String
    /// The other half: 0 for the final record, 1... for the offer that was refused. Fixed when the call or offer
    /// begins.
    package var offerNumber: Int
    /// `cid`: the number of the call, persistent, 31 bits.
    package var callNumber: Int32
    /// User part of From, at most 64 characters.
    package var caller: String
    /// When the INVITE came: milliseconds since 1970, UTC.
    package var received: Milliseconds
    /// INVITE to answer, or to the end (for a refusal: to the refusal).
    package var wait: Milliseconds
    /// INVITE to the agent until his 200; 0 if there was none.
    package var pickup: Milliseconds
    /// Answer to BYE.
    package var talk: Milliseconds
    package var flowID: String
    /// Empty if no agent was concerned.
    package var agentID: String
    package var callType: CallType
    /// How many agents had refused before this row.
    package var refusals: Int
    package var facts: Facts
    package var media: Media
    package var callerURI: String
    package var calledURI: String
    /// The SIP status that decided, 0 if none did.
    package var sipStatus: Int
    /// One word for people and reports: `answered`, `abandoned`, `busy`, `no_answer`, `media`, `max_wait`, …
    package var cause: String
    package var endedBy: EndedBy
    /// Where the call went after a transfer.
    package var transferredTo: String?
    /// Call-IDs of all legs, the caller's first.
    package var callIDs: [String]

    package enum EndedBy: String, Sendable {
        case caller, agent, system, `operator`
    }

    package init(
        callUUID: String,
        offerNumber: Int,
        callNumber: Int32,
        caller: String,
        received: Milliseconds,
        wait: Milliseconds,
        pickup: Milliseconds = 0,
        talk: Milliseconds = 0,
        flowID: String,
        agentID: String = "",
        callType: CallType,
        refusals: Int = 0,
        facts: Facts,
        media: Media = .rtp,
        callerURI: String,
        calledURI: String,
        sipStatus: Int = 0,
        cause: String,
        endedBy: EndedBy,
        transferredTo: String? = nil,
        callIDs: [String]
    ) {
        self.callUUID = callUUID
        self.offerNumber = offerNumber
        self.callNumber = callNumber
        self.caller = caller
        self.received = received
        self.wait = wait
        self.pickup = pickup
        self.talk = talk
        self.flowID = flowID
        self.agentID = agentID
        self.callType = callType
        self.refusals = refusals
        self.facts = facts
        self.media = media
        self.callerURI = callerURI
        self.calledURI = calledURI
        self.sipStatus = sipStatus
        self.cause = cause
        self.endedBy = endedBy
        self.transferredTo = transferredTo
        self.callIDs = callIDs
    }
}

extension CallDetailRecord {
    /// Changes each text that somebody else has chosen; the key is ours.
    package func replacing(_ change: (String) -> String) -> CallDetailRecord {
        var record = self
        let texts = [\CallDetailRecord.caller, \.flowID, \.agentID, \.callerURI, \.calledURI, \.cause]
        for text in texts { record[keyPath: text] = change(record[keyPath: text]) }
        record.transferredTo = transferredTo.map(change)
        record.callIDs = callIDs.map(change)
        return record
    }
}

extension String {
    /// With `?` for each other character.
    package var inASCII: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.isASCII ? $0 : "?" }))
    }

    /// Its beginning, of this many Unicode scalars at most: columns of databases count those, and not what looks like one character,
    /// of which whoever chooses the text can make each as long as he likes.
    package func cut(toScalars count: Int) -> String {
        String(String.UnicodeScalarView(unicodeScalars.prefix(count)))
    }
}
