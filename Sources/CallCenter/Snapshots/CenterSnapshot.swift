/// Everything about flows, agents and calls at one moment, immutable: what every statistic, table and list is made
/// from.
///
/// Times are milliseconds; `taken` and the `...Since` values are of the core's clock, so an age is a difference.
package struct CenterSnapshot: Sendable {
    /// Rises by one a snapshot.
    package var number: UInt64
    /// When, on the core's clock.
    package var taken: Milliseconds
    package var isDispatchingInternally: Bool
    /// When the counters shown began to count, on the core's clock: the start, or the last `cc_reset_stats`.
    package var countersSince: Milliseconds
    package var totals: Totals
    /// Sorted by ID, bytewise.
    package var flows: [Flow]
    /// Sorted by ID, bytewise.
    package var agents: [Agent]
    /// Every call alive, in the order of arrival.
    package var calls: [Call]

    package init(
        number: UInt64 = 0,
        taken: Milliseconds = 0,
        isDispatchingInternally: Bool = true,
        countersSince: Milliseconds = 0,
        totals: Totals = Totals(),
        flows: [Flow] = [],
        agents: [Agent] = [],
        calls: [Call] = []
    ) {
        self.number = number
        self.taken = taken
        self.isDispatchingInternally = isDispatchingInternally
        self.countersSince = countersSince
        self.totals = totals
        self.flows = flows
        self.agents = agents
        self.calls = calls
    }

    /// The `ccg_` statistics (CALLS.md section 4) and their relatives. Counters are since the last reset.
    package struct Totals: Sendable, Equatable {
        package var counters = CallCounters()
        /// As `counters`, untouched by `cc_reset_stats`; the equation of CALLS.md section 4 holds here at any moment.
        package var countersSinceStart = CallCounters()
        package var onHold = 0
        package var queued = 0
        /// Calls that ring at an agent.
        package var offering = 0
        /// Calls between answer and end.
        package var talking = 0
        package var loggedAgents = 0
        package var freeAgents = 0
        /// Mean wait of the calls whose wait has ended.
        package var averageWait: Milliseconds = 0
        /// Percent: 100 x (on hold + logged in - free) / logged in, 0 if nobody is.
        package var load = 0.0
        /// Broken invariants found and mended since the start; 0 in a sound process.
        package var repairs: UInt64 = 0

        package init() {}
    }

    package struct Flow: Sendable {
        package var id: String
        package var priority: Int
        package var skill: String
        package var counters = CallCounters()
        /// As `counters`, untouched by `cc_reset_stats`.
        package var countersSinceStart = CallCounters()
        /// Calls put on hold, each once.
        package var putOnHold: UInt64 = 0
        package var onHold = 0
        package var queued = 0
        package var offering = 0
        package var talking = 0
        package var loggedAgents = 0
        package var freeAgents = 0
        package var estimatedWait: Milliseconds = 0
        package var averageWait: Milliseconds = 0
        /// Mean talk time since the start, 180 s without history: what estimates are made from.
        package var averageCallDuration: Milliseconds = 0
        /// Age of the oldest call that has not been answered yet.
        package var longestWait: Milliseconds = 0
        package var load = 0.0
        /// Answered within the service-level threshold.
        package var answeredInTime: UInt64 = 0
        /// The threshold in force: the flow's own, else the global one.
        package var serviceLevelThreshold: Milliseconds = 0
        package var waitTimes = Histogram()
        package var ringTimes = Histogram()
        package var talkTimes = Histogram()
        /// Removed by a reload, kept until its calls have ended.
        package var isRemoved = false

        package init(id: String, priority: Int, skill: String) {
            self.id = id
            self.priority = priority
            self.skill = skill
        }
    }

    package struct Agent: Sendable {
        package var id: String
        package var location: String
        package var skills: [String]
        package var isLoggedIn = false
        package var state = AgentState.free
        /// Since when the state holds, on the core's clock.
        package var stateSince: Milliseconds = 0
        /// End of the wrap-up, on the core's clock; nil outside wrap-up.
        package var wrapupEnds: Milliseconds?
        /// Flow of the call he has, if any.
        package var flowID: String?
        package var distributed: UInt64 = 0
        package var answered: UInt64 = 0
        package var abandoned: UInt64 = 0
        /// Refusals by cause, in the order of `RefusalCause.allCases`.
        package var refusals = Counts<7>()
        /// How often he was logged off because he let too many calls ring.
        package var noAnswerLogoffs: UInt64 = 0
        /// As `noAnswerLogoffs`, untouched by `cc_reset_stats`.
        package var noAnswerLogoffsSinceStart: UInt64 = 0
        package var averageTalk: Milliseconds = 0
        package var isRemoved = false

        package init(id: String, location: String, skills: [String]) {
            self.id = id
            self.location = location
            self.skills = skills
        }
    }

    package struct Call: Sendable {
        /// The number of the call, `cid` in its records.
        package var number: Int32
        package var flowID: String
        package var state: CallState
        package var callerUser: String
        package var callerDisplayName: String
        package var media = CallDetailRecord.Media.rtp
        /// When its INVITE came, on the core's clock.
        package var since: Milliseconds
        /// The agent it rings at or talks to.
        package var agentID: String?
        package var priority: Int
        package var skill: String
        /// When it was answered, on the core's clock; nil unless it talks to its agent.
        package var talkingSince: Milliseconds?
        /// Of two waiting calls of the same priority, the one with the smaller number is served first.
        package var order: UInt64 = 0
        /// Calls ahead of it in its flow; nil unless queued.
        package var position: Int?
        /// nil where there are no agents.
        package var estimatedWait: Milliseconds?

        package init(
            number: Int32,
            flowID: String,
            state: CallState,
            callerUser: String,
            callerDisplayName: String,
            since: Milliseconds,
            priority: Int,
            skill: String
        ) {
            self.number = number
            self.flowID = flowID
            self.state = state
            self.callerUser = callerUser
            self.callerDisplayName = callerDisplayName
            self.since = since
            self.priority = priority
            self.skill = skill
        }
    }
}
