import Store
import Testing

@Suite("Database addresses")
struct DatabaseURLTests {
    @Test(
        "an SQLite file is named by its absolute path",
        arguments: ["sqlite:/var/lib/c.db", "sqlite:///var/lib/c.db", "SQLite:/var/lib/c.db"]
    )
    func sqlite(text: String) throws {
        #expect(try DatabaseURL(text) == .sqlite(path: "/var/lib/c.db"))
        #expect(try DatabaseURL(text).description == "sqlite:/var/lib/c.db")
    }

    static let refused: [(String, String)] = [
        ("postgres://me:secret@host/db", postgres),
        ("postgresql://me:secret@host/db", postgres),
        (
            "mysql://me:secret@host/db",
            "MySQL is not supported; export cc_flows and cc_agents as CSV and import them into an SQLite file "
                + "(sqlite3 FILE '.import --csv cc_flows.csv cc_flows'); expected sqlite:/path"
        ),
        ("oracle://me:secret@host/db", unknown),
        ("secret", unknown),
        ("", unknown),
        ("sqlite:", path), ("sqlite:c.db", path), ("sqlite:/", path), ("sqlite://host/c.db", path),
        ("sqlite::memory:", path), ("sqlite:/a/", path),
    ]
    static let postgres = "PostgreSQL comes with a later version of callcenterd; expected sqlite:/path"
    static let unknown =
        "is no database address; expected sqlite:/path, for example sqlite:/var/lib/callcenterd/callcenterd.db"
    static let path = "sqlite: needs the absolute path of a file; expected sqlite:/path"

    @Test("others are refused with what was expected, and without the password", arguments: refused)
    func others(text: String, message: String) throws {
        let error = try #require(throws: StoreError.self) { try DatabaseURL(text) }
        #expect(error.kind == .address)
        #expect(error.description == message)
        #expect(!error.description.contains("secret"))
    }
}
