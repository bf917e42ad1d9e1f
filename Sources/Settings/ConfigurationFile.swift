import Foundation
import Yams

/// What only other parts of the program can judge. Each closure says what is wrong with a text, or nil.
package struct ConfigurationChecks: Sendable {
    /// For `db_url` and `acc_db_url`. The answer must not repeat the text: it may hold a password.
    package var databaseURL: @Sendable (String) -> String?
    /// For the patterns of `routes`.
    package var routePattern: @Sendable (String) -> String?

    package init(
        databaseURL: @escaping @Sendable (String) -> String?,
        routePattern: @escaping @Sendable (String) -> String?
    ) {
        self.databaseURL = databaseURL
        self.routePattern = routePattern
    }
}

extension Configuration {
    /// Reads and validates a file. Everything that is wrong with it is in the error, not just the first.
    ///
    /// - Parameters:
    ///   - file: path of the file; a missing one is an error, an empty one means the defaults.
    ///   - checks: what other parts of the program judge.
    ///   - environment: variables that replace keys of the file, see `EnvironmentOverrides`.
    package static func load(
        file: String,
        checks: ConfigurationChecks,
        environment: [String: String] = EnvironmentOverrides.environment
    ) throws(ConfigurationError) -> Configuration {
        var configuration = try parse(text(of: file), file: file, checks: checks)
        try EnvironmentOverrides.apply(environment, to: &configuration, checks: checks)
        return configuration
    }

    /// The same for text that is not in a file.
    ///
    /// - Parameter file: what problems call it.
    package static func parse(
        _ yaml: String,
        file: String,
        checks: ConfigurationChecks
    ) throws(ConfigurationError) -> Configuration {
        let root = try compose(yaml, file: file) ?? Node.mapping(Node.Mapping([]))
        let problems = ProblemList(file: file)
        let configuration = ConfigurationReader(checks: checks).read(
            Field(root, path: "", line: 1, column: 1, problems: problems)
        )
        guard problems.isEmpty else { throw problems.error }
        return configuration
    }

    private static let largestFile = 1 << 20

    static func text(of file: String) throws(ConfigurationError) -> String {
        func unreadable(_ reason: String) -> ConfigurationError {
            ConfigurationError(problems: [.init(file: file, line: 0, column: 0, key: "", text: reason)])
        }
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable("cannot be read: \(String(cString: strerror(errno)))") }
        let content: Data?
        do {
            content = try FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).read(upToCount: largestFile + 1)
        } catch {
            throw unreadable("cannot be read; expected a file")
        }
        // An empty file has no data.
        guard let content else { return "" }
        guard content.count <= largestFile else {
            throw unreadable("has more than \(largestFile) bytes; expected a configuration file")
        }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw unreadable("is not UTF-8 text; expected YAML in UTF-8")
        }
        return text
    }

    static func compose(_ yaml: String, file: String) throws(ConfigurationError) -> Node? {
        do {
            return try Yams.compose(yaml: yaml, .default, .default, .utf8)
        } catch {
            throw ConfigurationError(problems: [Self.problem(error, yaml: yaml, file: file)])
        }
    }

    private static func problem(_ error: any Error, yaml: String, file: String) -> ConfigurationError.Problem {
        func at(_ mark: Mark?, key: String = "", _ text: String) -> ConfigurationError.Problem {
            .init(file: file, line: mark?.line ?? 0, column: mark?.column ?? 0, key: key, text: text)
        }

        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            let context = context.map { "\($0.text), " } ?? ""
            let isTab = problem.hasSuffix("cannot start any token") && Self.isIndentedByTab(mark.line, in: yaml)
            return at(mark, "is not YAML: \(context)\(problem)\(isTab ? "; it is a tab, expected spaces" : "")")
        case YamlError.reader(let problem, let offset, _, _):
            let line = yaml.prefix(offset ?? 0).count { $0.isNewline } + 1
            return .init(file: file, line: line, column: 1, key: "", text: "is not YAML: \(problem)")
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            return at(context.mark, key: keys.first ?? "", "is there more than once; expected each key once")
        default:
            return at(nil, "is not YAML: \(error)")
        }
    }

    /// - Parameter line: from 1.
    private static func isIndentedByTab(_ line: Int, in yaml: String) -> Bool {
        let lines = yaml.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard lines.indices.contains(line - 1) else { return false }
        return lines[line - 1].prefix { $0.isWhitespace }.contains("\t")
    }
}
