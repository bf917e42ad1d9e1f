import CallCenter
import Exchange
import Logging
import SIP
import Store
import Transport

/// Where the effects of the core go that are no datagrams: records to the store, notices to the log and to those who
/// watch.
struct EffectOutlet: Sendable {
    let writer: RecordWriter
    let logins: LoginKeeper
    let logger: Logger
    let events: EventOutlet
    /// Called when the call loop has done what was due: it is not stuck.
    let alive: @Sendable () -> Void
    /// Called when a socket dies under us.
    let fail: @Sendable (String) -> Void

    func store(_ record: CallDetailRecord) { writer.submit(record) }

    func listenerFailed(_ listener: ListenerID, reason: String) {
        fail("socket \(listener.index) of sip.listen has failed: \(reason)")
    }

    /// Logs a notice, and publishes it.
    ///
    /// - Parameter wallOffset: time of day minus the core's clock.
    func note(_ notice: Notice, now: Milliseconds, wallOffset: Milliseconds) {
        if case .agentChanged(let change) = notice {
            logins.note(change.agentID, isLoggedIn: change.isLoggedIn, at: now + wallOffset)
        }
        log(notice)
        events.publish(notice, now: now, wallOffset: wallOffset)
    }

    /// One line a notice, with fields for whatever reads logs by fields.
    private func log(_ notice: Notice) {
        switch notice {
        case .unreadable(let error, let source):
            logger.debug("unreadable message", metadata: ["source": "\(source)", "error": "\(error)"])
        case .untrusted(let source, let answered):
            logger.info("untrusted source", metadata: ["source": "\(source)", "answer": answered ? "403" : "none"])
        case .notRouted(let outcome, let flowID, let answer, let source):
            logger.notice(
                "call not taken: \(outcome.meaning)",
                metadata: [
                    "code": "\(outcome.rawValue)", "FLOW": "\(flowID)", "answer": "\(answer.text)",
                    "source": "\(source.map(String.init(describing:)) ?? "-")",
                ]
            )
        case .headersLeftOut(let count, let source):
            logger.warning(
                "header fields of a caller were left out: too long",
                metadata: ["fields": "\(count)", "source": "\(source.map(String.init(describing:)) ?? "-")"]
            )
        case .overload(let reason?):
            logger.error("overload: new calls are refused", metadata: ["reason": "\(reason.rawValue)"])
        case .overload(nil):
            logger.notice("overload is over: new calls are taken again")
        case .overloaded(let source):
            logger.warning(
                "call refused: no room",
                metadata: ["source": "\(source.map(String.init(describing:)) ?? "-")"]
            )
        case .callArrived(let number, let uuid, let flowID, let caller):
            logger.info(
                "call arrived",
                metadata: ["CALL_ID": "\(number)", "CALL_UUID": "\(uuid)", "FLOW": "\(flowID)", "CALLER": "\(caller)"]
            )
        case .callState(let number, let state, let flowID, let agentID):
            logger.info(
                "call \(state.rawValue)",
                metadata: ["CALL_ID": "\(number)", "FLOW": "\(flowID)", "AGENT": "\(agentID ?? "-")"]
            )
        case .callAnswered(let number, let flowID, let agentID):
            logger.info(
                "call answered",
                metadata: ["CALL_ID": "\(number)", "FLOW": "\(flowID)", "AGENT": "\(agentID)"]
            )
        case .refused(let number, _, let agentID, let cause, let sipStatus):
            logger.info(
                "call refused by agent: \(cause.rawValue)",
                metadata: ["CALL_ID": "\(number)", "AGENT": "\(agentID)", "status": "\(sipStatus)"]
            )
        case .callEnded(let number, _, _, let cause, let who):
            logger.info("call ended: \(cause)", metadata: ["CALL_ID": "\(number)", "by": "\(who.rawValue)"])
        case .callOverflows(let number, let flowID, let target):
            logger.info("call overflows", metadata: ["CALL_ID": "\(number)", "FLOW": "\(flowID)", "to": "\(target)"])
        case .mediaFailed(let number, let uri, let sipStatus):
            logger.warning(
                "announcement failed",
                metadata: ["CALL_ID": "\(number)", "uri": "\(uri)", "status": "\(sipStatus)"]
            )
        case .agentChanged(let change):
            logger.debug(
                "agent \(change.to.rawValue)",
                metadata: ["AGENT": "\(change.agentID)", "FLOW": "\(change.flowID ?? "-")"]
            )
        case .agentLoggedOffForNoAnswer(let agentID):
            logger.warning("agent logged off: too many calls unanswered", metadata: ["AGENT": "\(agentID)"])
        case .strangerLoggedIn(let source):
            logger.notice(
                "log-in refused: the caller is at no agent's location",
                metadata: ["source": "\(source.map(String.init(describing:)) ?? "-")"]
            )
        case .agentLoggedInByCall(let agentID, let isLoggedIn):
            logger.info("agent logged \(isLoggedIn ? "in" : "off") by his call", metadata: ["AGENT": "\(agentID)"])
        case .repaired(let what):
            logger.error("broken invariant repaired: \(what)")
        }
    }
}
