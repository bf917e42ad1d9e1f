package import Exchange
package import SIP

/// The configuration file as one validated value. A file that says nothing gives the defaults that stand here; the keys
/// are those of `callcenterd.yaml`, in its order.
package struct Configuration: Sendable, Equatable {
    /// Length of time in milliseconds; whole or decimal seconds in the file.
    package typealias Milliseconds = SIP.Milliseconds

    /// Where flows and agents are provisioned. May hold a password: never to be shown.
    package var databaseURL = "sqlite:/var/lib/callcenterd/callcenterd.db"
    /// Where call-detail records go; nil: as `databaseURL`. May hold a password: never to be shown.
    package var recordsDatabaseURL: String?
    /// Where the log-ins of agents are kept; nil: as `databaseURL`. May hold a password: never to be shown.
    package var runtimeDatabaseURL: String?
    /// `instance`: what PostgreSQL calls the one centre that several machines may run, one at a time; nil: this machine alone.
    package var instance: String?
    /// `cdr_retention_days`: call-detail records older than this are removed; nil: none are.
    package var recordRetentionDays: Int?
    /// `b2b_scenario`: the scenario that calls follow.
    package var scenario = Scenario()
    /// Time for an agent between two calls, where his row says nothing.
    package var wrapupTime: Milliseconds = 30_000
    /// Whether callers of a flow without a logged-in agent are refused.
    package var rejectsOnNoAgents = true
    /// Name of the URI parameter that tells the hold media how many calls are ahead; nil: none.
    package var queuePositionParameter: String?
    /// Name of the URI parameter that tells the hold media the estimated wait in seconds; nil: none.
    package var queueWaitParameter: String?
    /// Whether calls go to agents by the rules; off: by commands from outside only.
    package var dispatchesInternally = true
    /// How many digits of a caller, from the end, are hidden in logs, events, lists and pages; 0: none.
    package var callerMask = 0
    /// How long a call rings at an agent.
    package var agentRingTimeout: Milliseconds = 30_000
    /// An agent who refused a call is not offered it again before this.
    package var reofferDelay: Milliseconds = 5_000
    /// Unanswered offers in a row that log an agent off; 0: never.
    package var maxNoAnswer = 3
    package var mediaAnswerTimeout: Milliseconds = 8_000
    /// Longest welcome.
    package var welcomeMax: Milliseconds = 120_000
    /// Longest wait in a queue, where the flow says nothing.
    package var maxWait: Milliseconds = 3_600_000
    package var handOverTimeout: Milliseconds = 8_000
    /// Longest call, from the caller's answer.
    package var maxCallDuration: Milliseconds = 43_200_000
    /// An answer within this time counts as in time, where the flow says nothing.
    package var serviceLevelThreshold: Milliseconds = 20_000
    package var stateDirectory = "/var/lib/callcenterd"
    package var scenarioDirectory = "/usr/share/callcenterd/scenarios"
    package var sip = SIPSection()
    /// The first that matches a call gives its flow.
    package var routes: [RouteRule] = []
    package var handleCallStatus = HandleCallStatus()
    /// `http.listen`: where /metrics is served; the transport is TCP.
    package var httpListen = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 9506, transport: .tcp)
    /// `http.mi`: whether commands are taken over HTTP; needs `httpTokenFile`.
    package var servesHTTPCommands = false
    /// `http.token_file`: path of the tokens; nil: there are none.
    package var httpTokenFile: String?
    /// `http.metrics_token`: whether /metrics asks for a token; needs `httpTokenFile`.
    package var protectsMetrics = false
    /// `http.tls_certificate` and `http.tls_key`: paths of PEM files, both or none; nil: without TLS.
    package var httpCertificate: String?
    package var httpKey: String?
    /// `mi.socket`: path of the Unix socket for commands.
    package var managementSocket = "/run/callcenterd/mi.sock"
    /// `mi.fifo`: path of the FIFO for commands; nil: none.
    package var managementFIFO: String?
    package var snmp = SNMPSection()
    /// `log.level`.
    package var logLevel = LogLevel.info

    package init() {}
}

extension Configuration {
    /// The section `sip`.
    package struct SIPSection: Sendable, Equatable {
        /// Sockets, at least one, no two alike.
        package var listen = [
            Endpoint(address: IPAddress(v4: 0), port: 5060),
            Endpoint(address: IPAddress(v4: 0), port: 5060, transport: .tcp),
        ]
        /// The address that peers are told instead of the socket's own; nil: the socket's own.
        package var advertisedAddress: IPAddress?
        /// Sources whose calls are taken.
        package var trusted = [IPNetwork("127.0.0.0/8"), IPNetwork("::1/128")].compactMap { $0 }
        package var untrusted = UntrustedPolicy.reject
        /// What we challenge callers with.
        package var realm = "callcenterd"
        /// Callers who may come in with a password. Never to be shown.
        package var users: [Login] = []
        /// What we answer to servers that challenge us. Never to be shown.
        package var credentials: [Login] = []
        /// The session interval that we ask for (RFC 4028), in seconds; 0: no session timers.
        package var sessionExpires = 1_800
        /// A caller or an agent in a call who has been silent that long is asked whether he is alive; 0: never.
        package var keepAlive: Milliseconds = 60_000
        /// Calls alive at once.
        package var maxCalls = 20_000
        /// The proxy that calls of ours go through; nil: none.
        package var outboundProxy: URI?
        /// Asked for host names; empty: those of /etc/resolv.conf.
        package var nameservers: [Endpoint] = []
        /// How late the call loop may be before new calls are refused; 0: as late as it likes.
        package var maxLoopDelay: Milliseconds = 1_000
        /// New requests a second from one address; 0: any number.
        package var maxRequestRate = 5_000
        /// TCP connections at once.
        package var maxConnections = 10_000
        /// A connection without traffic is closed after this.
        package var connectionIdleTimeout: Milliseconds = 600_000
        package var tls = TLSSection()

        package init() {}
    }

    /// What a source outside `sip.trusted` gets.
    package enum UntrustedPolicy: String, Sendable, CaseIterable {
        /// 403.
        case reject
        /// Silence.
        case drop
        /// 401: those who know a password of `sip.users` are taken.
        case challenge
    }

    /// A name and a password, and the realm that they are for.
    package struct Login: Sendable, Equatable {
        /// `*` for any.
        package var realm: String
        package var username: String
        package var password: String

        package init(realm: String = "*", username: String, password: String) {
            self.realm = realm
            self.username = username
            self.password = password
        }
    }

    /// The answer to the caller for each outcome of `cc_handle_call` (CALLS.md section 1, step 2).
    package struct HandleCallStatus: Sendable, Equatable {
        /// What the caller gets.
        package enum Answer: Sendable, Equatable {
            case status(Int)
            /// 302 with this URI.
            case redirect(URI)
            /// He is joined to this URI.
            case bridge(URI)
        }

        /// -1: the flow ID cannot be derived.
        package var noFlowID = Answer.status(404)
        /// -2: From cannot be parsed.
        package var brokenFrom = Answer.status(400)
        /// -3: no such flow.
        package var unknownFlow = Answer.status(404)
        /// -4: no agent of the flow is logged in.
        package var noAgents = Answer.status(480)
        /// -5: internal error.
        package var internalError = Answer.status(500)

        package init() {}
    }

    /// The raw values are those of swift-log.
    package enum LogLevel: String, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }
}
