package import CallCenter
package import SIP

/// What the Exchange wants done by the shells, in order. The shell empties it after each input.
package struct Effects: Sendable {
    /// To be written to the network.
    package var datagrams: [Outgoing] = []
    /// Names to be looked up; the answers go to `located`.
    package var lookups: [Lookup] = []
    /// To be stored.
    package var records: [CallDetailRecord] = []
    /// To be kept for the next process, behind the records and before any datagram leaves.
    package var kept: [Keeping] = []
    /// To be logged or published.
    package var notices: [Notice] = []

    package init() {}

    package mutating func removeAll() {
        datagrams.removeAll(keepingCapacity: true)
        lookups.removeAll(keepingCapacity: true)
        records.removeAll(keepingCapacity: true)
        kept.removeAll(keepingCapacity: true)
        notices.removeAll(keepingCapacity: true)
    }
}

/// Something that people or their tools want to know, as values: who logs decides what it costs.
package enum Notice: Sendable {
    /// A datagram that is no SIP message, and why.
    case unreadable(MessageError, source: Endpoint)
    /// An initial request from a source that is not trusted.
    case untrusted(source: Endpoint, answered: Bool)
    /// A call that no flow took.
    case notRouted(RoutingOutcome, flowID: String, answer: RoutingAnswer, source: Endpoint?)
    /// So many header fields of a caller that were to pass did not, there being too much of them.
    case headersLeftOut(Int, source: Endpoint?)
    /// A call refused since there are `maxCalls` already, or no room for its transactions.
    case overloaded(source: Endpoint?)
    /// New calls are refused from now on, and why; nil: they are taken again.
    case overload(OverloadControl.Reason?)
    case callArrived(number: Int32, uuid: String, flowID: String, caller: String)
    case callState(number: Int32, CallState, flowID: String, agentID: String?)
    /// The moment of "answered": caller and agent can talk.
    case callAnswered(number: Int32, flowID: String, agentID: String)
    /// An agent did not take the call.
    case refused(number: Int32, flowID: String, agentID: String, RefusalCause, sipStatus: Int)
    case callEnded(number: Int32, flowID: String, agentID: String?, cause: String, by: CallDetailRecord.EndedBy)
    /// Nobody of its flow takes the call: it goes to another flow, or to a SIP URI.
    case callOverflows(number: Int32, flowID: String, to: String)
    /// An announcement or hold music that could not be had.
    case mediaFailed(number: Int32, uri: String, sipStatus: Int)
    case agentChanged(AgentChange)
    case agentLoggedOffForNoAnswer(agentID: String)
    /// A call to a route with `agent_login` by somebody who is at no agent's location.
    case strangerLoggedIn(source: Endpoint?)
    /// A call to such a route; that the agent has changed, if he has, is noted besides.
    case agentLoggedInByCall(agentID: String, isLoggedIn: Bool)
    /// An invariant was found broken and mended: a defect of ours.
    case repaired(String)
}

/// Counts of what happens before a call is a call, and of what goes wrong with media. Since start.
package struct ExchangeCounters: Sendable, Equatable {
    package var untrusted: UInt64 = 0
    /// Requests of strangers that were answered with 401.
    package var challenged: UInt64 = 0
    package var unreadable: UInt64 = 0
    /// New calls that got 503.
    package var overloaded: UInt64 = 0
    /// How often overload has begun.
    package var overloads: UInt64 = 0
    /// Requests and datagrams beyond what their source may send.
    package var flooding: UInt64 = 0
    package var mediaFailures: UInt64 = 0
    /// Pairs of sides that were not joined since one has RTP only and the other SRTP only.
    package var protectionMismatches: UInt64 = 0
    /// In the order of `RoutingOutcome.allCases`.
    package private(set) var outcomes = [UInt64](repeating: 0, count: RoutingOutcome.allCases.count)

    package init() {}

    mutating func count(_ outcome: RoutingOutcome) {
        guard let index = RoutingOutcome.allCases.firstIndex(of: outcome) else { return }
        outcomes[index] += 1
    }
}
