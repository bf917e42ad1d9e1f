import SIP

extension Field {
    private static let shape =
        "{match: PATTERN, flow: FLOW}, with uri:, to: or from: in place of match:, or with header: NAME beside it, "
        + "or with agent_login: in place of flow:"

    /// One entry of `routes`.
    func route(_ checks: ConfigurationChecks) -> RouteRule? {
        guard isMapping else { return complain(not: "a route", expected: Self.shape) }
        let section = Section(self, known: ["match", "uri", "to", "from", "header", "flow", "agent_login"])
        let patterns = ["match", "uri", "to", "from"].compactMap { key in section[key].map { (key: key, field: $0) } }
        guard patterns.count == 1, let (key, field) = patterns.first else {
            return complain("has \(patterns.isEmpty ? "no pattern" : "several patterns"); expected \(Self.shape)")
        }
        guard let subject = Self.subject(key, header: section["header"]) else { return nil }
        let expected = "text in which * is any run and {flow} the flow ID"
        guard let pattern = field.text("a pattern", expected: expected) else { return nil }
        if let problem = checks.routePattern(pattern) { return field.complain("\"\(pattern)\": \(problem)") }
        if let login = section["agent_login"] {
            if let flow = section["flow"] {
                return flow.complain("cannot stand beside agent_login:; a call of that route enters no flow")
            }
            // YAML 1.1 readers take on and off for flags; in this file they are words.
            guard let login: RouteRule.AgentLogin = login.choice("what becomes of the agent") else { return nil }
            return RouteRule(subject: subject, pattern: pattern, flow: nil, agentLogin: login)
        }
        guard let flow = flow(section["flow"], captured: pattern.contains("{flow}")) else { return nil }
        return RouteRule(subject: subject, pattern: pattern, flow: flow)
    }

    private static func subject(_ key: String, header: Field?) -> RouteRule.Subject? {
        guard let header else {
            return switch key {
            case "to": .to
            case "from": .from
            default: .requestURI
            }
        }
        guard key == "match" else {
            return header.complain("cannot stand beside \(key):; expected header: NAME with match: PATTERN")
        }
        return header.token("a header name", example: "X-Queue").map(RouteRule.Subject.header)
    }

    /// The flow of a route: a name, or nil for what the pattern captures.
    private func flow(_ field: Field?, captured: Bool) -> String?? {
        guard let field, !field.isNull else {
            return captured ? .some(nil) : complain("has no flow; expected flow: FLOW, or {flow} in the pattern")
        }
        guard let name = field.text("a flow", expected: "the ID of a flow") else { return nil }
        switch (name == "{flow}", captured) {
        case (true, true): return .some(nil)
        case (false, false): return name
        case (true, false):
            return field.complain("\"{flow}\" is not in the pattern; expected it there, or a flow ID here")
        case (false, true):
            return field.complain("\"\(name)\" beside a pattern with {flow}; expected one or the other")
        }
    }

    /// `handle_call_status`: outcomes and the status that each gets; what is not named keeps its default.
    func handleCallStatus() -> Configuration.HandleCallStatus? {
        typealias Answers = Configuration.HandleCallStatus
        let outcomes: [(String, WritableKeyPath<Answers, Answers.Answer>)] = [
            ("-1", \.noFlowID), ("-2", \.brokenFrom), ("-3", \.unknownFlow), ("-4", \.noAgents),
            ("-5", \.internalError),
        ]
        let section = Section(self, known: outcomes.map(\.0))
        var statuses = Configuration.HandleCallStatus()
        for (outcome, target) in outcomes {
            section.read(outcome, into: &statuses[keyPath: target]) { $0.answer() }
        }
        return statuses
    }

    /// A status, a SIP URI to which the caller is joined, or `302 URI`.
    private func answer() -> Configuration.HandleCallStatus.Answer? {
        let text = scalar ?? ""
        if let status = Int(text) {
            guard 400...699 ~= status else { return complainAboutAnswer() }
            return .status(status)
        }
        if text.hasPrefix("302 ") {
            guard let uri = Self.sipURI(text.dropFirst(4)) else { return complainAboutAnswer() }
            return .redirect(uri)
        }
        guard let uri = Self.sipURI(text[...]) else { return complainAboutAnswer() }
        return .bridge(uri)
    }

    private func complainAboutAnswer() -> Configuration.HandleCallStatus.Answer? {
        complain(
            not: "an answer to a caller",
            expected: "a status from 400 to 699, a SIP URI such as sip:voicemail@192.0.2.9, or \"302 URI\""
        )
    }

    private static func sipURI(_ text: Substring) -> URI? {
        guard let uri = URI(String(text)), uri.scheme == .sip || uri.scheme == .sips else { return nil }
        return uri
    }
}
