import CSchema

/// One numbered file of Schema/.
struct SchemaMigration: Sendable {
    let version: Int
    /// The name of the file.
    let name: String
    let sql: String

    /// The table in which a database remembers the steps it has made.
    static let table = "callcenterd_migrations"

    /// Those of Schema/sqlite in ascending order, as they were when the program was built.
    static let sqlite = files(cschema_sqlite_migrations)
    /// Those of Schema/postgres.
    static let postgres = files(cschema_postgres_migrations)

    private static func files(
        _ list: (UnsafeMutablePointer<Int>) -> UnsafePointer<CSchemaMigration>
    ) -> [SchemaMigration] {
        var count = 0
        let first = list(&count)
        return UnsafeBufferPointer(start: first, count: count).map { file in
            SchemaMigration(
                version: Int(file.version),
                name: String(cString: file.name),
                sql: String(cString: file.sql)
            )
        }
    }

    /// The statements without comments: each ends with a semicolon at the end of its line.
    var statements: [String] {
        var statements: [String] = []
        var current: [Substring] = []
        for line in sql.split(separator: "\n") {
            let code = line.firstRange(ofText: "--").map { line[..<$0] } ?? line
            let text = code.trimmingSpaces()
            guard !text.isEmpty else { continue }
            current.append(text[...])
            if text.hasSuffix(";") {
                statements.append(current.joined(separator: "\n"))
                current = []
            }
        }
        return statements
    }
}

extension [SchemaMigration] {
    /// The steps that a database has still to make, in order.
    ///
    /// - Parameter reached: the highest number among those that it has made; 0 for none.
    /// - Throws: `StoreError.Kind.unusable` if a newer program has been there.
    func pending(after reached: Int, database: String) throws(StoreError) -> [SchemaMigration] {
        let known = last?.version ?? 0
        guard reached <= known else {
            throw StoreError(
                .unusable,
                database: database,
                "has the tables of a newer callcenterd (schema \(reached), this program knows \(known)); "
                    + "install that version again, or choose another database"
            )
        }
        return filter { $0.version > reached }
    }
}

extension Substring {
    fileprivate func firstRange(ofText text: String) -> Index? {
        indices.first { self[$0...].hasPrefix(text) }
    }
}
