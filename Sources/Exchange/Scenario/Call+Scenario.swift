import CallCenter
import SIP

/// The header fields that a call's scenario has for those who are called.
extension Exchange {
    /// What of the caller's INVITE goes along (CALLS.md section 1, scenarios). What finds no room is told.
    ///
    /// - Parameter leg: of its sender: who he is, only those may assert whose word counts here (RFC 3325 section 5).
    mutating func passedHeaders(of invite: Message, from leg: LegID) -> [ExtraHeader] {
        let patterns = configuration.scenario.passed
        guard !patterns.isEmpty else { return [] }
        let mayAssert = agent.source(of: leg).map { isTrusted($0) } ?? false
        var room = FixedTimes.largestPassedHeaders
        var leftOut = 0
        var passed: [ExtraHeader] = []
        for field in invite.fields where field.name != .pAssertedIdentity || mayAssert {
            let name = invite.fullName(of: field)
            guard patterns.contains(where: { $0.matches(name) }) else { continue }
            let size = name.count + field.value.count + 4
            // What is too long keeps nothing else out.
            guard size <= room else {
                leftOut += 1
                continue
            }
            room -= size
            passed.append(ExtraHeader(name: name, value: invite.copy(of: field.value)))
        }
        if leftOut > 0 { note(.headersLeftOut(leftOut, source: agent.source(of: leg))) }
        return passed
    }

    /// Header fields that a configured URI asks for (RFC 3261 section 19.1.5): none of those that only we can write.
    func addedHeaders(by uri: URI) -> [ExtraHeader] {
        guard !uri.parts.headers.isEmpty else { return [] }
        return uri.headerFields.filter { !HeaderPattern.isOurs(String(decoding: $0.name, as: UTF8.self)) }
            .map { ExtraHeader(name: $0.name, value: $0.value) }
    }

    /// What the scenario adds towards an agent.
    func addedHeaders(for call: Call, agent definition: AgentDefinition) -> [ExtraHeader] {
        call.scenario.added.map { template in
            template.field { variable in
                switch variable {
                case .flow: call.flow.id
                case .call: call.facts.uuid
                case .wait: "\(max(0, now - call.facts.received) / 1_000)"
                case .position: "\(center.position(of: call.ref) ?? 0)"
                case .state: "\(CallState.toagent.rawValue)"
                case .skill: call.flow.skill
                case .agent: definition.id
                }
            }
        }
    }
}
