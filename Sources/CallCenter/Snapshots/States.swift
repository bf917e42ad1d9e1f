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

    /// Position in `allCases`, and so in `CallCounters.failed`.
    package var ordinal: Int {
        switch self {
        case .dissuaded: 0
        case .maxWait: 1
        case .overflow: 2
        case .operator: 3
        case .media: 4
        case .internal: 5
        }
    }
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

    /// Position in `allCases`, and so in the refusals of an agent.
    package var ordinal: Int {
        switch self {
        case .busy: 0
        case .noAnswer: 1
        case .declined: 2
        case .unreachable: 3
        case .redirected: 4
        case .media: 5
        case .failed: 6
        }
    }
}
