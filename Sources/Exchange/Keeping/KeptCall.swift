package import CallCenter
package import SIP

/// What of a call must outlive the process, so that the next one goes on with it (DESIGN.md section 2, restart). Times are
/// milliseconds since 1970, UTC.
@dynamicMemberLookup
package struct KeptCall: Sendable, Equatable {
    package enum Stage: Sendable, Equatable {
        case welcome, queued
        /// Whom the agent has handed the caller on to and then hung up, if he has not answered yet.
        case transferred(to: String?)
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

    package var callIDs: [String]
    package var course: Course

    package var caller: KeptLeg
    package var legs: [Leg] = []

    package struct Leg: Sendable, Equatable {
        package var role: Role
        package var leg: KeptLeg

        package init(role: Role, leg: KeptLeg) {
            self.role = role
            self.leg = leg
        }
    }

    package func leg(_ role: Role) -> KeptLeg? { legs.first { $0.role == role }?.leg }

    /// How far it has come is the call's as well.
    package subscript<Value>(dynamicMember path: WritableKeyPath<Course, Value>) -> Value {
        get { course[keyPath: path] }
        set { course[keyPath: path] = newValue }
    }

    /// How far a call has come: what changes while it goes on, besides its legs.
    package struct Course: Sendable, Equatable {
        package var stage: Stage
        package var place: Center.Place
        package var isAnswered: Bool
        package var hasTriedFirstLeg: Bool
        package var offersMade: Int
        package var refusals: Int
        /// When the wait, the announcement and the call end at the latest.
        package var maxWait: Milliseconds?
        package var welcomeMax: Milliseconds?
        package var maxDuration: Milliseconds?
        /// Whom the caller hears.
        package var connected: Role?
        /// Whose offer the caller's ACK will answer.
        package var awaitsCallersAnswer: Role?
        package var mediaPurpose: MediaPurpose?
        package var isMediaUp = false
        /// Whom the caller hears has been asked for an offer, to join the two anew.
        package var isRejoining = false

        init(
            stage: Stage,
            place: Center.Place,
            isAnswered: Bool,
            hasTriedFirstLeg: Bool,
            offersMade: Int,
            refusals: Int
        ) {
            self.stage = stage
            self.place = place
            self.isAnswered = isAnswered
            self.hasTriedFirstLeg = hasTriedFirstLeg
            self.offersMade = offersMade
            self.refusals = refusals
        }
    }
}

/// What has changed of a call since it was kept before.
struct KeptChange {
    struct Leg {
        var role: KeptCall.Role
        var id: LegID
        /// nil: as it was kept before, whatever part it had then.
        var leg: KeptLeg?
    }

    var key: String
    var number: Int32
    /// 1 for the first since the call was kept as a whole.
    var order: UInt16
    /// How many of the Call-IDs are as they were, and those behind them.
    var callIDsBefore: Int
    var callIDs: [String]
    var course: KeptCall.Course
    /// nil: as it was.
    var caller: KeptLeg?
    var legs: [Leg] = []
}

/// What of an agent must outlive the process. Times as in `KeptCall`.
package struct KeptAgent: Sendable, Equatable {
    package var id: String
    package var freeSince: Milliseconds
    /// nil: he is in no wrap-up.
    package var wrapupEnds: Milliseconds?
    /// nil: he is provisioned no more, or whoever kept it knew nothing of it.
    package var login: Center.Login?

    package init(id: String, freeSince: Milliseconds, wrapupEnds: Milliseconds?, login: Center.Login? = nil) {
        self.id = id
        self.freeSince = freeSince
        self.wrapupEnds = wrapupEnds
        self.login = login
    }
}

/// What is to be kept, in order: of each agent the last counts, of each call the last `call` and what of it has changed since.
package enum Keeping: Sendable, Equatable {
    /// A call as it is now, encoded.
    case call(key: String, number: Int32, encoded: [UInt8])
    /// What has changed of it since it was last kept, encoded.
    case callChanged(key: String, number: Int32, encoded: [UInt8])
    /// The call is over, and its record is with the records.
    case callEnded(key: String, number: Int32)
    case agent(KeptAgent)
}
