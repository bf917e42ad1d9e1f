/// A key of the configuration file, by its path.
struct ConfigurationKey: Sendable {
    enum Effect: String {
        /// `cc_reload` and SIGHUP apply a change.
        case reload
        /// A change needs a restart.
        case restart
    }

    let path: String
    let effect: Effect
    /// Whether two configurations agree on it.
    let isSame: @Sendable (Configuration, Configuration) -> Bool

    /// Every key there is, in the order of the shipped file.
    static let all: [ConfigurationKey] = [
        restart("db_url") { $0.databaseURL },
        restart("acc_db_url") { $0.recordsDatabaseURL },
        restart("rt_db_url") { $0.runtimeDatabaseURL },
        restart("instance") { $0.instance },
        reload("cdr_retention_days") { $0.recordRetentionDays },
        reload("b2b_scenario") { $0.scenario },
        reload("wrapup_time") { $0.wrapupTime },
        reload("reject_on_no_agents") { $0.rejectsOnNoAgents },
        reload("queue_pos_param") { $0.queuePositionParameter },
        reload("queue_wait_param") { $0.queueWaitParameter },
        reload("internal_call_dispatching") { $0.dispatchesInternally },
        reload("caller_mask") { $0.callerMask },
        reload("agent_ring_timeout") { $0.agentRingTimeout },
        reload("reoffer_delay") { $0.reofferDelay },
        reload("max_no_answer") { $0.maxNoAnswer },
        reload("media_answer_timeout") { $0.mediaAnswerTimeout },
        reload("welcome_max") { $0.welcomeMax },
        reload("max_wait") { $0.maxWait },
        reload("hand_over_timeout") { $0.handOverTimeout },
        reload("max_call_duration") { $0.maxCallDuration },
        reload("service_level_threshold") { $0.serviceLevelThreshold },
        restart("state_directory") { $0.stateDirectory },
        reload("scenario_directory") { $0.scenarioDirectory },
        restart("sip.listen") { $0.sip.listen },
        // Dialogs in progress have told it to their peers.
        restart("sip.advertised_address") { $0.sip.advertisedAddress },
        reload("sip.trusted") { $0.sip.trusted },
        reload("sip.untrusted") { $0.sip.untrusted },
        reload("sip.realm") { $0.sip.realm },
        reload("sip.users") { $0.sip.users },
        reload("sip.credentials") { $0.sip.credentials },
        restart("sip.outbound_proxy") { $0.sip.outboundProxy },
        restart("sip.nameservers") { $0.sip.nameservers },
        reload("sip.session_expires") { $0.sip.sessionExpires },
        reload("sip.keepalive") { $0.sip.keepAlive },
        reload("sip.max_calls") { $0.sip.maxCalls },
        reload("sip.max_loop_delay") { $0.sip.maxLoopDelay },
        reload("sip.max_request_rate") { $0.sip.maxRequestRate },
        restart("sip.max_connections") { $0.sip.maxConnections },
        restart("sip.connection_idle_timeout") { $0.sip.connectionIdleTimeout },
        // What is in the files is read again by a reload, too.
        reload("sip.tls.certificate") { $0.sip.tls.certificate },
        reload("sip.tls.private_key") { $0.sip.tls.privateKey },
        reload("sip.tls.trust_roots") { $0.sip.tls.trustRoots },
        reload("sip.tls.verify_servers") { $0.sip.tls.verifiesServers },
        reload("sip.tls.verify_clients") { $0.sip.tls.verifiesClients },
        reload("routes") { $0.routes },
        reload("handle_call_status") { $0.handleCallStatus },
        restart("http.listen") { $0.httpListen },
        restart("http.mi") { $0.servesHTTPCommands },
        // What is in the file is read again by a reload.
        restart("http.token_file") { $0.httpTokenFile },
        restart("http.metrics_token") { $0.protectsMetrics },
        restart("http.tls_certificate") { $0.httpCertificate },
        restart("http.tls_key") { $0.httpKey },
        restart("mi.socket") { $0.managementSocket },
        restart("mi.fifo") { $0.managementFIFO },
        restart("snmp.enabled") { $0.snmp.isEnabled },
        restart("snmp.agentx_socket") { $0.snmp.agentXSocket },
        reload("snmp.notify.longest_wait") { $0.snmp.notify.longestWait },
        reload("snmp.notify.queue_length") { $0.snmp.notify.queueLength },
        reload("snmp.notify.flows") { $0.snmp.notify.flows },
        reload("snmp.notify.backlog") { $0.snmp.notify.backlog },
        reload("snmp.notify.hysteresis") { $0.snmp.notify.hysteresis },
        reload("snmp.notify.hold") { $0.snmp.notify.hold },
        reload("snmp.notify.per_minute") { $0.snmp.notify.perMinute },
        reload("snmp.notify.agent_states") { $0.snmp.notify.tellsAgentStates },
        reload("log.level") { $0.logLevel },
    ]

    private static func reload(
        _ path: String,
        _ value: @escaping @Sendable (Configuration) -> some Equatable & SendableMetatype
    ) -> ConfigurationKey {
        ConfigurationKey(path: path, effect: .reload) { value($0) == value($1) }
    }

    private static func restart(
        _ path: String,
        _ value: @escaping @Sendable (Configuration) -> some Equatable & SendableMetatype
    ) -> ConfigurationKey {
        ConfigurationKey(path: path, effect: .restart) { value($0) == value($1) }
    }
}

extension Configuration {
    /// The paths of all keys whose values differ, in the order of the shipped file.
    package func changes(comparedTo other: Configuration) -> [String] {
        ConfigurationKey.all.filter { !$0.isSame(self, other) }.map(\.path)
    }

    /// Those changes that a reload cannot apply: it is refused, naming them.
    package func changesNeedingRestart(comparedTo other: Configuration) -> [String] {
        ConfigurationKey.all.filter { $0.effect == .restart && !$0.isSame(self, other) }.map(\.path)
    }

    /// For `--check`: every key, one a line, and whether a reload applies a change of it or a restart is needed.
    package static func describe() -> String {
        let width = ConfigurationKey.all.map(\.path.count).max() ?? 0
        return ConfigurationKey.all
            .map { "\($0.path)\(String(repeating: " ", count: width - $0.path.count))  \($0.effect)" }
            .joined(separator: "\n")
    }
}
