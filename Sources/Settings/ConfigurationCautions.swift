/// What a configuration says that can hardly be meant. It is taken as it stands, and whoever asks or looks into the log is told.
extension Configuration {
    /// - Parameters:
    ///   - file: path of the file that this was loaded from.
    ///   - environment: variables that replace keys of the file, see `EnvironmentOverrides`.
    /// - Returns: places, keys and words as problems have them, never a password.
    package func cautions(
        file: String,
        environment: [String: String] = EnvironmentOverrides.environment
    ) -> [ConfigurationError.Problem] {
        let root = (try? Self.text(of: file)).flatMap { try? Self.compose($0, file: file) }
        func caution(_ key: String, _ text: String) -> ConfigurationError.Problem {
            let top = String(key.prefix { $0 != "[" })
            let variable = EnvironmentOverrides.all.first { $0.key == top && environment[$0.name]?.isEmpty == false }
            if let variable {
                return .init(file: "environment", line: 0, column: 0, key: variable.name, text: "\(key) \(text)")
            }
            return .init(file: file, line: root?.place(of: key)?.line ?? 0, column: 0, key: key, text: text)
        }
        let logins = loginCautions.map(caution)
        return logins + routeCautions.map(caution) + EnvironmentOverrides.cautions(environment)
    }

    private var loginCautions: [(key: String, text: String)] {
        var cautions: [(String, String)] = []
        if sip.untrusted == .challenge, sip.users.isEmpty {
            cautions.append(
                ("sip.untrusted", "challenge lets nobody in, as there are no sip.users; expected some, or reject")
            )
        }
        cautions += Self.repeated(sip.users.map(\.username)).map { index, first in
            ("sip.users[\(index)]", "has the username of sip.users[\(first)], whose password alone counts")
        }
        cautions += Self.repeated(sip.credentials.map(\.realm)).map { index, first in
            ("sip.credentials[\(index)]", "has the realm of sip.credentials[\(first)], which alone is used")
        }
        return cautions
    }

    private var routeCautions: [(key: String, text: String)] {
        Self.repeated(routes.map(\.condition)).map { index, first in
            ("routes[\(index)]", "has the pattern of routes[\(first)], which takes all of its calls")
        }
    }

    /// The places of those that are not the first of their kind, each with that of the first.
    private static func repeated(_ values: [some Hashable]) -> [(index: Int, first: Int)] {
        let first = Dictionary(values.indices.map { (values[$0], $0) }) { first, _ in first }
        return values.indices.compactMap { index in
            guard let place = first[values[index]], place != index else { return nil }
            return (index, place)
        }
    }
}

extension RouteRule {
    /// Which calls it takes.
    fileprivate var condition: [String] {
        switch subject {
        case .requestURI: ["uri", pattern]
        case .to: ["to", pattern]
        case .from: ["from", pattern]
        // Names of headers know no case (RFC 3261 section 7.3.1).
        case .header(let name): ["header", name.lowercased(), pattern]
        }
    }
}

extension EnvironmentOverrides {
    /// Variables that `ccctl` reads.
    private static let ofOthers = ["CALLCENTERD_SOCKET", "CALLCENTERD_CONFIG"]

    /// Variables with our prefix that nobody reads. Their values are not looked at: they may be passwords.
    static func cautions(_ environment: [String: String]) -> [ConfigurationError.Problem] {
        let known = all.map(\.name) + ofOthers
        return environment.keys.sorted().filter { $0.hasPrefix("CALLCENTERD_") && !known.contains($0) }.map { name in
            let guess = Suggestion.nearest(to: name, among: known).map { "did you mean \($0)?" }
            let hint = guess ?? "known are \(all.map(\.name).joined(separator: ", "))"
            return .init(file: "environment", line: 0, column: 0, key: name, text: "is read by nobody; \(hint)")
        }
    }
}
