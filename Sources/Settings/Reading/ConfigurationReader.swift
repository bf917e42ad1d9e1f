import Exchange

/// Turns the file into a `Configuration`, key by key. What is wrong goes to the problem list, and reading goes on.
struct ConfigurationReader {
    let checks: ConfigurationChecks

    /// No deadline may be zero: every state of a call lasts at least as long as a message needs.
    private static let shortest: Configuration.Milliseconds = 100
    private static let day: Configuration.Milliseconds = 86_400_000

    func read(_ root: Field) -> Configuration {
        var configuration = Configuration()
        let section = Self.section(root)
        readDatabases(section, &configuration)
        readRules(section, &configuration)
        readTimes(section, &configuration)
        if let sip = section["sip"] { readSIP(Self.section(sip), &configuration.sip) }
        section.read("routes", into: &configuration.routes) { field in
            field.isNull ? [] : field.list(of: "routes") { $0.route(checks) }
        }
        section.read("handle_call_status", into: &configuration.handleCallStatus) { $0.handleCallStatus() }
        if let http = section["http"] { readHTTP(Self.section(http), &configuration) }
        if let mi = section["mi"] {
            let mi = Self.section(mi)
            // sockaddr_un holds 107 bytes and the zero at the end.
            mi.read("socket", into: &configuration.managementSocket) {
                $0.path("/run/callcenterd/mi.sock", longest: 107)
            }
            mi.read("fifo", into: &configuration.managementFIFO) { field in
                field.optional { $0.path("/run/callcenterd/mi.fifo") }
            }
        }
        if let snmp = section["snmp"] { readSNMP(Self.section(snmp), &configuration.snmp) }
        if let log = section["log"] {
            Self.section(log).read("level", into: &configuration.logLevel) { $0.choice("a log level") }
        }
        return configuration
    }

    /// The mapping in a field, with the keys that the catalogue has for it.
    static func section(_ field: Field) -> Section {
        let prefix = field.path.isEmpty ? "" : "\(field.path)."
        var known: [String] = []
        for key in ConfigurationKey.all where key.path.hasPrefix(prefix) {
            let name = String(key.path.dropFirst(prefix.count).prefix { $0 != "." })
            if !known.contains(name) { known.append(name) }
        }
        return Section(field, known: known, elsewhere: ConfigurationKey.all.map(\.path))
    }

    private func readDatabases(_ section: Section, _ configuration: inout Configuration) {
        section.read("db_url", into: &configuration.databaseURL) { databaseURL($0) }
        section.read("acc_db_url", into: &configuration.recordsDatabaseURL) { $0.optional { databaseURL($0) } }
        section.read("rt_db_url", into: &configuration.runtimeDatabaseURL) { $0.optional { databaseURL($0) } }
        let runtimeURL = configuration.runtimeDatabaseURL ?? configuration.databaseURL
        let isServer = runtimeURL.lowercased().hasPrefix("postgres")
        section.read("instance", into: &configuration.instance) { field in
            field.optional { field in
                guard let name = field.token("the name of an instance", example: "main") else { return nil }
                guard !isServer else { return name }
                return field.complain("needs a server; expected rt_db_url: postgres://user@host/database")
            }
        }
        section.read("cdr_retention_days", into: &configuration.recordRetentionDays) { field in
            field.optional { $0.whole(1...36_500) }
        }
        section.read("state_directory", into: &configuration.stateDirectory) { $0.path("/var/lib/callcenterd") }
    }

    private func databaseURL(_ field: Field) -> String? {
        guard let text = field.scalar, !field.isNull else {
            return field.complain("is no database address; expected sqlite:/path")
        }
        if let problem = checks.databaseURL(text) { return field.complain(problem) }
        return text
    }

    private func readRules(_ section: Section, _ configuration: inout Configuration) {
        section.read("scenario_directory", into: &configuration.scenarioDirectory) {
            $0.path("/usr/share/callcenterd/scenarios")
        }
        let library = ScenarioLibrary(folder: configuration.scenarioDirectory)
        section.add(library.problems)
        if let shipped = library.scenarios[configuration.scenario.name] { configuration.scenario = shipped }
        section.read("b2b_scenario", into: &configuration.scenario) { field in
            let known = library.names.joined(separator: ", ")
            guard let scenario = field.scalar.flatMap({ library.scenarios[$0] }) else {
                return field.complain(not: "a known scenario", expected: "one of: \(known)")
            }
            return scenario
        }
        section.read("reject_on_no_agents", into: &configuration.rejectsOnNoAgents) { $0.flag() }
        section.read("queue_pos_param", into: &configuration.queuePositionParameter) { field in
            field.optional { $0.token("a parameter name", example: "position") }
        }
        section.read("queue_wait_param", into: &configuration.queueWaitParameter) { field in
            field.optional { $0.token("a parameter name", example: "cc_ewt") }
        }
        section.read("internal_call_dispatching", into: &configuration.dispatchesInternally) { $0.flag() }
        section.read("caller_mask", into: &configuration.callerMask) { $0.whole(0...64) }
        section.read("max_no_answer", into: &configuration.maxNoAnswer) { $0.whole(0...1_000) }
    }

