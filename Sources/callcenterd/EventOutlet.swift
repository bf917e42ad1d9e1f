import CallCenter
import Exchange
import SIP
import Telemetry

/// Hands what the core notes of agents and calls to those who watch. Called on the call loop, so a watcher only takes
/// the event and works on a thread of its own.
struct EventOutlet: Sendable {
    /// Somebody who watches: the event hub of the management interfaces, the SNMP agent.
    struct Watcher: Sendable {
        /// Asked before an event is made, so that events nobody wants cost nothing.
        var isInterested: @Sendable () -> Bool
        var take: @Sendable (CenterEvent) -> Void
    }

    var watchers: [Watcher] = []

    func publish(_ notice: Notice, now: SIP.Milliseconds, wallOffset: SIP.Milliseconds) {
        guard watchers.contains(where: { $0.isInterested() }),
            let body = CenterEvent.Body(notice, wallOffset: wallOffset)
        else { return }
        let event = CenterEvent(time: now + wallOffset, body)
        for watcher in watchers where watcher.isInterested() { watcher.take(event) }
    }
}

extension CenterEvent.Body {
    /// nil: of no interest to those who watch agents and calls.
    ///
    /// - Parameter wallOffset: time of day minus the core's clock.
    init?(_ notice: Notice, wallOffset: SIP.Milliseconds) {
        switch notice {
        case .callArrived(let number, let uuid, let flowID, let caller):
            self = .call(CallReport(number: number, flowID: flowID, .arrived(uuid: uuid, caller: caller)))
        case .callState(let number, let state, let flowID, let agentID):
            self = .call(CallReport(number: number, flowID: flowID, agentID: agentID, .state(state)))
        case .callAnswered(let number, let flowID, let agentID):
            self = .call(CallReport(number: number, flowID: flowID, agentID: agentID, .answered))
        case .refused(let number, let flowID, let agentID, let cause, let sipStatus):
            self = .call(
                CallReport(number: number, flowID: flowID, agentID: agentID, .refused(cause, sipStatus: sipStatus))
            )
        case .callEnded(let number, let flowID, let agentID, let cause, let who):
            self = .call(CallReport(number: number, flowID: flowID, agentID: agentID, .ended(cause: cause, by: who)))
        case .agentChanged(let change):
            self = .agent(
                AgentReport(
                    agentID: change.agentID,
                    state: change.to,
                    previous: change.from,
                    isLoggedIn: change.isLoggedIn,
                    wrapupEnds: change.wrapupEnds.map { $0 + wallOffset },
                    flowID: change.flowID
                )
            )
        case .agentLoggedOffForNoAnswer(let agentID):
            self = .agentLoggedOff(agentID: agentID, cause: .noAnswer)
        case .unreadable, .untrusted, .notRouted, .headersLeftOut, .overloaded, .overload, .callOverflows, .mediaFailed,
            .repaired, .strangerLoggedIn, .agentLoggedInByCall:
            return nil
        }
    }
}
