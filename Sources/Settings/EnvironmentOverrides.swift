import Foundation
import Yams

/// Environment variables that stand for keys of the file, so that a password need not be in it.
package enum EnvironmentOverrides {
    /// One of them. An empty one is as if it were not there.
    struct Variable: Sendable {
        let name: String
        /// The key whose value it replaces.
        let key: String
        /// Takes the value, or says what is wrong with it; that must not repeat it.
        let apply: @Sendable (String, ConfigurationChecks, inout Configuration) -> [String]
        /// What may be shown of the value.
        let shown: @Sendable (String, _ database: @escaping (String) -> String) -> String
    }

    static let all = [
        url("CALLCENTERD_DB_URL", "db_url") { $1.databaseURL = $0 },
        url("CALLCENTERD_ACC_DB_URL", "acc_db_url") { $1.recordsDatabaseURL = $0 },
        url("CALLCENTERD_RT_DB_URL", "rt_db_url") { $1.runtimeDatabaseURL = $0 },
        logins("CALLCENTERD_SIP_USERS", "sip.users", withRealm: false) { $1.sip.users = $0 },
        logins("CALLCENTERD_SIP_CREDENTIALS", "sip.credentials", withRealm: true) { $1.sip.credentials = $0 },
    ]

    /// Of this process.
    package static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// Replaces what the environment has, judged as the file is.
    static func apply(
        _ environment: [String: String],
        to configuration: inout Configuration,
        checks: ConfigurationChecks
    ) throws(ConfigurationError) {
        var problems: [ConfigurationError.Problem] = []
        for variable in all {
            guard let text = environment[variable.name], !text.isEmpty else { continue }
            problems += variable.apply(text, checks, &configuration).map {
                .init(file: "environment", line: 0, column: 0, key: variable.name, text: $0)
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }

    private static func url(
        _ name: String,
        _ key: String,
        _ set: @escaping @Sendable (String, inout Configuration) -> Void
    ) -> Variable {
        Variable(name: name, key: key) { text, checks, configuration in
            if let problem = checks.databaseURL(text) { return [problem] }
            set(text, &configuration)
            return []
        } shown: { text, database in
            database(text)
        }
    }

    /// A list as the file would have it, in one line: `[{username: branch-office, password: secret}]`.
    private static func logins(
        _ name: String,
        _ key: String,
        withRealm: Bool,
        _ set: @escaping @Sendable ([Configuration.Login], inout Configuration) -> Void
    ) -> Variable {
        Variable(name: name, key: key) { text, _, configuration in
            // What the parser says, or a complaint about another kind of value, may quote the text.
            guard let node = try? Configuration.compose(text, file: name), node.sequence != nil else {
                return ["is no list; expected one as \(key) has it, such as [{username: NAME, password: PASSWORD}]"]
            }
            let problems = ProblemList(file: name)
            let field = Field(node, path: key, line: 1, column: 1, problems: problems)
            let list = field.list(of: "logins") { $0.login(withRealm: withRealm) }
            guard let list, problems.isEmpty else {
                return problems.error.problems.map { "\($0.key) \($0.text)" }
            }
            set(list, &configuration)
            return []
        } shown: { text, database in
            guard let node = try? Configuration.compose(text, file: name) else { return YAMLLine.hidden }
            return YAMLLine(database: database).text(of: node, over: nil, key: key)
        }
    }
}
