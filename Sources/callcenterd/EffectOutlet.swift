import CallCenter
import Exchange
import Logging
import SIP
import Store
import Transport

/// Where the effects of the core go that are no datagrams: records to the store, notices to the log.
struct EffectOutlet: Sendable {
    let writer: RecordWriter
    let logger: Logger
    /// Called when a socket dies under us.
    let fail: @Sendable (String) -> Void

    func store(_ record: CallDetailRecord) { writer.submit(record) }

    func listenerFailed(_ listener: ListenerID, reason: String) {
        fail("socket \(listener.index) of sip.listen has failed: \(reason)")
    }

    /// One line a notice, with fields for whatever reads logs by fields.
    func log(_ notice: Notice) {
        switch notice {
        case .unreadable(let error, let source):
            logger.debug("unreadable message", metadata: ["source": "\(source)", "error": "\(error)"])
        case .untrusted(let source, let answered):
            logger.info("untrusted source", metadata: ["source": "\(source)", "answer": answered ? "403" : "none"])
        case .notRouted(let outcome, let flowID, let status, let source):
            logger.notice(
                "call not taken: \(outcome.meaning)",
                metadata: [
                    "code": "\(outcome.rawValue)", "FLOW": "\(flowID)", "status": "\(status)",
                    "source": "\(source.map(String.init(describing:)) ?? "-")",
                ]
            )
        case .overloaded(let source):
            logger.warning(
                "call refused: no room",
                metadata: ["source": "\(source.map(String.init(describing:)) ?? "-")"]
            )
        case .callArrived(let number, let uuid, let flowID, let caller):
            logger.info(
                "call arrived",
                metadata: ["CALL": "\(number)", "CALL_UUID": "\(uuid)", "FLOW": "\(flowID)", "CALLER": "\(caller)"]
            )
        case .callState(let number, let state, let flowID, let agentID):
            logger.info(
                "call \(state.rawValue)",
                metadata: ["CALL": "\(number)", "FLOW": "\(flowID)", "AGENT": "\(agentID ?? "-")"]
            )
        case .callAnswered(let number, let flowID, let agentID):
            logger.info("call answered", metadata: ["CALL": "\(number)", "FLOW": "\(flowID)", "AGENT": "\(agentID)"])
        case .refused(let number, let agentID, let cause, let sipStatus):
            logger.info(
                "call refused by agent: \(cause.rawValue)",
                metadata: ["CALL": "\(number)", "AGENT": "\(agentID)", "status": "\(sipStatus)"]
            )
        case .callEnded(let number, let cause, let who):
            logger.info("call ended: \(cause)", metadata: ["CALL": "\(number)", "by": "\(who.rawValue)"])
        case .mediaFailed(let number, let uri, let sipStatus):
            logger.warning(
                "announcement failed",
                metadata: ["CALL": "\(number)", "uri": "\(uri)", "status": "\(sipStatus)"]
            )
        case .agentState(let agentID, let state, let isLoggedIn, let flowID):
            logger.debug(
                "agent \(isLoggedIn ? state.rawValue : "offline")",
                metadata: ["AGENT": "\(agentID)", "FLOW": "\(flowID ?? "-")"]
            )
        case .agentLoggedOffForNoAnswer(let agentID):
            logger.warning("agent logged off: too many calls unanswered", metadata: ["AGENT": "\(agentID)"])
        case .repaired(let what):
            logger.error("broken invariant repaired: \(what)")
        }
    }
}
