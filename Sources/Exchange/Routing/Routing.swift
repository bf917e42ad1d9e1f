import CallCenter
import SIP

/// Which flow takes a call (CALLS.md section 1, step 2).
extension Exchange {
    struct RoutingFailure: Error {
        let outcome: RoutingOutcome
        /// As far as it was derived; for the log.
        var flowID = ""
    }

    func flow(for invite: Message) -> Result<FlowRef, RoutingFailure> {
        guard let id = flowID(for: invite), !id.isEmpty else {
            return .failure(RoutingFailure(outcome: .noFlowID))
        }
        guard (try? URI(parsing: invite.copy(of: invite.from.uri))) != nil else {
            return .failure(RoutingFailure(outcome: .brokenFrom, flowID: id))
        }
        guard let flow = center.flow(named: id) else {
            return .failure(RoutingFailure(outcome: .unknownFlow, flowID: id))
        }
        guard center.takesCalls(flow) else {
            return .failure(RoutingFailure(outcome: .noAgents, flowID: id))
        }
        return .success(flow)
    }

    /// By the first route that matches, else the user part of the Request-URI; nil if neither gives one.
    private func flowID(for invite: Message) -> String? {
        if let (route, match) = firstMatch(for: invite) {
            if let flow = route.flow { return flow }
            guard let captured = match.flow else { return nil }
            return String(decoding: unescaped(captured), as: UTF8.self)
        }
        guard let range = invite.requestURI, let user = (try? URI(parsing: invite.copy(of: range)))?.user else {
            return nil
        }
        return String(decoding: user, as: UTF8.self)
    }

    /// The route that decides what becomes of the call.
    func firstMatch(for invite: Message) -> (Route, RoutePattern.Match)? {
        for route in configuration.routes {
            guard let subject = subject(of: route, in: invite), let match = route.pattern.match(subject) else {
                continue
            }
            return (route, match)
        }
        return nil
    }

    private func subject(of route: Route, in invite: Message) -> ArraySlice<UInt8>? {
        let range: ByteRange?
        switch route.subject {
        case .requestURI: range = invite.requestURI
        case .to: range = invite.to.uri
        case .from: range = invite.from.uri
        case .header(let name): range = invite.first(named: Array(name.utf8))
        }
        guard let range else { return nil }
        return invite.bytes(of: range)
    }
}
