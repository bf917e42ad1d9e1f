extension Field {
    private static let shape =
        "{match: PATTERN, flow: FLOW}, with uri:, to: or from: in place of match:, or with header: NAME beside it"

    /// One entry of `routes`.
    func route(_ checks: ConfigurationChecks) -> RouteRule? {
        guard isMapping else { return complain(not: "a route", expected: Self.shape) }
        let section = Section(self, known: ["match", "uri", "to", "from", "header", "flow"])
        let patterns = ["match", "uri", "to", "from"].compactMap { key in section[key].map { (key: key, field: $0) } }
        guard patterns.count == 1, let (key, field) = patterns.first else {
            return complain("has \(patterns.isEmpty ? "no pattern" : "several patterns"); expected \(Self.shape)")
        }
        guard let subject = Self.subject(key, header: section["header"]) else { return nil }
        let expected = "text in which * is any run and {flow} the flow ID"
        guard let pattern = field.text("a pattern", expected: expected) else { return nil }
        if let problem = checks.routePattern(pattern) { return field.complain("\"\(pattern)\": \(problem)") }
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
        let outcomes: [(String, WritableKeyPath<Configuration.HandleCallStatus, Int>)] = [
            ("-1", \.noFlowID), ("-2", \.brokenFrom), ("-3", \.unknownFlow), ("-4", \.noAgents),
            ("-5", \.internalError),
        ]
        let section = Section(self, known: outcomes.map(\.0))
        var statuses = Configuration.HandleCallStatus()
        for (outcome, target) in outcomes {
            section.read(outcome, into: &statuses[keyPath: target]) { $0.status() }
        }
        return statuses
    }

    private func status() -> Int? {
        let text = (scalar ?? "").lowercased()
        if ["sip:", "sips:", "302 "].contains(where: text.hasPrefix) {
            return complain(
                not: "a status",
                expected: "one from 400 to 699; URIs and redirection are not yet supported by this version"
            )
        }
        return whole(400...699)
    }
}
