/// A value as it stands in a column of any database.
enum ColumnValue: Sendable, Equatable, Codable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    /// An array of texts.
    case list([String])
    /// Bytes that are no text; nothing here uses their content.
    case bytes
}

extension ColumnValue: CustomStringConvertible {
    /// As messages quote it.
    var description: String {
        switch self {
        case .null: "NULL"
        case .integer(let value): "\(value)"
        case .real(let value): "\(value)"
        case .text(let value): "\"\(value.prefix(64))\""
        case .list(let values): "an array of \(values.count)"
        case .bytes: "a BLOB"
        }
    }
}
