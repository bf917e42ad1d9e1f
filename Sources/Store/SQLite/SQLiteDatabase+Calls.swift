package import CallCenter

import GRDB

/// Calls that are alive. No other machine reads them here; it is the same as with PostgreSQL so that one set of tests holds both.
extension SQLiteDatabase {
    private static let statements = CallStatements { _ in "?" }

    package func write(_ changes: CallChanges, of owner: CallOwner, at moment: Milliseconds) throws(StoreError) -> Bool
    {
        let (instance, run) = (ColumnValue.text(owner.instance), ColumnValue.text(owner.run))
        return try access { pool in
            try pool.write { database in
                func execute(_ sql: String, _ values: [ColumnValue]) throws {
                    try database.cachedStatement(sql: sql).execute(
                        arguments: StatementArguments(values.map(\.forSQLite))
                    )
                }
                let (sql, values) = Self.statements.ownership(of: owner, changes, at: moment)
                let arguments = StatementArguments(values.map(\.forSQLite))
                // All rows, so that the statement is carried out to its end.
                guard try !Row.fetchAll(database, sql: sql, arguments: arguments).isEmpty else { return false }
                for call in changes.calls { try execute(Self.statements.call, CallColumns.values(of: call, owner)) }
                for agent in changes.agents { try execute(Self.statements.agent, CallColumns.values(of: agent)) }
                for key in changes.ended { try execute(Self.statements.end, [.text(key), instance]) }
                if changes.sweeps { try execute(Self.statements.sweep, [instance, run]) }
                return true
            }
        }
    }

    package func write(_ logins: [AgentLogin], of owner: CallOwner?) throws(StoreError) -> Bool {
        try access { pool in
            try pool.write { database in
                if let owner {
                    let arguments = StatementArguments([owner.instance.databaseValue, owner.run.databaseValue])
                    let found = try Row.fetchOne(database, sql: Self.statements.owned, arguments: arguments)
                    guard found != nil else { return false }
                }
                let upsert = LoginColumns.upsert(LoginColumns.names.map { _ in "?" })
                for login in logins {
                    let values = LoginColumns.values(of: login).map(\.forSQLite)
                    try database.execute(sql: upsert, arguments: StatementArguments(values))
                }
                return true
            }
        }
    }

    package func callsLeft(of instance: String) throws(StoreError) -> CallsLeft {
        try access { pool in
            try pool.read { database in
                func rows(_ sql: String, _ values: [ColumnValue] = []) throws -> [[ColumnValue]] {
                    try Row.fetchAll(database, sql: sql, arguments: StatementArguments(values.map(\.forSQLite)))
                        .map { $0.databaseValues.map(ColumnValue.init) }
                }
                let (owner, calls, agents) = Self.statements.left
                return CallColumns.left(
                    owner: try rows(owner, [.text(instance)]),
                    calls: try rows(calls, [.text(instance)]),
                    agents: try rows(agents)
                )
            }
        }
    }
}
