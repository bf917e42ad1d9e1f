import CallCenter
import SIP

/// A call that logs the agent who makes it in or off (`routes`, `agent_login`).
extension Exchange {
    /// The agent is the one at whose location the call comes from: by its Contact, which is where the phone takes calls, else by
    /// From. There is no session to be had, so done is 480 and a stranger 403.
    mutating func logIn(callerOf invite: Message, _ login: Route.AgentLogin, _ leg: LegID) {
        guard let agentID = callingAgent(invite) else {
            note(.strangerLoggedIn(source: agent.source(of: leg)))
            agent.refuse(leg, status: 403, now: now)
            return
        }
        let isLoggedIn =
            switch login {
            case .on: true
            case .off: false
            case .toggle: !center.isLoggedIn(agentID)
            }
        try? center.setLogin(agentID: agentID, loggedIn: isLoggedIn, now: now, out: &distribution)
        note(.agentLoggedInByCall(agentID: agentID, isLoggedIn: isLoggedIn))
        agent.refuse(leg, status: 480, now: now)
    }

    private func callingAgent(_ invite: Message) -> String? {
        let contact = invite.firstAddress(.contact).map { invite.copy(of: $0.uri) }
        let candidates = [contact, invite.copy(of: invite.from.uri)].compactMap(\.self)
        for candidate in candidates {
            guard let place = (try? URI(parsing: candidate)).flatMap(Place.init) else { continue }
            if let agentID = center.agentID(where: { URI($0).flatMap(Place.init) == place }) { return agentID }
        }
        return nil
    }
}

/// Where a URI leads, as far as it tells one phone from another; parameters do not count.
private struct Place: Equatable {
    let user: [UInt8]
    let host: [UInt8]
    let port: UInt16

    /// nil without a user: a host alone is nobody.
    init?(_ uri: URI) {
        guard let user = uri.user, !user.isEmpty else { return nil }
        self.user = Array(user)
        host = uri.host.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        port = uri.port ?? 5060
    }
}
