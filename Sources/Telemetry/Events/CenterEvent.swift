package import CallCenter

/// Something that happened to an agent or a call, for everybody who watches: `/events`, `ccctl events`, SNMP.
///
/// Values only: the loop makes them from what the core notes, and whoever watches gives them their form.
package struct CenterEvent: Sendable, Equatable {
    package enum Body: Sendable, Equatable {
        case agent(AgentReport)
        case call(CallReport)
        /// `max_no_answer` offers in a row rang in vain; the report that the agent is offline follows.
        case agentLoggedOff(agentID: String, cause: RefusalCause)
    }

    /// When: milliseconds since 1970, UTC.
    package var time: Milliseconds
    package var body: Body

    package init(time: Milliseconds, _ body: Body) {
        self.time = time
        self.body = body
    }
}

/// The agent report event of the reference (CALLS.md section 6): what an agent does from now on.
package struct AgentReport: Sendable, Equatable {
    package var agentID: String
    package var state: AgentChange.Presence
    /// What he did before.
    package var previous: AgentChange.Presence
    /// Who logs off during a call still finishes it: then he is `incall` and not logged in.
    package var isLoggedIn: Bool
    /// When his wrap-up ends, milliseconds since 1970; nil outside wrap-up.
    package var wrapupEnds: Milliseconds?
    /// The flow of the call that he has; nil outside calls.
    package var flowID: String?

    package init(
        agentID: String,
        state: AgentChange.Presence,
        previous: AgentChange.Presence,
        isLoggedIn: Bool,
        wrapupEnds: Milliseconds? = nil,
        flowID: String? = nil
    ) {
        self.agentID = agentID
        self.state = state
        self.previous = previous
        self.isLoggedIn = isLoggedIn
        self.wrapupEnds = wrapupEnds
        self.flowID = flowID
    }
}

/// A step of a call's journey.
package struct CallReport: Sendable, Equatable {
    package enum Step: Sendable, Equatable {
        /// - Parameter caller: user part of From.
        case arrived(uuid: String, caller: String)
        case state(CallState)
        /// Caller and agent can talk.
        case answered
        /// The agent did not take it.
        case refused(RefusalCause, sipStatus: Int)
        case ended(cause: String, by: CallDetailRecord.EndedBy)
    }

    /// `id` of the lists, `cid` of the records.
    package var number: Int32
    package var flowID: String
    /// The agent it concerns, if any.
    package var agentID: String?
    package var step: Step

    package init(number: Int32, flowID: String, agentID: String? = nil, _ step: Step) {
        self.number = number
        self.flowID = flowID
        self.agentID = agentID
        self.step = step
    }
}
