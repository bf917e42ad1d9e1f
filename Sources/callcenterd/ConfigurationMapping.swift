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
        untrusted = file.sip.untrusted == .drop ? .drop : .reject
        routes = file.routes.compactMap(Route.init)
        statusByOutcome = [
            .noFlowID: file.handleCallStatus.noFlowID,
            .brokenFrom: file.handleCallStatus.brokenFrom,
            .unknownFlow: file.handleCallStatus.unknownFlow,
            .noAgents: file.handleCallStatus.noAgents,
            .internalError: file.handleCallStatus.internalError,
        ]
        queuePositionParameter = file.queuePositionParameter
        agentRingTimeout = file.agentRingTimeout
        mediaAnswerTimeout = file.mediaAnswerTimeout
        welcomeMax = file.welcomeMax
        maxWait = file.maxWait
        handOverTimeout = file.handOverTimeout
        maxCallDuration = file.maxCallDuration
        policy = Policy(
            wrapupTime: file.wrapupTime,
            rejectOnNoAgents: file.rejectsOnNoAgents,
            reofferDelay: file.reofferDelay,
            maxNoAnswer: file.maxNoAnswer,
            serviceLevelThreshold: file.serviceLevelThreshold,
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
        self.init(subject: subject, pattern: pattern, flow: rule.flow)
    }
}

extension NotificationRules {
    init(_ notify: Configuration.Notify) {
        self.init()
        bounds = Bounds(longestWait: notify.longestWait, queueLength: notify.queueLength)
        boundsOfFlows = notify.flows.mapValues { Bounds(longestWait: $0.longestWait, queueLength: $0.queueLength) }
        hysteresis = notify.hysteresis
        hold = notify.hold
        perMinute = notify.perMinute
        agentStates = notify.tellsAgentStates
    }
}
