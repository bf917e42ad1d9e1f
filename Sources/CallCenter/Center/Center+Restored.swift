/// What is known of the calls and agents of an earlier process, for `Center+Restore`.
extension Center {
    /// What an agent did when the earlier process ended, on the clock of this one.
    package struct RestoredAgent: Sendable {
        package var id: String
        package var freeSince: Milliseconds
        /// nil: he was in no wrap-up.
        package var wrapupEnds: Milliseconds?
        /// nil: he is provisioned no more. Putting it in force is not up to `restore(agents:)`.
        package var login: Login?

        package init(id: String, freeSince: Milliseconds, wrapupEnds: Milliseconds?, login: Login? = nil) {
            self.id = id
            self.freeSince = freeSince
            self.wrapupEnds = wrapupEnds
            self.login = login
        }
    }

    /// Whether an agent is logged in.
    package struct Login: Sendable, Equatable {
        package var isLoggedIn: Bool
        /// `logstate` of his row meanwhile. If it says something else by now, the row decides.
        package var rowSays: Bool

        package init(isLoggedIn: Bool, rowSays: Bool) {
            self.isLoggedIn = isLoggedIn
            self.rowSays = rowSays
        }
    }

    package struct RestoredCall: Sendable {
        package enum Phase: Sendable {
            case welcome, queued, leaving, transferred
            case dissuading(isFinal: Bool)
            case talking(agentID: String, since: Milliseconds)
        }

        package var flowID: String
        /// Of the flow, should it be gone by now.
        package var definition: FlowDefinition
        package var number: Int32
        package var owner: UInt64
        package var callerUser: String
        package var callerDisplayName: String
        package var since: Milliseconds
        package var phase: Phase
        package var place: Place

        package init(
            flowID: String,
            definition: FlowDefinition,
            number: Int32,
            owner: UInt64,
            callerUser: String,
            callerDisplayName: String,
            since: Milliseconds,
            phase: Phase,
            place: Place
        ) {
            self.flowID = flowID
            self.definition = definition
            self.number = number
            self.owner = owner
            self.callerUser = callerUser
            self.callerDisplayName = callerDisplayName
            self.since = since
            self.phase = phase
            self.place = place
        }
    }

    /// Where a call stands in the queue, and what it has heard there.
    package struct Place: Sendable, Equatable {
        /// Rises from call to call as they enter the queue for the first time; 0: it has not yet.
        package var arrival: UInt64
        /// When that was.
        package var arrived: Milliseconds
        /// Reasons for a message that dissuades which have counted.
        package var dissuasions: Int
        package var hasWaited: Bool
        /// Agents who have not taken it and are not offered it again for a while.
        package var pauses: [Pause]

        package struct Pause: Sendable, Equatable {
            package var agentID: String
            package var until: Milliseconds

            package init(agentID: String, until: Milliseconds) {
                self.agentID = agentID
                self.until = until
            }
        }

        package init(
            arrival: UInt64 = 0,
            arrived: Milliseconds = 0,
            dissuasions: Int = 0,
            hasWaited: Bool = false,
            pauses: [Pause] = []
        ) {
            self.arrival = arrival
            self.arrived = arrived
            self.dissuasions = dissuasions
            self.hasWaited = hasWaited
            self.pauses = pauses
        }

        /// The same place on another clock, which shows so much more.
        package func shifted(by offset: Milliseconds) -> Place {
            var place = self
            place.arrived += offset
            for index in place.pauses.indices { place.pauses[index].until += offset }
            return place
        }
    }
}
