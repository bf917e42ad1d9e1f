/// A flow as the center keeps it. What most events look at stands together, as thousands of flows are more than caches hold.
struct FlowEntry {
    /// Position of `definition.skill` among the skills.
    var skill: Int
    /// Its waiting calls by arrival: all have the same priority.
    var waiting = QueuePool.Queue()
    /// Calls alive by what they do; `onHold` includes the waiting ones.
    var onHold = 0
    var offering = 0
    var talking = 0
    var transferred = 0
    /// Gone from the table; kept until its calls have ended.
    var isRemoved = false
    var statistics = FlowStatistics()
    /// In force for its calls; of a removed flow, the last one.
    var definition: FlowDefinition { didSet { shared = Shared(definition) } }
    /// The same, for calls that go by it as long as they live.
    private(set) var shared: Shared<FlowDefinition>
    /// The state of `statistics` at the last reset: apart, since only snapshots ask for it.
    var base: Shared<FlowStatistics>?

    init(definition: FlowDefinition, skill: Int) {
        self.definition = definition
        self.skill = skill
        shared = Shared(definition)
    }

    var calls: Int { onHold + offering + talking + transferred }
    /// Of its calls among those that wait for the same skill. Priorities beyond 32 bits are as good as the last one within.
    var urgency: Int32 { Int32(clamping: definition.priority) }

    mutating func count(_ tally: CallEntry.Tally, by change: Int) {
        switch tally {
        case .onHold: onHold += change
        case .offering: offering += change
        case .talking: talking += change
        case .transferred: transferred += change
        }
    }

    static let vacant = FlowEntry(definition: FlowDefinition(id: "", skill: "", messageQueue: ""), skill: 0)
}

/// An agent as the center keeps him: one record, whatever number of flows he serves. What most events look at stands together.
struct AgentEntry {
    enum Activity: Equatable {
        case free
        case incall(Int)
        case wrapup(Wrapup)
    }

    /// After a call. He is free when it is over and the leg to his phone is gone.
    struct Wrapup: Equatable {
        var ends: Milliseconds
        /// Since when his leg is being ended; nil: it is gone.
        var clearingSince: Milliseconds?
        var isOver: Bool
        /// His phone only rang: he keeps his place among the free agents.
        var keepsPlace: Bool
    }

    var activity = Activity.free
    /// Since when he does that.
    var since: Milliseconds
    /// When he last became free or logged in, and his place among the free agents that goes with it (smaller: free
    /// longer). Kept while his phone only rings.
    var freeSince: Milliseconds = 0
    var freeOrder: UInt64 = 0
    /// Positions of `definition.skills` among the skills; empty once he is removed.
    var skills = SkillPositions([])
    /// Offers in a row that rang in vain.
    var unanswered = 0
    /// Wrap-ups so far, to know stale timers.
    var episode: UInt32 = 0
    var isLoggedIn = false
    /// He is in the idle queue of each of his skills.
    var isIdle = false
    /// Gone from the table; kept until his call has ended and his leg is gone.
    var isRemoved = false
    var definition: AgentDefinition
    var statistics = AgentStatistics()
    /// The state of `statistics` at the last reset: apart, since only snapshots ask for it.
    var base: Shared<AgentStatistics>?

    /// Without his skills.
    init(definition: AgentDefinition, since: Milliseconds) {
        self.definition = definition
        self.since = since
    }

    var state: AgentState {
        switch activity {
        case .free: .free
        case .incall: .incall
        case .wrapup: .wrapup
        }
    }

    static let vacant = AgentEntry(definition: AgentDefinition(id: "", location: "", skills: []), since: 0)
}

/// A call as the center keeps it, from its admission until it is answered and over, abandoned or failed.
struct CallEntry {
    enum Phase: Equatable {
        /// Hears the welcome, not yet in the queue.
        case welcome
        case queued
        /// Hears that waiting may be in vain; keeps its place meanwhile. `isFinal`: the call ends after the message.
        case dissuading(isFinal: Bool)
        /// On its way to somewhere else, which has not answered yet.
        case leaving
        /// Reserved: the agent's phone rings, or he has picked up and is being joined.
        case offered(Offer)
        case talking(agent: Int, since: Milliseconds)
        /// Counted and recorded; its caller talks to somebody who is no agent.
        case transferred

        /// Which of its flow's numbers of calls alive it is in.
        var tally: Tally {
            switch self {
            case .welcome, .queued, .dissuading, .leaving: .onHold
            case .offered(let offer): offer.isBriefed ? .onHold : .offering
            case .talking: .talking
            case .transferred: .transferred
            }
        }
    }

    enum Tally { case onHold, offering, talking, transferred }

    struct Offer: Equatable {
        var agent: Int
        var since: Milliseconds
        var isPickedUp = false
        /// He hears which queue the call comes from; the caller waits on (state `preagent`).
        var isBriefed = false
    }

    /// What has been, or will be, the reason for a message that dissuades; each counts once.
    struct Dissuasions: OptionSet {
        let rawValue: Int
        static let onArrival = Dissuasions(rawValue: 1)
        static let onHold = Dissuasions(rawValue: 2)
    }

    /// An agent who has not taken this call and is not offered it again for a while.
    struct Pause: Equatable {
        var agent: AgentRef
        var refusal: UInt32
        var until: Milliseconds
    }

    var flow: Int
    /// `cid` in its records.
    var number: Int32
    /// The name that the Exchange gave it.
    var owner: UInt64
    var callerUser: String
    var callerDisplayName: String
    /// When its INVITE came.
    var since: Milliseconds
    var phase = Phase.welcome
    /// Its place within its priority: the first entry into the queue. 0 before that.
    var arrival: UInt64 = 0
    /// When that was.
    var arrived: Milliseconds = 0
    var dissuasions: Dissuasions = []
    /// The timer of the message after some time on hold is running, or has run.
    var hasHoldTimer = false
    /// Counted as put on hold.
    var hasWaited = false
    var refusals: UInt32 = 0
    var pauses: [Pause] = []

    /// The agent who is reserved for it or talks to it.
    var agent: Int? {
        switch phase {
        case .welcome, .queued, .dissuading, .leaving, .transferred: nil
        case .offered(let offer): offer.agent
        case .talking(let agent, _): agent
        }
    }

    static let vacant = CallEntry(flow: 0, number: 0, owner: 0, callerUser: "", callerDisplayName: "", since: 0)
}

/// A skill that some flow or agent names.
struct SkillEntry {
    var name: String
    /// Flows and agents that name it; at 0 the slot falls vacant.
    var users = 0
    /// Flows that need it and have calls that wait, by (priority, arrival of the first one).
    var waiting = QueuePool.Queue()
    /// Agents who have it, are logged in and free, by free since.
    var idle = QueuePool.Queue()
    /// Agents who have it and are logged in.
    var logged = 0

    static let vacant = SkillEntry(name: "")
}
