/// What a `Center` wants done. Effects are appended in the order in which they are to be carried out.
package enum CenterEffect: Sendable, Equatable {
    /// The agent is reserved for the call: call him at his location. Ends with `agentAnswered`, `offerFailed`,
    /// `callerLeft` or `callFailed`.
    case offer(call: CallRef, owner: UInt64, agent: AgentRef)
    /// Nobody can take the call now: it waits in the queue (again), where the caller hears the queue's music.
    case wait(call: CallRef, owner: UInt64)
    /// The caller is to hear the message that dissuades from waiting, the call being in no queue meanwhile. Ends with
    /// `dissuaded`, `callerLeft` or `callFailed`; with `isFinal` the call is to end after the message.
    case dissuade(call: CallRef, owner: UInt64, isFinal: Bool)
    /// Nobody who could take the call is logged in, and the flow sends its callers elsewhere then.
    case overflow(call: CallRef, owner: UInt64)
    /// Hand the timer back by `fire(_:now:out:)` at that time, not before. Nothing needs to be cancelled: a stale timer
    /// is recognised.
    case wake(at: Milliseconds, CenterTimer)
    case agentChanged(AgentChange)
    /// `max_no_answer` offers in a row rang in vain; the `agentChanged` of the log-off follows.
    case agentLoggedOffForNoAnswer(agentID: String)
    /// A broken invariant was found and mended; for the log. Never seen in simulation.
    case repaired(String)
}

/// Something that a `Center` waits for.
package enum CenterTimer: Hashable, Sendable {
    /// The wrap-up of an agent is over; `episode` tells his wrap-ups apart.
    case wrapup(AgentRef, episode: UInt32)
    /// The call may be offered to the agent again; `refusal` is the number of the refusal, 1 being the first.
    case reoffer(CallRef, AgentRef, refusal: UInt32)
    /// The call has been on hold for the flow's `dissuading_onhold_th`.
    case dissuading(CallRef)
}

/// One change of an agent, as the agent report event and the lists show it.
package struct AgentChange: Sendable, Equatable {
    /// `state` of the agent report event.
    package enum Presence: String, Sendable {
        /// Logged off, and no call or wrap-up is left to finish.
        case offline
        case free, incall, wrapup

        init(_ state: AgentState, isLoggedIn: Bool) {
            switch state {
            case .free: self = isLoggedIn ? .free : .offline
            case .incall: self = .incall
            case .wrapup: self = .wrapup
            }
        }
    }

    package var agentID: String
    package var from: Presence
    package var to: Presence
    /// What he does now, whether logged in or not.
    package var state: AgentState
    package var isLoggedIn: Bool
    /// The flow of the call that he has, if any.
    package var flowID: String?
    /// End of the wrap-up on the core's clock; nil outside wrap-up.
    package var wrapupEnds: Milliseconds?
}

/// Why a call was not admitted.
package enum AdmissionError: Error, Sendable, Equatable {
    /// The flow is gone (outcome -3 of `cc_handle_call`).
    case noSuchFlow
    /// No agent of the flow is logged in, and `reject_on_no_agents` (outcome -4).
    case noAgents
    /// `Policy.maxCalls` calls are alive.
    case full
}

/// No agent has this ID.
package struct UnknownAgentError: Error, Sendable, Equatable {
    package var id: String

    package init(id: String) {
        self.id = id
    }
}
