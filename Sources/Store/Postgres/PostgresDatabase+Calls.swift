package import CallCenter

/// Calls that are alive, for another machine.
extension PostgresDatabase {
    private static let statements = CallStatements { "$\($0)" }
    private static let (call, agent, end) = ("callcenterd_call", "callcenterd_agent", "callcenterd_end")

    /// What the link is to remember.
    static let callStatements = [(call, statements.call), (agent, statements.agent), (end, statements.end)]

    /// A row, if this process was the last to claim the instance.
    static func statements(of owner: CallOwner) -> (sql: String, values: [ColumnValue]) {
        (statements.owned, [.text(owner.instance), .text(owner.run)])
    }

    package func write(_ changes: CallChanges, of owner: CallOwner, at moment: Milliseconds) throws(StoreError) -> Bool
    {
        try callLink.use { connection throws(StoreError) in
            do throws(StoreError) {
                try connection.run("BEGIN")
                let isOwner = try Self.write(changes, of: owner, at: moment, over: connection)
                try connection.run(isOwner ? "COMMIT" : "ROLLBACK")
                return isOwner
            } catch {
                // What it says of a connection that has just failed is nothing new.
                if connection.isUsable { try? connection.run("ROLLBACK") }
                throw error
            }
        }
    }

    private static func write(
        _ changes: CallChanges,
        of owner: CallOwner,
        at moment: Milliseconds,
        over connection: borrowing PostgresConnection
    ) throws(StoreError) -> Bool {
        let (instance, run) = (ColumnValue.text(owner.instance), ColumnValue.text(owner.run))
        // The row stays locked until the end: nobody becomes the owner in between.
        let (sql, values) = statements.ownership(of: owner, changes, at: moment)
        guard try !connection.rows(sql, values).rows.isEmpty else { return false }
        if !changes.calls.isEmpty {
            try connection.run(prepared: call, with: changes.calls.map { CallColumns.values(of: $0, owner) })
        }
        if !changes.agents.isEmpty {
            try connection.run(prepared: agent, with: changes.agents.map { CallColumns.values(of: $0) })
        }
        if !changes.ended.isEmpty {
            try connection.run(prepared: end, with: changes.ended.map { [.text($0), instance] })
        }
        if changes.sweeps { _ = try connection.rows(statements.sweep, [instance, run]) }
        return true
    }

    package func callsLeft(of instance: String) throws(StoreError) -> CallsLeft {
        let connection = try connect()
        try connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        let (owner, calls, agents) = Self.statements.left
        let left = CallColumns.left(
            owner: try connection.rows(owner, [.text(instance)]).rows,
            calls: try connection.rows(calls, [.text(instance)]).rows,
            agents: try connection.rows(agents).rows
        )
        try connection.run("COMMIT")
        return left
    }
}
