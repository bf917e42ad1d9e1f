package import CallCenter
package import SIP

/// What of a call must outlive the process, so that the next one goes on with it (DESIGN.md section 2, restart). Times are
/// milliseconds since 1970, UTC.
package struct KeptCall: Sendable, Equatable {
    package enum Stage: Sendable, Equatable {
        case welcome, queued, transferred
        case dissuading(isFinal: Bool)
        /// An agent's phone rings, or he has picked up and is not joined yet.
        case offering(agentID: String, number: Int)
        case talking(agentID: String, answered: Milliseconds, pickup: Milliseconds)
        case leaving(to: String)
    }

    /// The legs of a call besides the caller's.
    package enum Role: UInt8, Sendable {
        case media, previousMedia, briefing, agent
    }

    package enum MediaPurpose: UInt8, Sendable {
        case welcome, hold, dissuading, overflow
    }

    /// What the journal knows the call by: the UUID that it got first, also after it has overflowed into another flow.
    package var key: String
    package var uuid: String
    package var number: Int32
    package var callerUser: String
    package var callerDisplayName: String
    package var callerURI: [UInt8]
    package var calledURI: [UInt8]
    package var hopsLeft: UInt8
    package var passedHeaders: [ExtraHeader] = []
    package var received: Milliseconds

    package var flowID: String
    /// Of the flow, should it be provisioned no more.
    package var skill: String
    package var priority: Int
    package var messageQueue: String
    package var flowsBefore: [String] = []

    package var stage: Stage
    package var place: Center.Place
    package var isAnswered: Bool
    package var hasTriedFirstLeg: Bool
    package var offersMade: Int
    package var refusals: Int
    package var callIDs: [String]
    /// When the wait, the announcement and the call end at the latest.
    package var maxWait: Milliseconds?
    package var welcomeMax: Milliseconds?
    package var maxDuration: Milliseconds?

    package var caller: KeptLeg
    package var legs: [Leg] = []
    /// Whom the caller hears.
    package var connected: Role?
    /// Whose offer the caller's ACK will answer.
    package var awaitsCallersAnswer: Role?
    package var mediaPurpose: MediaPurpose?
    package var isMediaUp = false

    package struct Leg: Sendable, Equatable {
        package var role: Role
        package var leg: KeptLeg

        package init(role: Role, leg: KeptLeg) {
            self.role = role
            self.leg = leg
        }
    }

    package func leg(_ role: Role) -> KeptLeg? { legs.first { $0.role == role }?.leg }
}

/// What of an agent must outlive the process besides his log-in. Times as in `KeptCall`.
package struct KeptAgent: Sendable, Equatable {
    package var id: String
    package var freeSince: Milliseconds
    /// nil: he is in no wrap-up.
    package var wrapupEnds: Milliseconds?

    package init(id: String, freeSince: Milliseconds, wrapupEnds: Milliseconds?) {
        self.id = id
        self.freeSince = freeSince
        self.wrapupEnds = wrapupEnds
    }
}

/// What is to be kept, in order: the last of each call and agent counts.
package enum Keeping: Sendable, Equatable {
    /// A call as it is now, encoded.
    case call(key: String, number: Int32, encoded: [UInt8])
    /// The call is over, and its record is with the records.
    case callEnded(key: String, number: Int32)
    case agent(KeptAgent)
}
