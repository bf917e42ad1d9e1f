/// Rows of CSV (RFC 4180) as spreadsheets and MySQL write them: separated by commas, semicolons or tabs, fields in quotes or
/// not. Inside and outside of quotes a backslash escapes as in a dump of MySQL (`FIELDS ESCAPED BY '\\'`), and an unquoted
/// `\N` or `NULL` is none, as an empty field is.
struct DelimitedText {
    struct Row: Equatable {
        /// From 1, where the row begins.
        var line: Int
        var fields: [String?]
    }

    struct Problem: Error, Equatable {
        var line: Int
        var reason: String
    }

    private let units: [Unicode.Scalar]
    private let separator: Unicode.Scalar
    private var place = 0
    private var line = 1

    /// All rows; empty lines are none.
    static func rows(of text: String) throws(Problem) -> [Row] {
        // A spreadsheet may begin the file with a byte-order mark.
        let units = Array(text.unicodeScalars.drop { $0 == "\u{FEFF}" })
        var reader = DelimitedText(units: units, separator: separator(of: units))
        var rows: [Row] = []
        while reader.place < units.count {
            let row = try reader.row()
            if row.fields != [nil] { rows.append(row) }
        }
        return rows
    }

    /// The one that the first line has most of.
    private static func separator(of units: [Unicode.Scalar]) -> Unicode.Scalar {
        let first = units.prefix { $0 != "\n" && $0 != "\r" }
        let counts = ([",", ";", "\t"] as [Unicode.Scalar]).map { mark in (mark, first.count { $0 == mark }) }
        return counts.reduce((",", 0)) { $1.1 > $0.1 ? $1 : $0 }.0
    }

    private init(units: [Unicode.Scalar], separator: Unicode.Scalar) {
        self.units = units
        self.separator = separator
    }

    private var current: Unicode.Scalar? { place < units.count ? units[place] : nil }

    private mutating func row() throws(Problem) -> Row {
        var row = Row(line: line, fields: [])
        while true {
            row.fields.append(try field())
            guard current == separator else { break }
            place += 1
        }
        if current == "\r" { place += 1 }
        if current == "\n" { place += 1 }
        line += 1
        return row
    }

    /// Fields separated by tabs have no quotes where MySQL wrote them: there a quote that does not close the field is a letter.
    private mutating func field() throws(Problem) -> String? {
        guard current == "\"" else { return plain() }
        let begin = (place, line)
        do throws(Problem) {
            return try quoted()
        } catch {
            guard separator == "\t" else { throw error }
            (place, line) = begin
            return plain()
        }
    }

    private mutating func plain() -> String? {
        var text = String.UnicodeScalarView()
        var isNull = false
        while let unit = current, unit != separator, unit != "\n", unit != "\r" {
            place += 1
            guard unit == "\\", let escaped = current, escaped != "\n", escaped != "\r" else {
                text.append(unit)
                continue
            }
            place += 1
            if escaped == "N", text.isEmpty { isNull = true } else { text.append(Self.meaning(of: escaped)) }
        }
        let content = String(text)
        if isNull, content.isEmpty { return nil }
        return content.isEmpty || content == "NULL" ? nil : content
    }

    private mutating func quoted() throws(Problem) -> String {
        let begin = line
        var text = String.UnicodeScalarView()
        place += 1
        while let unit = current {
            place += 1
            switch unit {
            case "\"" where current == "\"":
                place += 1
                text.append("\"")
            case "\"":
                let next = current
                guard next == nil || next == separator || next == "\n" || next == "\r" else {
                    throw Problem(line: line, reason: "something follows a closing quote; expected a separator")
                }
                return String(text)
            case "\\":
                guard let escaped = current else { break }
                place += 1
                text.append(Self.meaning(of: escaped))
            default:
                if unit == "\n" { line += 1 }
                text.append(unit)
            }
        }
        throw Problem(line: begin, reason: "a quote is not closed")
    }

    private static func meaning(of escaped: Unicode.Scalar) -> Unicode.Scalar {
        switch escaped {
        case "n": "\n"
        case "r": "\r"
        case "t": "\t"
        case "0": "\0"
        default: escaped
        }
    }

    // MARK: - Writing

    /// One row, as `rows` reads it.
    static func line(_ fields: [String?]) -> String {
        fields.map { field in
            guard let field else { return "" }
            let special: [Unicode.Scalar] = ["\"", ",", ";", "\t", "\n", "\r"]
            let escaped = field.replacing("\\", with: "\\\\")
            let mustQuote = field == "NULL" || escaped.unicodeScalars.contains { special.contains($0) }
            return mustQuote ? "\"" + escaped.replacing("\"", with: "\"\"") + "\"" : escaped
        }
        .joined(separator: ",") + "\r\n"
    }
}
