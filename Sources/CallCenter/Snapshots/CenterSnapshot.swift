/// Everything about flows, agents and calls at one moment, immutable: what every statistic, table and list is made from.
///
/// Times are milliseconds; `taken` and the `...Since` values are of the core's clock, so an age is a difference.
package struct CenterSnapshot: Sendable {
    /// Rises by one a snapshot.
    package var number: UInt64
    /// When, on the core's clock.
    package var taken: Milliseconds
    package var isDispatchingInternally: Bool
    package var totals: Totals
    /// Sorted by ID, bytewise.
    package var flows: [Flow]
    /// Sorted by ID, bytewise.
    package var agents: [Agent]
    /// Every call alive, in the order of arrival.
    package var calls: [Call]

    /// The `ccg_` statistics (CALLS.md section 4) and their relatives. Counters are since the last reset.
    package struct Totals: Sendable, Equatable {
        package var counters = CallCounters()
        package var onHold = 0
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

        package init() {}
    }

    package struct Flow: Sendable {
        package var id: String
        package var priority: Int
        package var skill: String
        package var counters = CallCounters()
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
        package var averageCallDuration: Milliseconds = 0
        package var longestWait: Milliseconds = 0
        package var load = 0.0
        /// Answered within the service-level threshold.
        package var answeredInTime: UInt64 = 0
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
        package var refusals: [UInt64] = []
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

/// The counters that the whole centre and each flow have. `received + restored = answered + abandoned + failed + alive`.
package struct CallCounters: Sendable, Equatable {
    package var received: UInt64 = 0
    package var restored: UInt64 = 0
    package var distributed: UInt64 = 0
    package var answered: UInt64 = 0
    package var abandoned: UInt64 = 0
    /// In the order of `FailureCause.allCases`.
    package var failed = [UInt64](repeating: 0, count: FailureCause.allCases.count)

    package init() {}
}

/// Where a call is (CALLS.md section 1); the raw values are what lists and headers show.
package enum CallState: String, Sendable, CaseIterable {
    case welcome, dissuading1, dissuading2, queued, preagent, toagent, ended, transferred
}

/// What an agent does; being logged in is separate.
package enum AgentState: String, Sendable, CaseIterable {
    case free, incall, wrapup
}

/// Why a call ended without an answer and not by the caller's leaving.
package enum FailureCause: String, Sendable, CaseIterable {
    case dissuaded
    case maxWait = "max_wait"
    case overflow, `operator`, media, `internal`
}

/// Why an offer to an agent came to nothing, the caller still being there.
package enum RefusalCause: String, Sendable, CaseIterable {
    case busy
    case noAnswer = "no_answer"
    case declined
    case unreachable
    case redirected
    case media
    case failed
}

/// Counts of times below each of a fixed list of bounds, plus the sum, as Prometheus wants them.
package struct Histogram: Sendable, Equatable {
    /// Upper bounds, inclusive, in milliseconds; a last bucket without bound follows.
    package static let bounds: [Milliseconds] = [
        1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000,
    ]

    /// Not cumulative; one more than there are bounds.
    package private(set) var buckets = [UInt64](repeating: 0, count: Histogram.bounds.count + 1)
    /// Milliseconds.
    package private(set) var sum: UInt64 = 0
    package private(set) var count: UInt64 = 0

    package init() {}

    package mutating func record(_ time: Milliseconds) {
        let index = Self.bounds.firstIndex { time <= $0 } ?? Self.bounds.count
        buckets[index] += 1
        sum += UInt64(max(0, time))
        count += 1
    }
}
