/// Where a database is, from `db_url` or `acc_db_url`.
package enum DatabaseURL: Sendable, Equatable {
    /// An SQLite file, by its absolute path.
    case sqlite(path: String)
    /// A PostgreSQL server, as libpq understands its URL.
    case postgres(PostgresAddress)

    /// Reads `sqlite:/path`, `sqlite:///path` or `postgres://user@host/database`.
    ///
    /// The text itself is never part of the error: it may hold a password.
    package init(_ text: String) throws(StoreError) {
        let scheme = text.prefix { $0 != ":" }.lowercased()
        guard scheme.utf8.count < text.utf8.count else { throw Self.unknown }
        switch scheme {
        case "sqlite":
            self = .sqlite(path: try Self.path(in: text.dropFirst(scheme.count + 1)))
        case "postgres", "postgresql":
            self = .postgres(try PostgresAddress(text))
        case "mysql":
            throw StoreError(
                .address,
                "MySQL is not supported; export cc_flows and cc_agents as CSV and import them into an SQLite file "
                    + "(ccctl flow import FILE, ccctl agent import FILE); expected sqlite:/path or postgres://…"
            )
        default:
            throw Self.unknown
        }
    }

    private static let unknown = StoreError(
        .address,
        "is no database address; expected sqlite:/path, for example sqlite:/var/lib/callcenterd/callcenterd.db, "
            + "or postgres://user@host/database"
    )

    private static func path(in rest: Substring) throws(StoreError) -> String {
        // An empty authority is allowed: sqlite:///var/lib/… as other tools write it.
        let path = rest.hasPrefix("///") ? rest.dropFirst(2) : rest
        guard path.hasPrefix("/"), !path.hasPrefix("//"), !path.hasSuffix("/"), !path.contains("\0") else {
            throw StoreError(.address, "sqlite: needs the absolute path of a file; expected sqlite:/path")
        }
        return String(path)
    }

    /// Opens the database and, where it is a file that is not there yet, creates it. A server is not asked yet: one that
    /// is away is found out when it is used. Blocks; not for the call loop.
    package func open() throws(StoreError) -> any CenterDatabase {
        switch self {
        case .sqlite(let path): try SQLiteDatabase(path: path)
        case .postgres(let address): PostgresDatabase(address: address)
        }
    }

    /// The same, but without waiting for it: it is opened, or connected to, when it is needed, and tried again as long as that fails.
    package func openWhenNeeded() throws(StoreError) -> any CenterDatabase {
        switch self {
        case .sqlite(let path): try SQLiteDatabase(path: path, opening: .whenNeeded)
        case .postgres(let address): PostgresDatabase(address: address)
        }
    }
}

extension DatabaseURL: CustomStringConvertible {
    /// As people may see it, without password.
    package var description: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        case .postgres(let address): address.name
        }
    }
}
