import Synchronization

/// A connection that stays: it is made when it is first needed, and made anew after it broke. One thread at a time has it.
final class PostgresLink: Sendable {
    private enum State: ~Copyable {
        case none
        case open(PostgresConnection)
        case closed
    }

    private let address: PostgresAddress
    private let patience: Duration
    /// What the server is to remember on every connection, by key.
    private let statements: [(key: String, sql: String)]
    private let state = Mutex<State>(.none)
    private let isClosed = Atomic(false)

    init(_ address: PostgresAddress, patience: Duration, statements: [(key: String, sql: String)]) {
        self.address = address
        self.patience = patience
        self.statements = statements
    }

    /// Uses the connection. One that broke while it was idle is made anew at once; what is done over it may therefore be done
    /// twice.
    func use<Result>(
        _ body: (borrowing PostgresConnection) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try state.withLock { state throws(StoreError) in
            if isClosed.load(ordering: .acquiring) { state = .closed }
            switch consume state {
            case .closed:
                state = .closed
                throw StoreError(.unavailable, database: address.name, "is closed")
            case .none:
                state = .none
            case .open(let connection):
                do throws(StoreError) {
                    let result = try body(connection)
                    state = .open(connection)
                    return result
                } catch {
                    let isBroken = !connection.isUsable
                    state = error.kind == .refused && !isBroken ? .open(connection) : .none
                    // One that merely hung would hang again.
                    guard isBroken else { throw error }
                }
            }
            let connection = try PostgresConnection(address, patience: patience)
            for statement in statements { try connection.prepare(statement.sql, as: statement.key) }
            do throws(StoreError) {
                let result = try body(connection)
                state = .open(connection)
                return result
            } catch {
                if error.kind == .refused, connection.isUsable { state = .open(connection) }
                throw error
            }
        }
    }

    /// Ends it; later uses fail. Does not wait for one that hangs.
    func close() {
        isClosed.store(true, ordering: .releasing)
        _ = state.withLockIfAvailable { $0 = .closed }
    }
}
