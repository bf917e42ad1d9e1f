import Exchange
import SIP
import Store

extension CallRow {
    /// nil if it makes no sense.
    init?(kept encoded: [UInt8]) {
        guard let call = try? KeptCall(encoded: encoded) else { return nil }
        self.init(
            key: call.key,
            number: call.number,
            state: call.stage.number,
            refusals: call.refusals,
            received: call.received,
            callerName: call.callerDisplayName,
            callerUser: call.callerUser,
            flowID: call.flowID,
            kept: encoded
        )
        switch call.stage {
        case .offering(let agent, _): agentID = agent
        case .talking(let agent, let answered, _):
            agentID = agent
            talkingSince = answered
        case .welcome, .queued, .transferred, .dissuading, .leaving: break
        }
    }
}

extension KeptCall.Stage {
    /// As OpenSIPS numbers the states of calls; 7 is what it calls ended: the call is in no queue and at no agent.
    fileprivate var number: Int {
        switch self {
        case .welcome: 1
        case .dissuading(let isFinal): isFinal ? 3 : 2
        case .queued: 4
        case .offering, .talking: 6
        case .leaving, .transferred: 7
        }
    }
}

extension AgentRow {
    init(_ agent: KeptAgent) {
        self.init(id: agent.id, freeSince: agent.freeSince, wrapupEnds: agent.wrapupEnds)
    }
}

extension KeptAgent {
    init(_ row: AgentRow) {
        self.init(id: row.id, freeSince: row.freeSince, wrapupEnds: row.wrapupEnds)
    }
}
