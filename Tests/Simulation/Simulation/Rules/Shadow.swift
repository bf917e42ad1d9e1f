import CallCenter
import Exchange
import SIP

/// What the outside can know of the distribution from what the core publishes: enough to hold CALLS.md section 3 against it,
/// without asking the core what it believes.
struct Shadow {
    struct Flow {
        var skill = 0
        var priority = 0
        var maxWrapup: Milliseconds?
        var dissuading: FlowDefinition.Dissuading?
        var maxWait: Milliseconds?
        var briefs = false
        var hasOverflow = false
        /// Callers go elsewhere when nobody who could serve them is logged in.
        var overflowsWithoutAgents = false
        /// It is provisioned now.
        var isKnown = true
    }

    struct Agent {
        enum State { case free, incall, wrapup }

        var skills: UInt64 = 0
        var wrapupTime: Milliseconds?
        var isKnown = false
        var isLoggedIn = false
        var state = State.free
        var since: Milliseconds = 0
        /// His place among the free ones; smaller is longer.
        var freeOrder = 0
        /// When he got that place.
        var freedAt: Milliseconds = 0
        /// The call that he has been given.
        var call: Int?
        var hasPickedUp = false
        /// What his wrap-up is to last; the leg to his phone may make it up to a second.
        var wrapup: Milliseconds = 0
        var keepsPlace = false
    }

    struct Call {
        enum State {
            case welcome, waiting, returning, offered, talking, over
            /// Hears that waiting may be in vain, and is in no queue meanwhile.
            case dissuaded
            /// The agent hears which queue it is.
            case briefed
            /// On its way to somebody who is no agent, and with him.
            case leaving, elsewhere
        }

        var flow: Int
        var caller: String
        var state = State.welcome
        var since: Milliseconds
        /// When its INVITE came, and when it came into this flow.
        var received: Milliseconds
        var began: Milliseconds
        /// The flow as it was then, and how many reloads there had been.
        var definition: Flow
        var reloads: Int
        /// When it first entered the queue.
        var arrivedAt: Milliseconds = 0
        var dissuasions = 0
        /// The first entry into the queue; 0 before.
        var arrival = 0
        var agent: Int?
        var pauses: [(agent: Int, until: Milliseconds)] = []
        var finals = 0
        var refusals = 0
        var refusalRecords = 0
        /// As its final record says.
        var rejected = 0
    }

    var flows: [Flow]
    var agents: [Agent]
    /// By number of the call.
    var calls: [Call?] = [nil]
    var waiting: [Int] = []
    var alive: [Int] = []
    var policy: Policy
    /// What a command has just asked for and been promised.
    var dispatched: (call: Int, agent: Int)?
    /// The agent whom the operator is freeing: he has no wrap-up.
    var freed: Int?
    /// Another core is taking over what the last one had.
    var isRestoring = false
    var reloads = 0
    /// Calls that an agent has handed on into another flow with the input at hand, as they were before.
    var handedOver: [Int: Call] = [:]
    /// Counted from what is published: offers, and how calls ended.
    var offers = 0
    var answered = 0
    var abandoned = 0
    var failed = 0
    var lastArrival = 0
    var lastFree = 0

    init(flows: Int, agents: Int, policy: Policy) {
        self.flows = Array(repeating: Flow(), count: flows)
        self.agents = Array(repeating: Agent(), count: agents)
        self.policy = policy
    }

    /// nil if it never came.
    func call(_ number: Int32) -> Call? {
        calls.indices.contains(Int(number)) ? calls[Int(number)] : nil
    }

    // MARK: What is provisioned

    /// As the core has taken it over: rows that were refused stay as they were.
    mutating func provision(_ provisioning: Provisioning) {
        reloads += 1
        for index in flows.indices { flows[index].isKnown = false }
        for flow in provisioning.flows {
            guard let index = flow.id.utf8.number(behind: 1) else { continue }
            flows[index] = Flow(
                skill: flow.skill.utf8.number(behind: 1) ?? 0,
                priority: flow.priority,
                maxWrapup: flow.maxWrapup,
                dissuading: flow.dissuading,
                maxWait: flow.maxWait,
                briefs: flow.messageFlowID != nil,
                hasOverflow: flow.overflowURI != nil,
                overflowsWithoutAgents: flow.overflowURI != nil && flow.onNoAgents == .overflow
            )
        }
        let kept = Set(provisioning.refused.map(\.id))
        for index in agents.indices where !kept.contains("a\(index)") { agents[index].isKnown = false }
        for agent in provisioning.agents {
            guard let index = agent.id.utf8.number(behind: 1) else { continue }
            agents[index].isKnown = true
            agents[index].wrapupTime = agent.wrapupTime
            agents[index].skills = agent.skills.reduce(0) { $0 | 1 << UInt64($1.utf8.number(behind: 1) ?? 0) }
        }
        for index in agents.indices where !agents[index].isKnown && agents[index].state == .free { forget(index) }
    }
}
