import CallCenter
import Foundation
import GRDB
import Logging
import Synchronization
import Testing

@testable import Store

/// A folder of its own for the files of one test, gone afterwards.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("callcenterd-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path)
}

/// A second program on the same file, as the `sqlite3` shell would be.
func shell(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    // A lock is held from one access to the next.
    configuration.allowsUnsafeTransactions = true
    return try DatabaseQueue(path: path, configuration: configuration)
}

/// The rows of a query, columns joined by `|`, as the `sqlite3` shell shows them.
func rows(_ path: String, _ sql: String) throws -> [String] {
    try shell(path).read { database in
        try Row.fetchAll(database, sql: sql).map { row in
            row.databaseValues.map { value in
                switch value.storage {
                case .null: "NULL"
                case .int64(let number): "\(number)"
                case .double(let number): "\(number)"
                case .string(let text): text
                case .blob(let data): "\(data.count) bytes"
                }
            }
            .joined(separator: "|")
        }
    }
}

func record(_ call: Int, offer: Int = 0, number: Int32? = nil) -> CallDetailRecord {
    CallDetailRecord(
        callUUID: "call\(call)",
        offerNumber: offer,
        callNumber: number ?? Int32(call),
        caller: "alice",
        received: 1_700_000_000_999,
        wait: 12_345,
        flowID: "support",
        callType: .unanswered,
        facts: [.inbound],
        callerURI: "sip:alice@example.com",
        calledURI: "sip:support@192.0.2.1",
        cause: "abandoned",
        endedBy: .caller,
        callIDs: ["a1"]
    )
}

/// Fails for as long as it is told to, and keeps what it was given.
final class ScriptedDatabase: CenterDatabase {
    struct State {
        var errors: [StoreError] = []
        var written: [CallDetailRecord] = []
        var batches: [Int] = []
        /// The moments before which records were to be removed.
        var purges: [String] = []
        /// Records that are older than any of them.
        var old = 0
        /// Each time that log-ins were written.
        var logins: [[AgentLogin]] = []
        /// What was written of calls that are alive.
        var changes: [CallChanges] = []
        /// Another process writes them.
        var isAnothers = false
        /// Records of this call are never taken.
        var refusedCall: String?
        var isAway = false
    }

    let name = "scripted"
    let state: Mutex<State>

    init(_ state: State = State()) { self.state = Mutex(state) }

    func prepare() throws(StoreError) {}
    func migrate() throws(StoreError) -> [String] { [] }
    func schema() throws(StoreError) -> SchemaState { SchemaState() }
    func tables() throws(StoreError) -> ProvisioningTables {
        ProvisioningTables(flows: .init(columns: [], rows: []), agents: .init(columns: [], rows: []))
    }
    func records(_: RecordQuery, after _: Int64, count _: Int) throws(StoreError) -> RecordPage { RecordPage(rows: []) }
    func newestRecords(_: RecordQuery, count _: Int) throws(StoreError) -> RecordPage { RecordPage(rows: []) }
    func purgeRecords(before moment: String, count: Int) throws(StoreError) -> Int {
        state.withLock { state in
            state.purges.append(moment)
            let purged = min(count, state.old)
            state.old -= purged
            return purged
        }
    }
    func write(_ logins: [AgentLogin], of _: CallOwner?) throws(StoreError) -> Bool {
        let (isAway, isAnothers) = state.withLock { state in
            if !state.isAway, !state.isAnothers { state.logins.append(logins) }
            return (state.isAway, state.isAnothers)
        }
        if isAway { throw StoreError(.unavailable, database: name, "is away") }
        return !isAnothers
    }
    func logins() throws(StoreError) -> [AgentLogin] { state.withLock { $0.logins.last ?? [] } }
    func write(_ changes: CallChanges, of _: CallOwner, at _: Milliseconds) throws(StoreError) -> Bool {
        let (isAway, isAnothers, isRefused) = state.withLock { state in
            let isRefused = changes.calls.contains { $0.key == state.refusedCall }
            if !state.isAway, !state.isAnothers, !isRefused { state.changes.append(changes) }
            return (state.isAway, state.isAnothers, isRefused)
        }
        if isAway { throw StoreError(.unavailable, database: name, "is away") }
        if isRefused { throw StoreError(.refused, database: name, "is too long") }
        return !isAnothers
    }
    func callsLeft(of _: String) throws(StoreError) -> CallsLeft { CallsLeft() }
    func highestCallNumber() throws(StoreError) -> Int32 { 0 }
    func close() throws(StoreError) {}

    func write(_ records: [CallDetailRecord]) throws(StoreError) {
        let error: StoreError? = state.withLock { state in
            if state.isAway { return StoreError(.unavailable, database: name, "is away") }
            if !state.errors.isEmpty { return state.errors.removeFirst() }
            if records.contains(where: { $0.callUUID == state.refusedCall }) {
                return StoreError(.refused, database: name, "does not like it")
            }
            state.written += records
            state.batches.append(records.count)
            return nil
        }
        if let error { throw error }
    }
}

/// Keeps what is logged.
final class LogBook: Sendable {
    private let lines = Mutex<[String]>([])

    var text: [String] { lines.withLock { $0 } }

    var logger: Logger {
        Logger(label: "test") { _ in Handler(book: self) }
    }

    private struct Handler: LogHandler {
        let book: LogBook
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let extra = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let line = (["\(event.level): \(event.message)"] + extra).joined(separator: " ")
            book.lines.withLock { $0.append(line) }
        }
    }
}

/// Copies a folder in which files come and go.
func copyWhileInUse(_ folder: String, to copy: String) throws {
    for _ in 0..<50 {
        do { return try FileManager.default.copyItem(atPath: folder, toPath: copy) } catch {
            try? FileManager.default.removeItem(atPath: copy)
        }
    }
    try FileManager.default.copyItem(atPath: folder, toPath: copy)
}
