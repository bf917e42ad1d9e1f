import CDefaults
import Yams

/// One key as it is in force, for people: value, where it comes from, and what applies a change.
package struct ConfigurationEntry: Sendable, Equatable, Encodable {
    /// Where a value comes from.
    package enum Origin: Sendable, Equatable, Encodable, CustomStringConvertible {
        /// The file, from this line on.
        case file(line: Int)
        /// The environment variable of this name.
        case environment(String)
        case builtIn

        package var description: String {
            switch self {
            case .file(let line): "line \(line)"
            case .environment(let name): name
            case .builtIn: "default"
            }
        }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(description)
        }
    }

    /// `sip.trusted`.
    package var key: String
    /// YAML in one line; passwords are not in it.
    package var value: String
    package var origin: Origin
    /// `reload` or `restart`.
    package var effect: String
}

extension Configuration {
    /// Every key, in the order of the shipped file.
    ///
    /// - Parameters:
    ///   - file: path of a file that `load` takes.
    ///   - database: what to show of a database URL.
    package static func entries(
        file: String,
        environment: [String: String] = EnvironmentOverrides.environment,
        database: @escaping (String) -> String
    ) throws(ConfigurationError) -> [ConfigurationEntry] {
        try entries(of: text(of: file), file: file, environment: environment, database: database)
    }

    /// Where the value of a key comes from, for messages: `FILE:LINE`, or an environment variable; nil: it is the default.
    package static func place(of key: String, file: String) -> String? {
        let entries = try? entries(file: file) { _ in "" }
        return switch entries?.first(where: { $0.key == key })?.origin {
        case .file(let line)?: "\(file):\(line)"
        case .environment(let name)?: name
        case .builtIn?, nil: nil
        }
    }

    static func entries(
        of yaml: String,
        file: String,
        environment: [String: String],
        database: @escaping (String) -> String
    ) throws(ConfigurationError) -> [ConfigurationEntry] {
        let given = try compose(yaml, file: file)
        let shipped = try compose(String(cString: cdefaults_configuration()), file: "defaults")
        var entries: [ConfigurationEntry] = []
        for key in ConfigurationKey.all {
            let variable = EnvironmentOverrides.all.first { variable in
                variable.key == key.path && environment[variable.name]?.isEmpty == false
            }
            var entry = ConfigurationEntry(key: key.path, value: "", origin: .builtIn, effect: key.effect.rawValue)
            let standard = shipped?.place(of: key.path)?.value
            if let variable {
                entry.value = variable.shown(environment[variable.name] ?? "", database)
                entry.origin = .environment(variable.name)
            } else if let place = given?.place(of: key.path) {
                entry.value = YAMLLine(database: database).text(of: place.value, over: standard, key: key.path)
                entry.origin = .file(line: place.line)
            } else if let standard {
                entry.value = YAMLLine(database: database).text(of: standard, over: nil, key: key.path)
            }
            entries.append(entry)
        }
        return entries
    }
}

extension Node {
    /// The value of a key by its path, such as `sip.users[1]`, and the line where it stands: that of the key, or of the element.
    func place(of path: String) -> (value: Node, line: Int)? {
        var node = self
        var line = 0
        for part in path.split(separator: ".") {
            let words = part.split { "[]".contains($0) }
            guard let name = words.first,
                let (key, value) = node.mapping?.first(where: { $0.key.scalar?.string == String(name) })
            else { return nil }
            node = value
            line = key.mark?.line ?? line
            for word in words.dropFirst() {
                guard let index = Int(word), let elements = node.sequence.map(Array.init),
                    elements.indices.contains(index)
                else { return nil }
                node = elements[index]
                line = node.mark?.line ?? line
            }
        }
        return (node, line)
    }
}

/// A value of the file as one line of YAML without passwords.
struct YAMLLine {
    /// What to show of a database URL.
    let database: (String) -> String

    static let hidden = "(hidden)"

    /// - Parameter standard: the default, of which a mapping replaces what it names.
    func text(of node: Node, over standard: Node?, key: String) -> String {
        switch node {
        case .sequence(let elements):
            return "[" + elements.map { text(of: $0, over: nil, key: key) }.joined(separator: ", ") + "]"
        case .mapping(let mapping):
            var entries = mapping.map { (name: $0.key.scalar?.string ?? "", value: $0.value) }
            for (name, value) in standard?.mapping ?? [:] {
                guard let name = name.scalar?.string, !entries.contains(where: { $0.name == name }) else { continue }
                entries.append((name, value))
            }
            let shown = entries.map { name, value in
                name == "password" ? "\(name): \(Self.hidden)" : "\(name): \(text(of: value, over: nil, key: key))"
            }
            return "{" + shown.joined(separator: ", ") + "}"
        case .scalar(let scalar):
            if key.hasSuffix("db_url"), !scalar.string.isEmpty, scalar.string != "null" {
                return database(scalar.string)
            }
            return text(of: scalar)
        default:
            return Self.hidden
        }
    }

    private func text(of scalar: Node.Scalar) -> String {
        // The password that a SIP URI may have (RFC 3261 section 19.1.1).
        let text = scalar.string.replacing(/(sips?:[^:@;?<>]*):[^@]*@/) { "\($0.output.1):\(Self.hidden)@" }
        if scalar.style == .plain { return text.isEmpty ? "null" : text }
        return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
