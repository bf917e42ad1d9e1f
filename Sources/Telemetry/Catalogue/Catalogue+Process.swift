import CallCenter

/// What the process knows of itself: the SIP stack, admission, the stores, the loop.
extension Catalogue {
    static let process: [Statistic] = [
        Statistic(
            "ccg_handle_call",
            .counter,
            metric: "callcenter_handle_call_total",
            label: "code",
            parts: ["1", "-1", "-2", "-3", "-4", "-5"],
            help: "Routings of an INVITE by outcome: 1 accepted, -1 no flow ID, -2 broken From, -3 no such flow, "
                + "-4 no agent logged in, -5 internal error.",
            .global { .counts($0.process.admission.outcomes) }
        ),
        Statistic(
            "ccg_rejected_admissions",
            .counter,
            metric: "callcenter_rejected_admissions_total",
            label: "reason",
            parts: ["untrusted", "overloaded"],
            help: "Initial requests refused before routing.",
            .global {
                let admission = $0.process.admission
                return .counts([
                    NamedCount("untrusted", admission.untrusted), NamedCount("overloaded", admission.overloaded),
                ])
            }
        ),
        Statistic(
            "ccg_media_failures",
            .counter,
            metric: "callcenter_media_failures_total",
            help: "Announcements and hold music that could not be had.",
            .global { .count($0.process.mediaFailures) }
        ),
        Statistic(
            "ccg_protection_mismatches",
            .counter,
            metric: "callcenter_protection_mismatches_total",
            help: "Offers and answers refused with 488 because one side has RTP only and the other SRTP only.",
            .global { .count($0.process.protectionMismatches) }
        ),
        Statistic(
            "ccg_sip_requests_received",
            .counter,
            metric: "callcenter_sip_requests_received_total",
            label: "method",
            parts: methods,
            help: "SIP requests received, without retransmissions.",
            .global { .counts($0.process.signalling.requestsReceived) }
        ),
        Statistic(
            "ccg_sip_requests_sent",
            .counter,
            metric: "callcenter_sip_requests_sent_total",
            label: "method",
            parts: methods,
            help: "SIP requests sent, without retransmissions.",
            .global { .counts($0.process.signalling.requestsSent) }
        ),
        Statistic(
            "ccg_sip_responses_received",
            .counter,
            metric: "callcenter_sip_responses_received_total",
            label: "class",
            parts: ["1xx", "2xx", "3xx", "4xx", "5xx", "6xx"],
            help: "SIP responses received, without retransmissions.",
            .global { .counts($0.process.signalling.responsesReceived) }
        ),
        Statistic(
            "ccg_sip_responses_sent",
            .counter,
            metric: "callcenter_sip_responses_sent_total",
            label: "class",
            parts: ["1xx", "2xx", "3xx", "4xx", "5xx", "6xx"],
            help: "SIP responses sent, without retransmissions.",
            .global { .counts($0.process.signalling.responsesSent) }
        ),
        Statistic(
            "ccg_sip_retransmissions",
            .counter,
            metric: "callcenter_sip_retransmissions_total",
            label: "direction",
            parts: ["received", "sent"],
            help: "SIP messages that came or went again.",
            .global {
                let signalling = $0.process.signalling
                return .counts([
                    NamedCount("received", signalling.retransmissionsReceived),
                    NamedCount("sent", signalling.retransmissionsSent),
                ])
            }
        ),
        Statistic(
            "ccg_sip_timeouts",
            .counter,
            metric: "callcenter_sip_timeouts_total",
            help: "SIP requests of ours without a final response in time.",
            .global { .count($0.process.signalling.timeouts) }
        ),
        Statistic(
            "ccg_sip_parse_errors",
            .counter,
            metric: "callcenter_sip_parse_errors_total",
            help: "Datagrams that are no SIP message.",
            .global { .count($0.process.signalling.parseErrors) }
        ),
        Statistic(
            "ccg_sip_transactions",
            .realtime,
            metric: "callcenter_sip_transactions",
            help: "SIP transactions alive.",
            .global { .gauge($0.process.signalling.transactions) }
        ),
        Statistic(
            "ccg_sip_dialogs",
            .realtime,
            metric: "callcenter_sip_dialogs",
            help: "SIP dialogs alive.",
            .global { .gauge($0.process.signalling.dialogs) }
        ),
        Statistic(
            "ccg_store_backlog",
            .realtime,
            metric: "callcenter_store_backlog_records",
            help: "Records that wait to be written to a database.",
            .global { .gauge($0.process.store.backlog) }
        ),
        Statistic(
            "ccg_cdrs_written",
            .counter,
            metric: "callcenter_cdrs_written_total",
            help: "Call-detail records written.",
            .global { .count($0.process.store.recordsWritten) }
        ),
        Statistic(
            "ccg_cdrs_lost",
            .counter,
            metric: "callcenter_cdrs_lost_total",
            help: "Call-detail records lost.",
            .global { .count($0.process.store.recordsLost) }
        ),
        Statistic(
            "ccg_cdrs_refused",
            .counter,
            metric: "callcenter_cdrs_refused_total",
            help: "Call-detail records that their database refused for what is in them.",
            .global { .count($0.process.store.recordsRefused) }
        ),
        Statistic(
            "ccg_store_up",
            .realtime,
            metric: "callcenter_store_up",
            states: ["no", "yes"],
            help: "0 while records cannot be written to their database.",
            .global { .gauge($0.process.store.isWriting ? 1 : 0) }
        ),
        Statistic(
            "ccg_journal_bytes",
            .realtime,
            metric: "callcenter_journal_bytes",
            help: "Bytes of the disk that the journal takes.",
            .global { .gauge($0.process.store.journalBytes) }
        ),
        Statistic(
            "ccg_journal_damaged",
            .counter,
            metric: "callcenter_journal_damaged_entries_total",
            help: "Entries of the journal that damage of its files has taken.",
            .global { .count($0.process.store.journalDamaged) }
        ),
        Statistic(
            "ccg_journal_failing",
            .realtime,
            metric: "callcenter_journal_failing",
            states: ["no", "yes"],
            help: "1 while the journal cannot write to the disk or get room on it.",
            .global { .gauge($0.process.store.isJournalFailing ? 1 : 0) }
        ),
        Statistic(
            "ccg_provisioning_stale",
            .realtime,
            metric: "callcenter_provisioning_stale",
            states: ["no", "yes"],
            help: "1 while flows and agents are those of an earlier reading, because they cannot be read now.",
            .global { .gauge($0.process.store.isProvisioningStale ? 1 : 0) }
        ),
        Statistic(
            "ccg_snmp_connected",
            .realtime,
            metric: "callcenter_snmp_connected",
            states: ["no", "yes"],
            help: "1 while the SNMP master agent has taken this one on as its subagent.",
            .global { .gauge($0.process.snmp.isConnected ? 1 : 0) }
        ),
        Statistic(
            "ccg_snmp_connect_failures",
            .counter,
            metric: "callcenter_snmp_connect_failures_total",
            help: "Attempts to reach the SNMP master agent that came to nothing.",
            .global { .count($0.process.snmp.connectFailures) }
        ),
        Statistic(
            "ccg_snmp_requests",
            .counter,
            metric: "callcenter_snmp_requests_total",
            help: "Variables that were asked for by SNMP.",
            .global { .count($0.process.snmp.requests) }
        ),
        Statistic(
            "ccg_notifications_sent",
            .counter,
            metric: "callcenter_snmp_notifications_sent_total",
            help: "SNMP notifications handed to the master agent.",
            .global { .count($0.process.snmp.notifications.sent) }
        ),
        Statistic(
            "ccg_notifications_suppressed",
            .counter,
            metric: "callcenter_snmp_notifications_suppressed_total",
            help: "Changes that no SNMP notification told of: taken back before it was time, or beyond the rate limit.",
            .global { .count($0.process.snmp.notifications.suppressed) }
        ),
        Statistic(
            "ccg_loop_delay",
            .distribution,
            metric: "callcenter_loop_delay_seconds",
            help: "How late the call loop comes to what is due.",
            .global { .delays($0.process.loopDelay) }
        ),
        Statistic(
            "ccg_start_time",
            .realtime,
            metric: "callcenter_start_time_seconds",
            help: "When the process started, in seconds since 1970.",
            .global { .date($0.process.startedAt) }
        ),
        Statistic(
            "ccg_build",
            .realtime,
            metric: "callcenter_build_info",
            label: "version",
            help: "1, with the version of the daemon.",
            .global { .counts([NamedCount($0.process.version, 1)]) }
        ),
        Statistic(
            "ccg_connections_refused",
            .counter,
            metric: "callcenter_management_connections_refused_total",
            label: "way",
            parts: ["http", "mi"],
            help:
                "Connections to HTTP and to the management socket that were refused, or closed while idle, because "
                + "there were too many.",
            .global {
                let turnedAway = $0.process.turnedAway
                return .counts([NamedCount("http", turnedAway.http), NamedCount("mi", turnedAway.socket)])
            }
        ),
    ]

    /// What `SIP.Method` knows, in its order. This target does not know SIP; the test that compares all ways out would
    /// find a method that is missing here.
    private static let methods = [
        "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "PRACK", "UPDATE", "INFO", "REFER", "NOTIFY",
        "SUBSCRIBE", "MESSAGE", "PUBLISH", "other",
    ]
}
