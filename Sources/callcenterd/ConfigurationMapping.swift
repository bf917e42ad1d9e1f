import CallCenter
import Exchange
import SIP
import Settings
import Store
import Telemetry
import Transport

extension ConfigurationChecks {
    /// What the parts of this program say of texts that the file only carries.
    static let all = ConfigurationChecks(
        databaseURL: { text in
            do throws(StoreError) {
                _ = try DatabaseURL(text)
                return nil
            } catch {
                return error.problem
            }
        },
        routePattern: { text in
            do throws(RoutePattern.Problem) {
                _ = try RoutePattern(text)
                return nil
            } catch {
                return error.description
            }
        }
    )
}

extension ExchangeConfiguration {
    /// What of the configuration file concerns the core.
    init(_ file: Configuration) {
        self.init()
        trusted = file.sip.trusted
        overload.loopDelay = file.sip.maxLoopDelay
        overload.requestsPerSource = file.sip.maxRequestRate
        untrusted =
            switch file.sip.untrusted {
            case .reject: .reject
            case .drop: .drop
            case .challenge: .challenge
            }
        realm = file.sip.realm
        users = file.sip.users.map { Doorman.User(username: $0.username, password: $0.password) }
        credentials = file.sip.credentials.map {
            Credential(realm: $0.realm, username: $0.username, password: $0.password)
        }
        routes = file.routes.compactMap(Route.init)
        answerByOutcome = [
            .noFlowID: RoutingAnswer(file.handleCallStatus.noFlowID),
            .brokenFrom: RoutingAnswer(file.handleCallStatus.brokenFrom),
            .unknownFlow: RoutingAnswer(file.handleCallStatus.unknownFlow),
            .noAgents: RoutingAnswer(file.handleCallStatus.noAgents),
            .internalError: RoutingAnswer(file.handleCallStatus.internalError),
        ]
        queuePositionParameter = file.queuePositionParameter
        queueWaitParameter = file.queueWaitParameter
        callerMask = CallerMask(digits: file.callerMask)
        agentRingTimeout = file.agentRingTimeout
        mediaAnswerTimeout = file.mediaAnswerTimeout
        welcomeMax = file.welcomeMax
        maxWait = file.maxWait
        handOverTimeout = file.handOverTimeout
        maxCallDuration = file.maxCallDuration
        keepAlive = file.sip.keepAlive
        sessionExpires = file.sip.sessionExpires
        scenario = file.scenario
        policy = Policy(
            wrapupTime: file.wrapupTime,
            rejectOnNoAgents: file.rejectsOnNoAgents,
            reofferDelay: file.reofferDelay,
            maxNoAnswer: file.maxNoAnswer,
            serviceLevelThreshold: file.serviceLevelThreshold,
            internalDispatching: file.dispatchesInternally,
            maxCalls: file.sip.maxCalls
        )
    }
}

extension StreamSettings {
    /// What of the configuration file concerns connections.
    init(_ sip: Configuration.SIPSection) {
        self.init()
        maximumConnections = sip.maxConnections
        idleTimeout = sip.connectionIdleTimeout
    }
}

extension StreamTrust {
    /// What of the configuration file says who is known.
    init(_ sip: Configuration.SIPSection) {
        self.init(networks: sip.trusted, isSilentToStrangers: sip.untrusted == .drop)
    }
}

extension TLSSettings {
    /// The section `sip.tls`.
    init(_ tls: Configuration.TLSSection) {
        self.init()
        certificate = tls.certificate
        privateKey = tls.privateKey
        trustRoots = tls.trustRoots
        verifiesServers = tls.verifiesServers
        verifiesClients = tls.verifiesClients
    }
}

extension RoutingAnswer {
    init(_ answer: Configuration.HandleCallStatus.Answer) {
        self =
            switch answer {
            case .status(let status): .status(status)
            case .redirect(let uri): .redirect(uri)
            case .bridge(let uri): .bridge(uri)
            }
    }

    /// For the log.
    var text: String {
        switch self {
        case .status(let status): "\(status)"
        case .redirect(let uri): "302 \(uri)"
        case .bridge(let uri): "\(uri)"
        }
    }
}

extension Route {
    /// nil if the pattern is none: the file was refused for that before.
    init?(_ rule: RouteRule) {
        guard let pattern = try? RoutePattern(rule.pattern) else { return nil }
        let subject: Subject =
            switch rule.subject {
            case .requestURI: .requestURI
            case .to: .to
            case .from: .from
            case .header(let name): .header(name)
            }
        let login = rule.agentLogin.flatMap { AgentLogin(rawValue: $0.rawValue) }
        self.init(subject: subject, pattern: pattern, flow: rule.flow, agentLogin: login)
    }
}

extension NotificationRules {
    init(_ notify: Configuration.Notify) {
        self.init()
        bounds = Bounds(longestWait: notify.longestWait, queueLength: notify.queueLength)
        boundsOfFlows = notify.flows.mapValues { Bounds(longestWait: $0.longestWait, queueLength: $0.queueLength) }
        backlog = notify.backlog
        hysteresis = notify.hysteresis
        hold = notify.hold
        perMinute = notify.perMinute
        agentStates = notify.tellsAgentStates
    }
}
