package import CallCenter

/// The lists of the reference, made from one snapshot. Field names are spelt as existing tools know them, misspellings
/// included (CALLS.md section 6); times are whole seconds, rounded down.
package enum Lists {
    /// `Flows[]` of cc_list_flows.
    package static func flows(in snapshot: CenterSnapshot, _ query: ListQuery) throws(RPCError) -> JSONValue {
        try query.check(snapshot)
        let flows = snapshot.flows.filter(query.accepts).map { flow -> JSONValue in
            // Calls of the flow that are alive. The reference counts its users of the flow besides; here both agree.
            let alive = flow.onHold + flow.offering + flow.talking
            return [
                "id": .string(flow.id),
                "Avg Call Duration": seconds(flow.averageCallDuration),
                // Answered calls that have ended.
                "Processed Calls": .count(flow.talkTimes.count),
                "Logged Agents": .count(flow.loggedAgents),
                "Ongoing Calls": .count(alive),
                "Ref Calls": .count(alive),
            ]
        }
        return query.page("Flows", flows)
    }

    /// `Agents[]` of cc_list_agents. As in the reference, `State` is there while he is logged in (or still has
    /// something to finish), `Wrapup-ends` (seconds from now) in wrap-up only; `Ref` is the number of calls he has.
    package static func agents(in snapshot: CenterSnapshot, _ query: ListQuery) throws(RPCError) -> JSONValue {
        try query.check(snapshot)
        let skill = query.flow.flatMap { flow in snapshot.flows.first { $0.id == flow }?.skill }
        let agents = snapshot.agents.filter { query.accepts($0, flowSkill: skill) }.map { agent in
            var members: [JSONValue.Member] = [
                .init("id", .string(agent.id)),
                .init("Ref", agent.state == .incall ? 1 : 0),
                .init("Loged in", agent.isLoggedIn ? "YES" : "NO"),
            ]
            if agent.isLoggedIn || agent.state != .free {
                members.append(.init("State", .string(agent.state.rawValue)))
            }
            if agent.state == .wrapup, let end = agent.wrapupEnds {
                members.append(.init("Wrapup-ends", seconds(end.subtractingSaturated(snapshot.taken))))
            }
            return JSONValue.object(members)
        }
        return query.page("Agents", agents)
    }

    /// `Calls[]` of cc_list_queue: the calls that wait, in the order in which agents of their skill get them.
    package static func queue(in snapshot: CenterSnapshot, _ query: ListQuery) throws(RPCError) -> JSONValue {
        try query.check(snapshot)
        let waiting = snapshot.calls.enumerated().filter { $0.element.state == .queued }
            .sorted { one, other in
                (one.element.priority, one.element.order, one.offset)
                    < (other.element.priority, other.element.order, other.offset)
            }
        // The index is that in the whole queue, whatever part of it is shown.
        let shown = waiting.enumerated().filter { query.accepts($0.element.element) }
        let calls = shown.map { index, entry -> JSONValue in
            let call = entry.element
            return [
                "index": .count(index),
                "id": .count(call.number),
                "Media": call.media == .msrp ? "MSRP" : "RTP",
                "Caller username": .string(call.callerUser),
                "Caller display name": .string(call.callerDisplayName),
                "Waiting for": seconds(snapshot.taken.subtractingSaturated(call.since)),
                "ETW": call.estimatedWait.map(seconds) ?? unknownWait,
                "Flow": .string(call.flowID),
                "Priority": .count(call.priority),
                "Skill": .string(call.skill),
            ]
        }
        return query.page("Calls", calls)
    }

    /// `Calls[]` of cc_list_calls: every call, in the order of arrival. `Ref` is 1: the reference counts pointers to
    /// its record, here a call that is listed is alive and there once. `Agent` is left out while there is none.
    package static func calls(in snapshot: CenterSnapshot, _ query: ListQuery) throws(RPCError) -> JSONValue {
        try query.check(snapshot)
        let calls = snapshot.calls.filter(query.accepts).map { call in
            var members: [JSONValue.Member] = [
                .init("id", .count(call.number)),
                .init("Ref", 1),
                .init("State", .string(call.state.rawValue)),
                .init("Call Time", seconds(snapshot.taken.subtractingSaturated(call.since))),
                .init("Flow", .string(call.flowID)),
            ]
            if let agent = call.agentID { members.append(.init("Agent", .string(agent))) }
            return JSONValue.object(members)
        }
        return query.page("Calls", calls)
    }

    /// The estimate of a call for which no agent is logged in (CALLS.md section 3).
    private static let unknownWait: JSONValue = 2_147_483_647

    private static func seconds(_ time: Milliseconds) -> JSONValue { .integer(max(0, time / 1_000)) }
}

extension Milliseconds {
    /// The difference, at the ends of the range the nearest there is.
    fileprivate func subtractingSaturated(_ other: Milliseconds) -> Milliseconds {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other > 0 ? .min : .max) : difference
    }
}
