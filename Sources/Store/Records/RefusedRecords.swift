import CallCenter
import Foundation
import Glibc

/// Records that a database has refused for what is in them, or in its tables: a file of comma-separated values, names first, that
/// PostgreSQL and SQLite read once the reason is gone (`\\copy cc_cdrs (…) FROM … CSV HEADER`). Others may not read it.
struct RefusedRecords: Sendable {
    /// The file.
    let path: String
    /// It does not become larger than this, in bytes.
    var limit = 64 << 20

    /// Adds a record. False if it cannot be.
    func add(_ record: CallDetailRecord) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size < limit else { return false }
        var text = status.st_size == 0 ? RecordColumns.names.joined(separator: ",") + "\n" : ""
        text += RecordColumns.values(of: record).map(Self.field).joined(separator: ",") + "\n"
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == bytes.count
    }

    /// RFC 4180; NULL is nothing, without quotes.
    private static func field(_ value: ColumnValue) -> String {
        switch value {
        case .null, .bytes: ""
        case .integer(let number): "\(number)"
        case .real(let number): "\(number)"
        case .list(let texts): field(.text(texts.joined(separator: ",")))
        case .text(let text): "\"\(text.replacing("\"", with: "\"\""))\""
        }
    }
}
