import CallCenter

/// What the reference does not have: more about calls, flows and agents. The names continue its style.
extension Catalogue {
    static let center: [Statistic] = [
        Statistic(
            "ccg_queued_calls",
            .realtime,
            metric: "callcenter_queued_calls",
            help: "Calls in the queue.",
            .global { .gauge($0.center.totals.queued) }
        ),
        Statistic(
            "ccg_offering_calls",
            .realtime,
            metric: "callcenter_offering_calls",
            help: "Calls that ring at an agent.",
            .global { .gauge($0.center.totals.offering) }
        ),
        Statistic(
            "ccg_talking_calls",
            .realtime,
            metric: "callcenter_talking_calls",
            help: "Calls between answer and end.",
            .global { .gauge($0.center.totals.talking) }
        ),
        Statistic(
            "ccg_failed_incalls",
            .counter,
            metric: "callcenter_failed_calls_total",
            label: "cause",
            parts: FailureCause.allCases.map(\.rawValue),
            help: "Calls that ended without an answer and not by the caller's leaving.",
            .global { .counts(failures($0.center.totals.counters)) }
        ),
        Statistic(
            "ccg_restored_calls",
            .counter,
            metric: "callcenter_restored_calls_total",
            help: "Unanswered calls taken over from an earlier process.",
            .global { .count($0.center.totals.counters.restored) }
        ),
        Statistic(
            "ccg_logged_agents",
            .realtime,
            metric: "callcenter_logged_agents",
            help: "Agents who are logged in.",
            .global { .gauge($0.center.totals.loggedAgents) }
        ),
        Statistic(
            "ccg_longest_wait",
            .realtime,
            metric: "callcenter_longest_wait_seconds",
            help: "Age of the oldest call that has not been answered yet.",
            .global { .time($0.center.flows.reduce(0) { max($0, $1.longestWait) }) }
        ),
        Statistic(
            "ccg_repairs",
            .counter,
            metric: "callcenter_repairs_total",
            help: "Broken invariants of the distribution found and mended; anything but 0 is a defect.",
            .global { .count($0.center.totals.repairs) }
        ),
        Statistic(
            "ccf_failed_incalls",
            .counter,
            metric: "callcenter_flow_failed_calls_total",
            label: "cause",
            parts: FailureCause.allCases.map(\.rawValue),
            help: "Calls of the flow that ended without an answer and not by the caller's leaving.",
            .flow { .counts(failures($0.counters)) }
        ),
        Statistic(
            "ccf_restored_calls",
            .counter,
            metric: "callcenter_flow_restored_calls_total",
            help: "Unanswered calls of the flow taken over from an earlier process.",
            .flow { .count($0.counters.restored) }
        ),
        Statistic(
            "ccf_onhold_calls",
            .realtime,
            metric: "callcenter_flow_calls_on_hold",
            help: "Calls of the flow on hold: in welcome, dissuading, queued or preagent.",
            .flow { .gauge($0.onHold) }
        ),
        Statistic(
            "ccf_offering_calls",
            .realtime,
            metric: "callcenter_flow_offering_calls",
            help: "Calls of the flow that ring at an agent.",
            .flow { .gauge($0.offering) }
        ),
        Statistic(
            "ccf_talking_calls",
            .realtime,
            metric: "callcenter_flow_talking_calls",
            help: "Calls of the flow between answer and end.",
            .flow { .gauge($0.talking) }
        ),
        Statistic(
            "ccf_logged_agents",
            .realtime,
            metric: "callcenter_flow_logged_agents",
            help: "Agents who are logged in and able to serve the flow.",
            .flow { .gauge($0.loggedAgents) }
        ),
        Statistic(
            "ccf_longest_wait",
            .realtime,
            metric: "callcenter_flow_longest_wait_seconds",
            help: "Age of the oldest call of the flow that has not been answered yet.",
            .flow { .time($0.longestWait) }
        ),
        Statistic(
            "ccf_answ_in_time",
            .counter,
            metric: "callcenter_flow_answered_in_time_calls_total",
            help: "Calls of the flow answered within its service-level threshold.",
            .flow { .count($0.answeredInTime) }
        ),
        Statistic(
            "ccf_service_level",
            .realtime,
            metric: "callcenter_flow_service_level_ratio",
            help: "Answered calls of the flow that were answered in time; 1 if none has been answered.",
            .flow { .percent(serviceLevel($0)) }
        ),
        Statistic(
            "ccf_wait_time",
            .distribution,
            metric: "callcenter_flow_wait_seconds",
            help: "Waits of the calls of the flow, from the INVITE to the answer or the end.",
            .flow { .times($0.waitTimes) }
        ),
        Statistic(
            "ccf_ring_time",
            .distribution,
            metric: "callcenter_flow_ring_seconds",
            help: "How long agents' phones rang for calls of the flow before they picked up.",
            .flow { .times($0.ringTimes) }
        ),
        Statistic(
            "ccf_talk_time",
            .distribution,
            metric: "callcenter_flow_talk_seconds",
            help: "Talk times of the calls of the flow.",
            .flow { .times($0.talkTimes) }
        ),
        Statistic(
            "cca_logged_in",
            .realtime,
            metric: "callcenter_agent_logged_in",
            states: ["no", "yes"],
            help: "1 if the agent is logged in.",
            .agent { .gauge($0.isLoggedIn ? 1 : 0) }
        ),
        Statistic(
            "cca_state",
            .realtime,
            metric: "callcenter_agent_state",
            states: ["offline", "free", "incall", "wrapup"],
            help: "What the agent does: 0 offline, 1 free, 2 in a call, 3 in wrap-up.",
            .agent { .gauge(stateNumber($0)) }
        ),
        Statistic(
            "cca_refusals",
            .counter,
            metric: "callcenter_agent_refusals_total",
            label: "cause",
            parts: RefusalCause.allCases.map(\.rawValue),
            isSparse: true,
            help: "Offers that came to nothing although the caller was there; a cause appears when it first happens.",
            .agent { .counts(refusals($0)) }
        ),
        Statistic(
            "cca_no_answer_logoffs",
            .counter,
            metric: "callcenter_agent_no_answer_logoffs_total",
            help: "How often the agent was logged off because he let too many calls ring.",
            .agent { .count($0.noAnswerLogoffs) }
        ),
    ]

    private static func failures(_ counters: CallCounters) -> [NamedCount] {
        zip(FailureCause.allCases, counters.failed).map { NamedCount($0.rawValue, $1) }
    }

    private static func refusals(_ agent: CenterSnapshot.Agent) -> [NamedCount] {
        zip(RefusalCause.allCases, agent.refusals).map { NamedCount($0.rawValue, $1) }
    }

    private static func serviceLevel(_ flow: CenterSnapshot.Flow) -> Double {
        let answered = flow.counters.answered
        return answered == 0 ? 100 : 100 * Double(flow.answeredInTime) / Double(answered)
    }

    static func stateNumber(_ agent: CenterSnapshot.Agent) -> Int {
        switch agent.state {
        case .free: agent.isLoggedIn ? 1 : 0
        case .incall: 2
        case .wrapup: 3
        }
    }
}
