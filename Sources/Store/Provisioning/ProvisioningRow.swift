import CallCenter

/// Why a row cannot be used: the column, what it holds, what was expected.
struct RowProblem: Error, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }

    init(_ column: String, _ value: ColumnValue, expected: String) {
        self.init("\(column): \(value) is not usable; expected \(expected)")
    }
}

/// One row of a provisioning table, from any database, with columns read by name and judged as they are read.
///
/// A missing column and NULL are the same: the default. Spaces around a text do not count.
struct ProvisioningRow {
    /// Which column is where; one for all rows of a table.
    struct Layout {
        private let indices: [String: Int]

        init(_ columns: [String]) {
            indices = Dictionary(columns.enumerated().map { ($1.lowercased(), $0) }) { first, _ in first }
        }

        func index(of column: String) -> Int? { indices[column] }

        /// Those of `columns` that the table lacks.
        func missing(_ columns: [String]) -> [String] { columns.filter { indices[$0] == nil } }
    }

    /// Longest ID in bytes: the width of the widest ID column of the reference.
    static let longestID = 128
    private static let largest = Int64(Int32.max)

    let layout: Layout
    let values: [ColumnValue]

    subscript(column: String) -> ColumnValue {
        guard let index = layout.index(of: column), values.indices.contains(index) else { return .null }
        return values[index]
    }
}

// MARK: - Text

extension ProvisioningRow {
    /// nil if there is none, or only spaces.
    func text(_ column: String) throws(RowProblem) -> String? {
        let value = self[column]
        let text: String
        switch value {
        case .null: return nil
        case .text(let content): text = content
        case .integer(let number): text = String(number)
        case .real, .list, .bytes: throw RowProblem(column, value, expected: "text")
        }
        return try printable(text, column)
    }

    private func printable(_ text: String, _ column: String) throws(RowProblem) -> String? {
        // A line break would end a header field in which the text is sent.
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw RowProblem("\(column): holds a control character; expected printable text")
        }
        let trimmed = text.trimmingSpaces()
        return trimmed.isEmpty ? nil : trimmed
    }

    /// A text that may not be missing.
    func required(_ column: String, _ what: String) throws(RowProblem) -> String {
        guard let text = try text(column) else { throw RowProblem("\(column): is empty; expected \(what)") }
        return text
    }

    /// The name of the row's flow or agent.
    func id(_ column: String) throws(RowProblem) -> String {
        let id = try required(column, "a unique ID")
        guard id.utf8.count <= Self.longestID else {
            throw RowProblem("\(column): has \(id.utf8.count) bytes; expected at most \(Self.longestID)")
        }
        return id
    }

    /// Comma separated names in their order, or those of an array, without blanks and duplicates.
    func list(_ column: String) throws(RowProblem) -> [String] {
        var names: [String] = []
        var known: Set<String> = []
        for part in try parts(column) {
            if let name = try printable(part, column), known.insert(name).inserted { names.append(name) }
        }
        return names
    }

    private func parts(_ column: String) throws(RowProblem) -> [String] {
        if case .list(let parts) = self[column] { return parts }
        let text = try text(column) ?? ""
        guard !text.hasPrefix("{") || !text.hasSuffix("}") else {
            throw RowProblem(column, .text(text), expected: "names separated by commas, or an array of texts")
        }
        return text.split(separator: ",").map(String.init)
    }

    /// Whether the text of a column begins with a blank, which does not count.
    func hasLeadingBlank(_ column: String) -> Bool {
        guard case .text(let text) = self[column], let first = text.utf8.first else { return false }
        return first == UInt8(ascii: " ") || first == UInt8(ascii: "\t")
    }
}

// MARK: - Numbers

extension ProvisioningRow {
    /// A whole number from 0 to 2147483647; nil if there is none.
    func whole(_ column: String) throws(RowProblem) -> Int? {
        let value = self[column]
        let number: Int64?
        switch value {
        case .null: return nil
        case .integer(let content): number = content
        case .text(let content):
            let digits = content.trimmingSpaces()
            if digits.isEmpty { return nil }
            number = Int64(digits)
        case .real(let content): number = Int64(exactly: content)
        case .list, .bytes: number = nil
        }
        guard let number, (0...Self.largest).contains(number) else {
            throw RowProblem(column, value, expected: "a whole number from 0 to \(Self.largest)")
        }
        return Int(number)
    }

    /// The same, with 0 meaning none, as the reference has it.
    func positive(_ column: String) throws(RowProblem) -> Int? {
        let number = try whole(column)
        return number == 0 ? nil : number
    }

    /// Whole seconds, with 0 meaning none.
    func seconds(_ column: String) throws(RowProblem) -> Milliseconds? {
        try positive(column).map { Milliseconds($0) * 1_000 }
    }

    /// 0 or 1; 0 if there is none.
    func flag(_ column: String) throws(RowProblem) -> Bool {
        switch try whole(column) {
        case nil, 0: false
        case 1: true
        case .some: throw RowProblem(column, self[column], expected: "0 or 1")
        }
    }
}

extension StringProtocol {
    /// Without spaces and tabs at both ends.
    func trimmingSpaces() -> String {
        func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
