import CallCenter

/// Which part of a list somebody wants.
package struct ListQuery: Sendable {
    package var flow: String?
    package var agent: String?
    /// Of an agent or a call, by the list.
    package var state: String?
    package var skill: String?
    /// Of what the filters let through, so many are left out.
    package var offset: Int?
    /// At most so many.
    package var limit: Int?

    package init() {}

    static let paging = [
        Parameter("offset", .number(0...1_000_000_000), isOptional: true),
        Parameter("limit", .number(1...1_000_000_000), isOptional: true),
    ]

    /// What an agent can be asked for by.
    static let agentStates = ["offline", "free", "incall", "wrapup"]

    init(_ arguments: Arguments) {
        flow = arguments.optionalText("flow")
        agent = arguments.optionalText("agent_id")
        state = arguments.optionalText("state")
        skill = arguments.optionalText("skill")
        offset = arguments.optionalNumber("offset")
        limit = arguments.optionalNumber("limit")
    }

    /// The result: the page that was asked for, and beside it, where one was, how many there are in all.
    func page(_ name: String, _ elements: [JSONValue]) -> JSONValue {
        guard offset != nil || limit != nil else { return .object([.init(name, .array(elements))]) }
        let page = elements.dropFirst(offset ?? 0).prefix(limit ?? .max)
        return .object([.init(name, .array(Array(page))), .init("Total", .count(elements.count))])
    }

    // MARK: - Filters

    /// A flow or agent that does not exist is an error: who mistypes a name is not to take an empty list for an answer.
    func check(_ snapshot: CenterSnapshot) throws(RPCError) {
        if let flow, !snapshot.flows.contains(where: { $0.id == flow }) {
            throw RPCError(code: 404, message: "no flow \(JSONValue.string(flow).text)")
        }
        if let agent, !snapshot.agents.contains(where: { $0.id == agent }) {
            throw RPCError(code: 404, message: ControlError.unknownAgent(agent).message)
        }
    }

    func accepts(_ flow: CenterSnapshot.Flow) -> Bool {
        (self.flow == nil || self.flow == flow.id) && (skill == nil || skill == flow.skill)
    }

    /// - Parameter flowSkill: of the flow that is asked for.
    func accepts(_ agent: CenterSnapshot.Agent, flowSkill: String?) -> Bool {
        guard self.agent == nil || self.agent == agent.id else { return false }
        guard [skill, flowSkill].allSatisfy({ $0.map(agent.skills.contains) != false }) else { return false }
        let presence = agent.state == .free && !agent.isLoggedIn ? "offline" : agent.state.rawValue
        return state == nil || state == presence
    }

    func accepts(_ call: CenterSnapshot.Call) -> Bool {
        (flow == nil || flow == call.flowID) && (agent == nil || agent == call.agentID)
            && (state == nil || state == call.state.rawValue)
    }
}
