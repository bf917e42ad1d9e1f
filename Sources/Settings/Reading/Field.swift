import Yams

/// Collects what is wrong while a file is read to its end.
final class ProblemList {
    private let file: String
    private var problems: [ConfigurationError.Problem] = []

    init(file: String) { self.file = file }

    var isEmpty: Bool { problems.isEmpty }

    /// In the order of the lines.
    var error: ConfigurationError {
        let places = problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        // Those of the file itself first.
        return ConfigurationError(problems: places.filter { $0.file == file } + places.filter { $0.file != file })
    }

    func add(_ others: [ConfigurationError.Problem]) { problems += others }

    func add(line: Int, column: Int, key: String, _ text: String) {
        problems.append(.init(file: file, line: line, column: column, key: key, text: text))
    }
}

/// One value of the file: what it is, where it stands, and the path of its key. Its readers give nil after a complaint.
struct Field {
    fileprivate let node: Node
    /// `sip.trusted[1]`; empty for the whole file.
    let path: String
    private let line: Int
    private let column: Int
    private let problems: ProblemList

    /// - Parameters:
    ///   - line: where to point if the value has no place of its own, being empty: at its key.
    ///   - column: likewise.
    init(_ node: Node, path: String, line: Int, column: Int, problems: ProblemList) {
        let hasPlace = node.scalar?.string.isEmpty != true
        self.node = node
        self.path = path
        self.line = hasPlace ? node.mark?.line ?? line : line
        self.column = hasPlace ? node.mark?.column ?? column : column
        self.problems = problems
    }

    /// The value of a key of this mapping, or an element of this list.
    func child(_ node: Node, path: String, at mark: Mark? = nil) -> Field {
        Field(node, path: path, line: mark?.line ?? line, column: mark?.column ?? column, problems: problems)
    }

    fileprivate func add(_ problems: [ConfigurationError.Problem]) { self.problems.add(problems) }

    /// Always nil, so that a reader can end with it.
    func complain<Value>(_ text: String) -> Value? {
        problems.add(line: line, column: column, key: path, text)
        return nil
    }

    /// `"10.0.0.0/99" is not an address block; expected CIDR such as 10.0.0.0/8`.
    func complain<Value>(not what: String, expected: String) -> Value? {
        let shown =
            switch node {
            case .mapping: "a mapping"
            case .sequence: "a list"
            default: isNull ? "nothing" : "\"\((scalar ?? "").prefix(80))\""
            }
        return complain("\(shown) is not \(what); expected \(expected)")
    }

    /// The text of a value that is neither list nor mapping.
    var scalar: String? { node.scalar?.string }

    var isMapping: Bool { node.mapping != nil }

    /// `null`, `~` or nothing, written without quotes.
    var isNull: Bool {
        guard let scalar = node.scalar, scalar.style == .plain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }
}

// MARK: - Lists and sections

extension Field {
    /// The elements of a list.
    func elements(of what: String) -> [Field]? {
        guard let sequence = node.sequence else {
            return complain(not: "a list", expected: "a list of \(what)")
        }
        return sequence.enumerated().map { child($1, path: "\(path)[\($0)]") }
    }

    /// Every element read; nil if one of them could not be.
    func list<Value>(of what: String, _ read: (Field) -> Value?) -> [Value]? {
        guard let elements = elements(of: what) else { return nil }
        let values = elements.map(read)
        return values.contains { $0 == nil } ? nil : values.compactMap(\.self)
    }

    /// The values of a mapping whose keys are names that somebody has given.
    func entries(expected: String) -> [(name: String, field: Field)]? {
        guard let mapping = node.mapping else { return complain(not: "a mapping", expected: expected) }
        return mapping.compactMap { key, value in
            guard let name = key.scalar?.string, !name.isEmpty else { return nil }
            return (name, child(value, path: "\(path).\(name)", at: key.mark))
        }
    }

    /// nil for null, else what `read` makes of it.
    func optional<Value>(_ read: (Field) -> Value?) -> Value?? {
        isNull ? .some(nil) : read(self).map(Optional.some)
    }
}

/// A mapping whose keys are known: the fields that may be read. A section without any content is as if it were not
/// there.
struct Section {
    private let fields: [(key: String, field: Field)]
    private let whole: Field

    /// - Parameters:
    ///   - known: keys that have an effect.
    ///   - elsewhere: full paths of keys of other sections, for suggestions.
    init(_ field: Field, known: [String], elsewhere: [String] = []) {
        whole = field
        guard !field.isNull else {
            fields = []
            return
        }
        guard let mapping = field.node.mapping else {
            fields = []
            let _: Never? = field.complain(not: "a section", expected: "keys with values")
            return
        }
        var fields: [(String, Field)] = []
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            let path = field.path.isEmpty ? name : "\(field.path).\(name)"
            if known.contains(name) {
                fields.append((name, field.child(value, path: path, at: key.mark)))
                continue
            }
            let place = field.child(key, path: path)
            let guess = Suggestion.nearest(to: name, among: known) ?? Suggestion.moved(name, among: elsewhere)
            let hint = guess.map { "did you mean \($0)?" } ?? "expected one of \(known.joined(separator: ", "))"
            let _: Never? = place.complain("is not a known key; \(hint)")
        }
        self.fields = fields
    }

    /// Problems of other files that this one names.
    func add(_ problems: [ConfigurationError.Problem]) { whole.add(problems) }

    subscript(key: String) -> Field? { fields.first { $0.key == key }?.field }

    /// Reads a key that may be missing; then, and after a complaint, the target keeps what it has.
    func read<Value>(_ key: String, into target: inout Value, _ read: (Field) -> Value?) {
        if let field = self[key], let value = read(field) { target = value }
    }
}
