import Glibc
import Synchronization

/// Who of several processes, on any machines, owns an instance: the one that holds an advisory lock of a PostgreSQL server,
/// in a session of its own.
///
/// The session is a lease. It is used once a second; a server that has not heard of its owner for ten seconds ends it, and
/// with it the lock, even if the owner's machine is gone without a word or the owner hangs. An owner who loses the server
/// stays owner in his own eyes until he hears that another has the lock: a database that is away must stop no calls.
package final class InstanceLock: Sendable {
    package enum Answer: Sendable, Equatable {
        case ours
        /// Another session has it; in words, who.
        case another(String)
        /// The server has just come back: whoever had the lock before may take it again first.
        case pause
    }

    /// A session of the server, which no other one is mistaken for.
    private struct Session: Equatable {
        var process: ColumnValue
        var since: ColumnValue
    }

    private struct State: ~Copyable {
        var link = Link.none
        /// The session of ours, or the last one if there is none now.
        var session: Session?
        /// We had the lock, or have it.
        var hasHeld = false
        /// We have it in the session that is open.
        var holds = false
        /// The server could not be reached since we had a session, or at all.
        var hasFailed = false
        var notBefore: ContinuousClock.Instant?
    }

    private enum Link: ~Copyable {
        case none
        case open(PostgresConnection)
    }

    /// The server, for people.
    package var server: String { address.name }
    package let instance: String
    private let address: PostgresAddress
    private let key: ColumnValue
    private let patience: Duration
    private let grace: Duration
    /// How long the server keeps the lock for an owner of whom it hears nothing.
    private let lease: Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - patience: how long the server may take for an answer.
    ///   - grace: how long a server that has come back is left to the owner of before.
    ///   - lease: how long the server keeps the lock for an owner of whom it hears nothing; whole seconds.
    /// - Throws: `StoreError.Kind.address` if the URL is not one of PostgreSQL.
    package init(
        _ instance: String,
        url: String,
        patience: Duration = .seconds(3),
        grace: Duration = .seconds(5),
        lease: Duration = .seconds(10)
    ) throws(StoreError) {
        guard case .postgres(let address) = try DatabaseURL(url) else {
            throw StoreError(.address, "an instance needs PostgreSQL; expected postgres://user@host/database")
        }
        self.instance = instance
        self.address = address
        self.patience = patience
        self.grace = grace
        self.lease = lease
        key = .integer(Self.key(of: instance))
    }

    /// Takes the lock if it is free, or makes sure that it is still ours. Blocks, several times `patience` at most; for one
    /// thread at a time.
    ///
    /// - Throws: if the server cannot be asked. The next time begins with a new session.
    package func ask() throws(StoreError) -> Answer {
        try state.withLock { state throws(StoreError) in
            var link = Link.none
            swap(&link, &state.link)
            do throws(StoreError) {
                let connection: PostgresConnection
                if case .open(let known) = consume link {
                    connection = known
                } else {
                    state.holds = false
                    connection = try begin(&state)
                }
                let answer = try answer(connection, &state)
                state.link = .open(connection)
                return answer
            } catch {
                state.holds = false
                state.hasFailed = true
                throw error
            }
        }
    }

    private func answer(
        _ connection: borrowing PostgresConnection,
        _ state: inout State
    ) throws(StoreError) -> Answer {
        if state.holds {
            _ = try connection.rows("SELECT 1")
            return .ours
        }
        if let notBefore = state.notBefore, ContinuousClock.now < notBefore { return .pause }
        state.notBefore = nil
        let last = state.session
        // The holder may let go, or be ended by us, between the question and the next attempt.
        for _ in 0..<Self.attempts {
            if try connection.rows("SELECT pg_try_advisory_lock($1::bigint)", [key]).rows == [[.integer(1)]] {
                state.session = try session(of: connection)
                state.holds = true
                state.hasHeld = true
                return .ours
            }
            guard let holder = try connection.rows(Self.holder, [key]).rows.first, holder.count == 4 else { continue }
            guard let last, last == Session(process: holder[0], since: holder[1]) else {
                let places = [holder[2], holder[3]].compactMap { value -> String? in
                    if case .text(let text) = value { text } else { nil }
                }
                return .another(places.joined(separator: ", "))
            }
            // A session of ours that broke, and of which the server does not know yet that it did.
            _ = try connection.rows("SELECT pg_terminate_backend($1::int)", [holder[0]])
            _ = try connection.rows("SELECT pg_sleep(0.05)")
        }
        throw StoreError(.unavailable, database: address.name, "keeps the lock for a session that has ended")
    }

    private static let attempts = 20

    private func begin(_ state: inout State) throws(StoreError) -> PostgresConnection {
        let connection = try PostgresConnection(address, patience: patience)
        let lease = "\(lease.components.seconds)s"
        let settings = try connection.rows(Self.settings, [.text(Self.selfDescription), .text(lease)])
        guard settings.rows.allSatisfy({ $0.last == .integer(0) }) else {
            // It would grant the lock, and the primary would grant it once more.
            let problem = "is a replica; expected the primary: add target_session_attrs=read-write to the URL"
            throw StoreError(.unavailable, database: address.name, problem)
        }
        if state.hasFailed {
            state.hasFailed = false
            // The owner of before comes at once; others wait for him.
            state.notBefore = state.hasHeld ? nil : .now + grace
        }
        return connection
    }

    private func session(of connection: borrowing PostgresConnection) throws(StoreError) -> Session? {
        let found = try connection.rows(Self.ourselves).rows.first
        guard let found, found.count == 2 else { return nil }
        return Session(process: found[0], since: found[1])
    }

    /// Those that the version of the server has: `idle_session_timeout` came with 14.
    private static let settings = """
        SELECT set_config(name, value, false), pg_is_in_recovery()
        FROM (VALUES ('application_name', $1::text), ('idle_session_timeout', $2::text), ('tcp_keepalives_idle', '5'),
          ('tcp_keepalives_interval', '2'), ('tcp_keepalives_count', '3')) AS wanted (name, value)
        WHERE name IN (SELECT name FROM pg_settings)
        """

    private static let ourselves = """
        SELECT pid, extract(epoch FROM backend_start)::text FROM pg_stat_activity WHERE pid = pg_backend_pid()
        """

    /// The two halves of the key stand in `classid` and `objid` (PostgreSQL manual 54.12). What a session says of itself is
    /// shown to its own user only.
    private static let holder = """
        SELECT l.pid, extract(epoch FROM a.backend_start)::text,
          coalesce(nullif(a.application_name, ''), 'session ' || l.pid), host(a.client_addr)
        FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (l.classid::bigint << 32) | l.objid::bigint = $1::bigint
        """

    /// `process 123 of host`, as the server shows it.
    private static let selfDescription: String = {
        var name = utsname()
        let host =
            uname(&name) == 0
            ? withUnsafeBytes(of: name.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) } : "?"
        return "callcenterd, process \(getpid()) of \(host)"
    }()

    /// The same on all machines and in all versions: FNV-1a, 64 bits, of a name that no other program has.
    private static func key(of instance: String) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "callcenterd:\(instance)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int64(bitPattern: hash)
    }
}
