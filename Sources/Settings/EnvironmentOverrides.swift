import Foundation

/// Environment variables that stand for keys of the file, so that a password need not be in it.
package enum EnvironmentOverrides {
    /// One of them. An empty one is as if it were not there.
    struct Variable: Sendable {
        let name: String
        /// The key whose value it replaces.
        let key: String
        let apply: @Sendable (String, inout Configuration) -> Void
    }

    static let all = [
        Variable(name: "CALLCENTERD_DB_URL", key: "db_url") { $1.databaseURL = $0 },
        Variable(name: "CALLCENTERD_ACC_DB_URL", key: "acc_db_url") { $1.recordsDatabaseURL = $0 },
        Variable(name: "CALLCENTERD_RT_DB_URL", key: "rt_db_url") { $1.runtimeDatabaseURL = $0 },
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
            if let problem = checks.databaseURL(text) {
                problems.append(.init(file: "environment", line: 0, column: 0, key: variable.name, text: problem))
            } else {
                variable.apply(text, &configuration)
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }
}