    private func readTimes(_ section: Section, _ configuration: inout Configuration) {
        let aDay = Self.shortest...Self.day
        let aWeek = Self.shortest...7 * Self.day
        section.read("wrapup_time", into: &configuration.wrapupTime) { $0.seconds(0...Self.day) }
        section.read("agent_ring_timeout", into: &configuration.agentRingTimeout) { $0.seconds(aDay) }
        section.read("reoffer_delay", into: &configuration.reofferDelay) { $0.seconds(0...Self.day) }
        section.read("media_answer_timeout", into: &configuration.mediaAnswerTimeout) { $0.seconds(aDay) }
        section.read("welcome_max", into: &configuration.welcomeMax) { $0.seconds(aDay) }
        section.read("max_wait", into: &configuration.maxWait) { $0.seconds(aWeek) }
        section.read("hand_over_timeout", into: &configuration.handOverTimeout) { $0.seconds(aDay) }
        section.read("max_call_duration", into: &configuration.maxCallDuration) { $0.seconds(aWeek) }
        section.read("service_level_threshold", into: &configuration.serviceLevelThreshold) {
            $0.seconds(0...Self.day)
        }
    }

    private func readHTTP(_ section: Section, _ configuration: inout Configuration) {
        section.read("listen", into: &configuration.httpListen) { $0.webEndpoint() }
        section.read("token_file", into: &configuration.httpTokenFile) { field in
            field.optional { $0.path("/etc/callcenterd/tokens") }
        }
        let hasTokens = configuration.httpTokenFile != nil
        func needingTokens(_ field: Field) -> Bool? {
            guard let flag = field.flag() else { return nil }
            return !flag || hasTokens ? flag : field.complain("needs tokens; expected http.token_file beside it")
        }
        section.read("mi", into: &configuration.servesHTTPCommands, needingTokens)
        section.read("metrics_token", into: &configuration.protectsMetrics, needingTokens)
        section.read("tls_certificate", into: &configuration.httpCertificate) { field in
            field.optional { $0.path("/etc/callcenterd/tls.crt") }
        }
        section.read("tls_key", into: &configuration.httpKey) { field in
            field.optional { $0.path("/etc/callcenterd/tls.key") }
        }
        for (key, other) in [("tls_certificate", "tls_key"), ("tls_key", "tls_certificate")] {
            guard let field = section[key], !field.isNull, section[other].map(\.isNull) != false else { continue }
            let _: Never? = field.complain("needs http.\(other) beside it; expected both or none")
        }
    }

    private func readSIP(_ section: Section, _ sip: inout Configuration.SIPSection) {
        section.read("listen", into: &sip.listen) { $0.listeners() }
        section.read("advertised_address", into: &sip.advertisedAddress) { field in field.optional { $0.address() } }
        section.read("trusted", into: &sip.trusted) { field in
            field.list(of: "address blocks such as 10.0.0.0/8") { $0.network() }
        }
        section.read("untrusted", into: &sip.untrusted) { $0.choice("a policy") }
        section.read("realm", into: &sip.realm) { $0.text("a realm", expected: "a name such as callcenterd") }
        section.read("users", into: &sip.users) { field in
            field.list(of: "{username: NAME, password: PASSWORD}") { $0.login(withRealm: false) }
        }
        section.read("credentials", into: &sip.credentials) { field in
            field.list(of: "{realm: REALM, username: NAME, password: PASSWORD}") { $0.login(withRealm: true) }
        }
        section.read("session_expires", into: &sip.sessionExpires) { $0.wholeOrNothing(90...86_400) }
        section.read("keepalive", into: &sip.keepAlive) { $0.secondsOrNothing(1_000...Self.day) }
        section.read("max_calls", into: &sip.maxCalls) { $0.whole(1...1_000_000) }
        section.read("outbound_proxy", into: &sip.outboundProxy) { field in field.optional { $0.proxy() } }
        section.read("nameservers", into: &sip.nameservers) { field in
            field.list(of: "ADDRESS or ADDRESS:PORT") { $0.nameserver() }
        }
        section.read("max_loop_delay", into: &sip.maxLoopDelay) { $0.seconds(0...60_000) }
        section.read("max_request_rate", into: &sip.maxRequestRate) { $0.whole(0...1_000_000) }
        section.read("max_connections", into: &sip.maxConnections) { $0.whole(1...100_000) }
        section.read("connection_idle_timeout", into: &sip.connectionIdleTimeout) { $0.seconds(1_000...Self.day) }
        readTLS(section, &sip, listen: section["listen"])
    }

    private func readSNMP(_ section: Section, _ snmp: inout Configuration.SNMPSection) {
        section.read("enabled", into: &snmp.isEnabled) { $0.flag() }
        section.read("agentx_socket", into: &snmp.agentXSocket) { $0.agentXSocket() }
        guard let field = section["notify"] else { return }
        let notify = Self.section(field)
        notify.read("longest_wait", into: &snmp.notify.longestWait) { field in field.optional { $0.waitBound() } }
        notify.read("queue_length", into: &snmp.notify.queueLength) { field in field.optional { $0.queueBound() } }
        notify.read("flows", into: &snmp.notify.flows) { $0.flowBounds() }
        notify.read("backlog", into: &snmp.notify.backlog) { field in field.optional { $0.queueBound() } }
        notify.read("hysteresis", into: &snmp.notify.hysteresis) { $0.whole(0...100) }
        notify.read("hold", into: &snmp.notify.hold) { $0.seconds(0...Self.day) }
        notify.read("per_minute", into: &snmp.notify.perMinute) { $0.whole(1...6_000) }
        notify.read("agent_states", into: &snmp.notify.tellsAgentStates) { $0.flag() }
    }
}
