import Exchange
import SIP

/// Turns a scenario file into a `Scenario`, key by key; what is left out is as in the shipped one.
struct ScenarioReader {
    private static let keys = ["name", "offer", "early_media", "relay", "refer", "headers", "hold_media_failure"]

    /// nil without a name; that is in the problems then, like everything else that is wrong.
    func read(_ root: Field) -> Scenario? {
        var scenario = Scenario()
        let section = Section(root, known: Self.keys)
        guard let name = section["name"] else {
            return root.isMapping ? root.complain("has no name; expected name: NAME") : nil
        }
        section.read("name", into: &scenario.name) { $0.text("a name", expected: "text such as call center") }
        section.read("offer", into: &scenario.offer) { $0.choice("an offer mode") }
        section.read("early_media", into: &scenario.relaysEarlyMedia) { $0.flag() }
        section.read("relay", into: &scenario.relayed) { field in
            field.isNull ? [] : field.list(of: Self.methods) { $0.relayedMethod() }
        }
        section.read("hold_media_failure", into: &scenario.holdMediaFailure) { $0.choice("a policy") }
        if let refer = section["refer"] { read(refer, into: &scenario.refer) }
        if let headers = section["headers"] { readHeaders(headers, into: &scenario) }
        return name.isNull ? nil : scenario
    }

    private static let methods = Scenario.relayable.map { "\($0.token)" }.joined(separator: ", ")

    private func read(_ field: Field, into refer: inout Scenario.Refer) {
        let section = Section(field, known: ["policy", "allow"])
        section.read("policy", into: &refer.policy) { $0.choice("a policy") }
        section.read("allow", into: &refer.allowed) { field in
            field.optional { $0.list(of: "patterns such as \"sip:*@pbx.example.com\"") { $0.targetPattern() } }
        }
    }

    private func readHeaders(_ field: Field, into scenario: inout Scenario) {
        let section = Section(field, known: ["pass", "to_agent"])
        section.read("pass", into: &scenario.passed) { field in
            field.isNull ? [] : field.list(of: "header names such as P-Asserted-Identity or X-*") { $0.passedHeader() }
        }
        section.read("to_agent", into: &scenario.added) { field in
            guard !field.isNull else { return [] }
            guard let entries = field.entries(expected: "header names with text such as X-Flow: $cc_flow") else {
                return nil
            }
            let templates = entries.map { $0.field.headerTemplate(named: $0.name) }
            return templates.contains { $0 == nil } ? nil : templates.compactMap(\.self)
        }
    }
}

extension Field {
    fileprivate func relayedMethod() -> Method? {
        guard let method = Scenario.relayable.first(where: { "\($0.token)" == scalar }) else {
            let expected = Scenario.relayable.map { "\($0.token)" }.joined(separator: ", ")
            return complain(not: "a request that can be relayed", expected: "one of \(expected)")
        }
        return method
    }

    fileprivate func targetPattern() -> RoutePattern? {
        let expected = "text in which * is any run, such as \"sip:*@pbx.example.com\""
        guard let text = text("a pattern", expected: expected) else { return nil }
        do throws(RoutePattern.Problem) {
            return try RoutePattern(text)
        } catch {
            return complain("\"\(text)\": \(error.description)")
        }
    }

    fileprivate func passedHeader() -> HeaderPattern? {
        guard let name = token("a header name", example: "P-Asserted-Identity") else { return nil }
        guard let pattern = HeaderPattern(name), name.dropLast().allSatisfy({ $0 != "*" }) else {
            return complain(
                not: "a header that can pass",
                expected: "one that does not belong to a leg, and * only at its end"
            )
        }
        return pattern
    }

    fileprivate func headerTemplate(named name: String) -> HeaderTemplate? {
        guard name.utf8.allSatisfy(Self.isTokenByte), name.utf8.count <= 64, !HeaderPattern.isOurs(name) else {
            return complain("is no header that can be added; expected a name that does not belong to a leg")
        }
        guard let value = scalar else { return complain(not: "the value of a header", expected: "text") }
        do throws(HeaderTemplate.Problem) {
            return try HeaderTemplate(name: name, value: value)
        } catch {
            switch error {
            case .controlCharacter: return complain("has a control character in it; expected one line of text")
            case .unknownVariable(let word):
                let known = HeaderTemplate.Variable.allCases.map(\.rawValue)
                let guess = Suggestion.nearest(to: word, among: known).map { "did you mean $\($0)?" }
                let all = known.map { "$\($0)" }.joined(separator: " ")
                return complain("$\(word) is not a pseudo-variable; \(guess ?? "expected one of \(all), or $$ for $")")
            }
        }
    }
}
