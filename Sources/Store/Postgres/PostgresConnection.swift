import CPostgres
import Glibc

/// One connection to a PostgreSQL server, for one thread at a time. Ended when it goes.
///
/// libpq would wait for an answer for ever; here each exchange has a deadline, so that a server that hangs is an error
/// like one that is away. After an error of the connection it is of no further use.
struct PostgresConnection: ~Copyable {
    /// Rows of an answer.
    struct Rows {
        var columns: [String] = []
        var rows: [[ColumnValue]] = []
    }

    private let handle: OpaquePointer
    /// The database, for errors.
    private let name: String
    private let patience: Duration

    /// Whether the server can still be talked to.
    var isUsable: Bool { PQstatus(handle) == CONNECTION_OK }

    /// - Parameters:
    ///   - address: with several hosts each is tried in turn.
    ///   - patience: how long an exchange may take; connecting to a host has 5 s, unless the URL says otherwise.
    init(_ address: borrowing PostgresAddress, patience: Duration) throws(StoreError) {
        // What stands before dbname gives way to what the URL says.
        let options = [
            ("connect_timeout", "5"), ("fallback_application_name", "callcenterd"),
            // Whatever server or user prefer: moments are read as they are written.
            ("options", "-c datestyle=ISO,YMD"), ("dbname", address.url), ("client_encoding", "UTF8"),
        ]
        let handle = Self.withPointers(options.map(\.0)) { keywords in
            Self.withPointers(options.map(\.1)) { values in PQconnectdbParams(keywords, values, 1) }
        }
        guard let handle else { throw StoreError(.unavailable, database: address.name, "out of memory") }
        guard PQstatus(handle) == CONNECTION_OK, PQsetnonblocking(handle, 1) == 0 else {
            let message = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
            PQfinish(handle)
            throw StoreError(connecting: address.name, message)
        }
        // What servers say for people only, such as "relation exists, skipping", would go to standard error.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        self.handle = handle
        name = address.name
        self.patience = patience
    }

    deinit { PQfinish(handle) }

    /// Runs statements without parameters, separated by semicolons: one transaction, unless they say otherwise.
    func run(_ statements: String) throws(StoreError) {
        try expect(PQsendQuery(handle, statements) == 1)
        try gather { _ in }
    }

    /// Runs one statement.
    func rows(_ statement: String, _ parameters: [ColumnValue] = []) throws(StoreError) -> Rows {
        let sent = Self.withPointers(parameters.map(\.forPostgres)) { values in
            PQsendQueryParams(handle, statement, Int32(parameters.count), nil, values, nil, nil, 0)
        }
        try expect(sent == 1)
        var rows = Rows()
        try gather { rows = Self.rows(of: $0) }
        return rows
    }

    /// Makes the server remember a statement under a name.
    func prepare(_ statement: String, as key: String) throws(StoreError) {
        try expect(PQsendPrepare(handle, key, statement, 0, nil) == 1)
        try gather { _ in }
    }

    /// Runs a prepared statement once a row of parameters, all in one exchange and one transaction (libpq's pipeline
    /// mode, manual 34.5): all or none take effect.
    func run(prepared key: String, with rows: [[ColumnValue]]) throws(StoreError) {
        try expect(PQenterPipelineMode(handle) == 1)
        for parameters in rows {
            let sent = Self.withPointers(parameters.map(\.forPostgres)) { values in
                PQsendQueryPrepared(handle, key, Int32(parameters.count), values, nil, nil, 0)
            }
            try expect(sent == 1)
        }
        try expect(PQpipelineSync(handle) == 1)
        try gatherPipeline()
        try expect(PQexitPipelineMode(handle) == 1)
    }

    // MARK: - Answers

    private func expect(_ isDone: Bool) throws(StoreError) {
        guard isDone else { throw StoreError(name, result: nil, connection: handle) }
    }

