import CallCenter

/// The statistics of the reference manual, 1.6, in its order.
extension Catalogue {
    static let reference: [Statistic] = [
        Statistic(
            "ccg_incalls",
            .counter,
            metric: "callcenter_calls_total",
            help: "Calls accepted for a flow.",
            .global { .count($0.center.totals.counters.received) }
        ),
        Statistic(
            "ccg_awt",
            .realtime,
            metric: "callcenter_average_wait_seconds",
            help: "Mean wait of the calls whose wait has ended.",
            .global { .time($0.center.totals.averageWait) }
        ),
        Statistic(
            "ccg_load",
            .realtime,
            metric: "callcenter_load_ratio",
            help: "(Calls on hold + agents logged in - free agents) / agents logged in; 0 if nobody is.",
            .global { .percent($0.center.totals.load) }
        ),
        Statistic(
            "ccg_distributed_incalls",
            .counter,
            metric: "callcenter_distributed_calls_total",
            help: "Offers of a call to an agent.",
            .global { .count($0.center.totals.counters.distributed) }
        ),
        Statistic(
            "ccg_answered_incalls",
            .counter,
            metric: "callcenter_answered_calls_total",
            help: "Calls answered by an agent.",
            .global { .count($0.center.totals.counters.answered) }
        ),
        Statistic(
            "ccg_abandonned_incalls",
            aliases: ["ccg_abandoned_incalls"],
            .counter,
            metric: "callcenter_abandoned_calls_total",
            help: "Calls whose caller left before the answer.",
            .global { .count($0.center.totals.counters.abandoned) }
        ),
        Statistic(
            "ccg_onhold_calls",
            .realtime,
            metric: "callcenter_onhold_calls",
            help: "Calls on hold: in welcome, dissuading, queued or preagent.",
            .global { .gauge($0.center.totals.onHold) }
        ),
        Statistic(
            "ccg_free_agents",
            .realtime,
            metric: "callcenter_free_agents",
            help: "Agents who are logged in and free.",
            .global { .gauge($0.center.totals.freeAgents) }
        ),
        Statistic(
            "ccf_incalls",
            .counter,
            metric: "callcenter_flow_calls_total",
            help: "Calls accepted for the flow.",
            .flow { .count($0.counters.received) }
        ),
        Statistic(
            "ccf_dist_incalls",
            .counter,
            metric: "callcenter_flow_distributed_calls_total",
            help: "Offers of a call of the flow to an agent.",
            .flow { .count($0.counters.distributed) }
        ),
        Statistic(
            "ccf_answ_incalls",
            .counter,
            metric: "callcenter_flow_answered_calls_total",
            help: "Calls of the flow answered by an agent.",
            .flow { .count($0.counters.answered) }
        ),
        Statistic(
            "ccf_aban_incalls",
            .counter,
            metric: "callcenter_flow_abandoned_calls_total",
            help: "Calls of the flow whose caller left before the answer.",
            .flow { .count($0.counters.abandoned) }
        ),
        Statistic(
            "ccf_onhold_incalls",
            .counter,
            metric: "callcenter_flow_onhold_calls_total",
            help: "Calls of the flow that had to wait for an agent, each once.",
            .flow { .count($0.putOnHold) }
        ),
        Statistic(
            "ccf_queued_calls",
            .realtime,
            metric: "callcenter_flow_queued_calls",
            help: "Calls of the flow in the queue.",
            .flow { .gauge($0.queued) }
        ),
        Statistic(
            "ccf_free_agents",
            .realtime,
            metric: "callcenter_flow_free_agents",
            help: "Agents who are logged in, free and able to serve the flow.",
            .flow { .gauge($0.freeAgents) }
        ),
        Statistic(
            "ccf_etw",
            .realtime,
            metric: "callcenter_flow_estimated_wait_seconds",
            help: "Estimated time to wait: mean call duration x queued calls / agents logged in; 0 without agents.",
            .flow { .time($0.estimatedWait) }
        ),
        Statistic(
            "ccf_awt",
            .realtime,
            metric: "callcenter_flow_average_wait_seconds",
            help: "Mean wait of the calls of the flow whose wait has ended.",
            .flow { .time($0.averageWait) }
        ),
        Statistic(
            "ccg_load",
            aliases: ["ccf_load"],
            .realtime,
            metric: "callcenter_flow_load_ratio",
            help: "(Calls on hold + agents logged in - free agents) / agents logged in, of the flow; 0 if nobody is.",
            .flow { .percent($0.load) }
        ),
        Statistic(
            "cca_dist_incalls",
            .counter,
            metric: "callcenter_agent_distributed_calls_total",
            help: "Offers of a call to the agent.",
            .agent { .count($0.distributed) }
        ),
        Statistic(
            "cca_answ_incalls",
            .counter,
            metric: "callcenter_agent_answered_calls_total",
            help: "Calls that the agent answered.",
            .agent { .count($0.answered) }
        ),
        Statistic(
            "cca_aban_incalls",
            .counter,
            metric: "callcenter_agent_abandoned_calls_total",
            help: "Calls sent to the agent whose caller left before the answer.",
            .agent { .count($0.abandoned) }
        ),
        Statistic(
            "cca_att",
            .realtime,
            metric: "callcenter_agent_average_talk_seconds",
            help: "Mean talk time of the agent.",
            .agent { .time($0.averageTalk) }
        ),
    ]
}
