package import SIP

/// One entry of `routes`: which calls it takes, and to which flow (CALLS.md section 1, routing).
package struct Route: Sendable, Equatable {
    /// What the pattern is held against.
    package enum Subject: Sendable, Equatable {
        case requestURI
        case to
        case from
        /// The first header of this name; compared without case.
        case header(String)
    }

    /// What a call does to the log-in of the agent who makes it.
    package enum AgentLogin: String, Sendable, CaseIterable {
        case on, off, toggle
    }

    package var subject: Subject
    package var pattern: RoutePattern
    /// nil: the flow that the pattern captures.
    package var flow: String?
    /// The call enters no flow: it logs the calling agent in or off.
    package var agentLogin: AgentLogin?

    package init(subject: Subject = .requestURI, pattern: RoutePattern, flow: String?, agentLogin: AgentLogin? = nil) {
        self.subject = subject
        self.pattern = pattern
        self.flow = flow
        self.agentLogin = agentLogin
    }
}

/// What a caller gets whom no flow takes: an entry of `handle_call_status`.
package enum RoutingAnswer: Sendable, Equatable {
    /// A refusal with this status.
    case status(Int)
    /// 302 with this URI as Contact.
    case redirect(URI)
    /// He is joined to this URI: voicemail, say.
    case bridge(URI)
}

/// What `cc_handle_call` came to; the negative codes are those of the reference manual, 1.5.1.
package enum RoutingOutcome: Int, Sendable, CaseIterable {
    case accepted = 1
    case noFlowID = -1
    case brokenFrom = -2
    case unknownFlow = -3
    case noAgents = -4
    case internalError = -5

    /// The answer to the caller unless `handle_call_status` says otherwise.
    package var defaultStatus: Int {
        switch self {
        case .accepted: 200
        case .noFlowID: 404
        case .brokenFrom: 400
        case .unknownFlow: 404
        case .noAgents: 480
        case .internalError: 500
        }
    }

    /// For logs.
    package var meaning: String {
        switch self {
        case .accepted: "accepted"
        case .noFlowID: "the flow ID cannot be derived"
        case .brokenFrom: "From cannot be parsed"
        case .unknownFlow: "no such flow"
        case .noAgents: "no agent of the flow is logged in"
        case .internalError: "internal error"
        }
    }
}