    /// Reads all results of what was sent; the first that is an error is thrown once all are read.
    private func gather(_ take: (OpaquePointer) -> Void) throws(StoreError) {
        let deadline = ContinuousClock.now + patience
        var failure: StoreError?
        while let result = try next(until: deadline) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: take(result)
            default: failure = failure ?? StoreError(name, result: result, connection: handle)
            }
        }
        if let failure { throw failure }
        try expect(isUsable)
    }

    /// In pipeline mode nil ends one statement, and a result of its own the whole.
    private func gatherPipeline() throws(StoreError) {
        let deadline = ContinuousClock.now + patience
        var failure: StoreError?
        while true {
            guard let result = try next(until: deadline) else {
                if isUsable { continue }
                throw failure ?? StoreError(name, result: nil, connection: handle)
            }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC:
                if let failure {
                    PQexitPipelineMode(handle)
                    throw failure
                }
                return
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_PIPELINE_ABORTED: break
            default: failure = failure ?? StoreError(name, result: result, connection: handle)
            }
        }
    }

    /// The next result, or nil if there is none left for now.
    private func next(until deadline: ContinuousClock.Instant) throws(StoreError) -> OpaquePointer? {
        while true {
            let unsent = PQflush(handle)
            try expect(unsent >= 0)
            guard PQisBusy(handle) == 1 else { return PQgetResult(handle) }
            try wait(for: unsent == 1 ? POLLIN | POLLOUT : POLLIN, until: deadline)
            try expect(PQconsumeInput(handle) == 1)
        }
    }

    private func wait(for events: Int32, until deadline: ContinuousClock.Instant) throws(StoreError) {
        var descriptor = pollfd(fd: PQsocket(handle), events: Int16(truncatingIfNeeded: events), revents: 0)
        while true {
            let rest = (deadline - .now).components
            let milliseconds = rest.seconds * 1_000 + rest.attoseconds / 1_000_000_000_000_000
            guard milliseconds > 0 else {
                throw StoreError(.unavailable, database: name, "does not answer within \(patience)")
            }
            switch poll(&descriptor, 1, Int32(clamping: milliseconds)) {
            case 1...: return
            case 0: continue
            default:
                guard errno == EINTR else {
                    throw StoreError(connecting: name, String(cString: strerror(errno)))
                }
            }
        }
    }

    private static func rows(of result: OpaquePointer) -> Rows {
        let columns = PQnfields(result)
        var rows = Rows()
        rows.columns = (0..<columns).map { PQfname(result, $0).map { String(cString: $0) } ?? "" }
        rows.rows = (0..<PQntuples(result)).map { row in
            (0..<columns).map { column in ColumnValue(result, row: row, column: column) }
        }
        return rows
    }

    /// The texts as C has them, ended by a null pointer.
    private static func withPointers<Result>(
        _ texts: [String?],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
    ) -> Result {
        let copies = texts.map { $0.flatMap { strdup($0) } }
        defer { copies.forEach { free($0) } }
        let pointers = copies.map { $0.map { UnsafePointer($0) } } + [nil]
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}

extension ColumnValue {
    /// The types of PostgreSQL (pg_type) whose text is a whole number, a decimal one, a truth value, or no text at all.
    private static let whole: Set<UInt32> = [20, 21, 23, 26]
    private static let decimal: Set<UInt32> = [700, 701, 1_700]
    private static let truth: UInt32 = 16
    private static let binary: UInt32 = 17
    /// Arrays of texts, names and whole numbers.
    private static let arrays: Set<UInt32> = [1_002, 1_003, 1_005, 1_007, 1_009, 1_014, 1_015, 1_016]

    fileprivate init(_ result: OpaquePointer, row: Int32, column: Int32) {
        guard PQgetisnull(result, row, column) == 0, let value = PQgetvalue(result, row, column) else {
            self = .null
            return
        }
        let text = String(cString: value)
        switch PQftype(result, column) {
        case let type where Self.whole.contains(type): self = Int64(text).map(ColumnValue.integer) ?? .text(text)
        case let type where Self.decimal.contains(type): self = Double(text).map(ColumnValue.real) ?? .text(text)
        case Self.truth: self = .integer(text == "t" ? 1 : 0)
        case Self.binary: self = .bytes
        case let type where Self.arrays.contains(type):
            self = PostgresArray.elements(of: text).map(ColumnValue.list) ?? .text(text)
        default: self = .text(text)
        }
    }

    fileprivate var forPostgres: String? {
        switch self {
        case .null, .bytes: nil
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .text(let text): text
        case .list(let texts): texts.joined(separator: ",")
        }
    }
}
