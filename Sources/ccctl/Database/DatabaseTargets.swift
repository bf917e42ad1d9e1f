import ArgumentParser
import Settings
import Store

/// Which databases a command that needs no daemon works on.
struct DatabaseTargets: ParsableArguments {
    @OptionGroup var configuration: ConfigurationFile

    @Option(
        help: ArgumentHelp("This database instead: sqlite:/path or postgres://user@host/database.", valueName: "url")
    )
    var url: String?

    /// A database and the configuration keys that name it.
    struct Target {
        var url: DatabaseURL
        var keys: [String]
    }

    /// Each database once.
    func all() throws -> [Target] {
        if let url { return [Target(url: try Self.parse(url, key: "--url"), keys: [])] }
        let configuration = try load()
        var targets: [Target] = []
        let named = [
            ("db_url", configuration.databaseURL), ("acc_db_url", configuration.recordsDatabaseURL),
            ("rt_db_url", configuration.runtimeDatabaseURL),
        ]
        for case (let key, let text?) in named {
            let url = try Self.parse(text, key: key)
            if let index = targets.firstIndex(where: { $0.url == url }) {
                targets[index].keys.append(key)
            } else {
                targets.append(Target(url: url, keys: [key]))
            }
        }
        return targets
    }

    /// Uses the one that has the call-detail records.
    func withRecords<Value>(
        _ body: (any CenterDatabase) throws(StoreError) -> Value
    ) throws -> Value {
        let url = try records()
        do throws(StoreError) {
            return try url.asOwner { () throws(StoreError) in
                let database = try url.openExisting()
                let value = try body(database)
                try database.close()
                return value
            }
        } catch {
            throw Failure.refused("\(error)")
        }
    }

    private func records() throws -> DatabaseURL {
        if let url { return try Self.parse(url, key: "--url") }
        let configuration = try load()
        return try Self.parse(configuration.recordsDatabaseURL ?? configuration.databaseURL, key: "acc_db_url")
    }

    /// The one that has flows and agents.
    func provisioning() throws -> DatabaseURL {
        if let url { return try Self.parse(url, key: "--url") }
        return try Self.parse(try load().databaseURL, key: "db_url")
    }

    /// What the daemon's other parts judge does not matter here.
    static let checks = ConfigurationChecks(databaseURL: { _ in nil }, routePattern: { _ in nil })

    private func load() throws -> Configuration {
        do throws(ConfigurationError) {
            return try Configuration.load(file: configuration.path, checks: Self.checks)
        } catch {
            throw ConfigurationFile.refusal(error)
        }
    }

    private static func parse(_ text: String, key: String) throws -> DatabaseURL {
        do throws(StoreError) { return try DatabaseURL(text) } catch { throw Failure.refused("\(key): \(error)") }
    }
}

extension DatabaseURL {
    /// Opens a database that must be there; `open` would create a file.
    func openExisting() throws(StoreError) -> any CenterDatabase {
        try mustExist()
        return try open()
    }

    func mustExist() throws(StoreError) {
        guard case .sqlite(let path) = self, !Terminal.isFile(path) else { return }
        let problem = "there is no such file; callcenterd creates it at its start"
        throw StoreError(.unusable, database: "\(self)", problem)
    }
}
