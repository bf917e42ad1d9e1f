import Foundation
import Store

/// Flows or agents in a file: CSV whose first line names the columns, or JSON, an array of objects (or an object that has
/// one, as `export --json` writes it).
enum RowFile {
    private static let largest = 64 << 20
    /// The name of a column that is not to be read.
    static let nothing = "-"
    /// Rows whose faults are told one by one.
    private static let largestReport = 20

    /// - Parameters:
    ///   - path: `-` for standard input.
    ///   - columns: names of the columns of a CSV file whose first line is a row already; nil: it names them.
    static func read(_ path: String, kind: ProvisioningKind, columns: [String]?) throws -> [ProvisioningEdit.Row] {
        try rows(of: text(of: path), name: path, kind: kind, columns: columns)
    }

    static func rows(
        of text: String,
        name: String,
        kind: ProvisioningKind,
        columns: [String]?
    ) throws -> [ProvisioningEdit.Row] {
        let first = text.unicodeScalars.first { !["\u{FEFF}", " ", "\t", "\r", "\n"].contains($0) }
        let rows = first == "[" || first == "{" ? try json(text, name) : try csv(text, name, kind, columns)
        guard !rows.isEmpty else { throw Failure.refused("\(name): has no rows") }
        return rows
    }

    private static func csv(
        _ text: String,
        _ name: String,
        _ kind: ProvisioningKind,
        _ columns: [String]?
    ) throws -> [ProvisioningEdit.Row] {
        guard !isSQL(text) else {
            throw Failure.refused(
                "\(name): is SQL; expected CSV or JSON: have MySQL write it by SELECT \(kind.id), … FROM \(kind.table) INTO "
                    + "OUTFILE (ccctl help \(kind.rawValue) add has the columns)"
            )
        }
        var rows: [DelimitedText.Row]
        do throws(DelimitedText.Problem) {
            rows = try DelimitedText.rows(of: text)
        } catch {
            throw Failure.refused("\(name):\(error.line): \(error.reason)")
        }
        guard let head = rows.first else { return [] }
        var names = columns ?? []
        if columns == nil {
            names = head.fields.map { ($0 ?? "").trimmingCharacters(in: .whitespaces).lowercased() }
            rows.removeFirst()
            guard names.contains(kind.id) else {
                throw Failure.refused(
                    "\(name):\(head.line): names no column \(kind.id); expected the names of the columns in the first "
                        + "line, or --columns"
                )
            }
        }
        let odd = rows.filter { $0.fields.count != names.count }
        guard odd.isEmpty else {
            let lines = odd.prefix(largestReport).map { row in
                "\(name):\(row.line): has \(row.fields.count) fields; expected \(names.count), as there are columns"
            }
            let rest = odd.count > lines.count ? ["and \(odd.count - lines.count) more rows"] : []
            throw Failure.refused((lines + rest).joined(separator: "; "))
        }
        return rows.map { row in
            let values = zip(names, row.fields).filter { $0.0 != nothing }
            return ProvisioningEdit.Row(line: row.line, values: values.map { ($0, $1) })
        }
    }

    /// Whether the first line that says anything is a statement, as in what mysqldump writes.
    private static func isSQL(_ text: String) -> Bool {
        let lines = text.prefix(64 << 10).split(whereSeparator: \.isNewline).lazy.map {
            $0.trimmingCharacters(in: .whitespaces).uppercased()
        }
        guard let first = lines.first(where: { !$0.isEmpty && !$0.hasPrefix("--") }) else { return false }
        let beginnings = [
            "INSERT INTO ", "REPLACE INTO ", "CREATE TABLE ", "DROP TABLE ", "LOCK TABLES ", "SET ", "USE ", "/*",
        ]
        return beginnings.contains { first.hasPrefix($0) }
    }

    private static func json(_ text: String, _ name: String) throws -> [ProvisioningEdit.Row] {
        let objects: [[String: Scalar]]
        do {
            let data = Data(text.utf8.drop { [0xEF, 0xBB, 0xBF].contains($0) })
            if let list = try? JSONDecoder().decode([[String: Scalar]].self, from: data) {
                objects = list
            } else {
                let lists = try JSONDecoder().decode([String: [[String: Scalar]]].self, from: data)
                guard lists.count == 1, let list = lists.values.first else {
                    throw Failure.refused("\(name): has \(lists.count) lists; expected one")
                }
                objects = list
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure.refused("\(name): is no JSON of rows; expected an array of objects with texts and numbers")
        }
        return objects.enumerated().map { index, object in
            let values = object.sorted { $0.key < $1.key }.map { (column: $0.key.lowercased(), text: $0.value.text) }
            return ProvisioningEdit.Row(line: index + 1, values: values)
        }
    }

    /// A value of a row.
    private struct Scalar: Decodable {
        var text: String?

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                text = nil
            } else if let flag = try? container.decode(Bool.self) {
                text = flag ? "1" : "0"
            } else if let number = try? container.decode(Int64.self) {
                text = String(number)
            } else {
                text = try container.decode(String.self)
            }
        }
    }

    private static func text(of path: String) throws -> String {
        let content: Data?
        do {
            let handle = path == "-" ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(filePath: path))
            content = try handle.read(upToCount: largest + 1)
        } catch {
            throw Failure.refused("\(path): cannot be read")
        }
        let data = content ?? Data()
        guard data.count <= largest else { throw Failure.refused("\(path): has more than \(largest >> 20) MiB") }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Failure.refused("\(path): is not UTF-8 text; convert it, for example with iconv")
        }
        return text
    }
}
