import Foundation
import Testing

@testable import Store

@Suite("What a record is in the database")
struct RecordFormTests {
    static let moments: [(Int64, String)] = [
        (0, "1970-01-01 00:00:00"), (999, "1970-01-01 00:00:00"), (1_000, "1970-01-01 00:00:01"),
        (-1, "1969-12-31 23:59:59"), (951_782_399_000, "2000-02-28 23:59:59"), (951_782_400_000, "2000-02-29 00:00:00"),
        (951_868_800_000, "2000-03-01 00:00:00"), (1_700_000_000_999, "2023-11-14 22:13:20"),
        (4_107_542_399_000, "2100-02-28 23:59:59"), (4_107_542_400_000, "2100-03-01 00:00:00"),
        (253_402_300_799_000, "9999-12-31 23:59:59"),
    ]

    @Test("a moment is written as UTC", arguments: moments)
    func moment(milliseconds: Int64, text: String) {
        #expect(CivilTime(milliseconds).description == text)
    }

    @Test("no moment that a broken clock may give is too far away", arguments: [Int64.min, Int64.max])
    func farAway(milliseconds: Int64) {
        #expect(CivilTime(milliseconds).description.hasSuffix(milliseconds < 0 ? "16:47:04" : "07:12:55"))
    }

    static let numbers: [([Int32], Int32)] = [
        ([], 0), ([7], 7), ([3, 9, 4], 9), ([-5, 2], 2), ([.max, .max - 1, 3, 1], 3), ([.max, .max - 9], .max),
        ([5, 1 << 30], 1 << 30), ([0, 1 << 30], 0),
    ]

    @Test("the numbering of calls goes on, also when it has begun again", arguments: numbers)
    func callNumber(newest: [Int32], last: Int32) {
        #expect(CallNumbers.last(among: newest) == last)
    }

    @Test(
        "the embedded migrations are in order, whole, and end their statements at line ends",
        arguments: [SchemaMigration.sqlite, SchemaMigration.postgres]
    )
    func migrations(all: [SchemaMigration]) throws {
        #expect(all.map(\.version) == Array(1...all.count))
        for migration in all {
            #expect(migration.sql.utf8.allSatisfy { $0 < 0x80 })
            #expect(!migration.statements.isEmpty)
            // What is left after the last semicolon would never be run.
            let code = migration.sql.split(separator: "\n").filter { !$0.hasPrefix("--") }
            #expect(code.last?.hasSuffix(";") == true)
        }
        #expect(all.first?.statements.count == 18)
    }

    @Test(
        "every file of Schema is in the program, as it stands there",
        arguments: [("sqlite", SchemaMigration.sqlite), ("postgres", SchemaMigration.postgres)]
    )
    func embedded(kind: String, migrations: [SchemaMigration]) throws {
        let folder = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Schema/\(kind)")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }
        #expect(files.sorted() == migrations.map(\.name))
        for migration in migrations {
            let text = try String(contentsOf: folder.appendingPathComponent(migration.name), encoding: .utf8)
            #expect(text == migration.sql)
        }
    }
}
