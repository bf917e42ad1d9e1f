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

    @Test(
        "a PostgreSQL server is named as libpq wishes, and shown without user and password",
        arguments: [
            ("postgres://me:secret@host/db", "postgres://host/db"),
            ("postgresql://me:secret@host:5433/db?sslmode=verify-full&connect_timeout=3", "postgres://host:5433/db"),
            ("postgres://me:secret@one,two:5433/db", "postgres://one,two:5433/db"),
            ("postgres:///db?host=/run/postgresql&password=secret", "postgres:///run/postgresql/db"),
        ]
    )
    func postgres(text: String, shown: String) throws {
        #expect(try DatabaseURL(text).description == shown)
        #expect(try DatabaseURL(text).open().name == shown)
    }

    static let refused: [(String, String)] = [
        (
            "postgres://me:secret%zz@host/db",
            badPostgres + "invalid percent-encoded token: \"…\"" + expectedPostgres
        ),
        (
            "postgresql://me:secret@host/db?secret=1",
            badPostgres + "invalid URI query parameter: \"…\"" + expectedPostgres
        ),
        (
            "mysql://me:secret@host/db",
            "MySQL is not supported; export cc_flows and cc_agents as CSV and import them into an SQLite file "
                + "(ccctl flow import FILE, ccctl agent import FILE); expected sqlite:/path or postgres://…"
        ),
        ("oracle://me:secret@host/db", unknown),
        ("secret", unknown),
        ("", unknown),
        ("sqlite:", path), ("sqlite:c.db", path), ("sqlite:/", path), ("sqlite://host/c.db", path),
        ("sqlite::memory:", path), ("sqlite:/a/", path),
    ]
    static let badPostgres = "is no PostgreSQL address: "
    static let expectedPostgres = "; expected postgres://user@host/database"
    static let unknown =
        "is no database address; expected sqlite:/path, for example sqlite:/var/lib/callcenterd/callcenterd.db, "
        + "or postgres://user@host/database"
    static let path = "sqlite: needs the absolute path of a file; expected sqlite:/path"

    @Test("others are refused with what was expected, and without the password", arguments: refused)
    func others(text: String, message: String) throws {
        let error = try #require(throws: StoreError.self) { try DatabaseURL(text) }
        #expect(error.kind == .address)
        #expect(error.description == message)
        #expect(!error.description.contains("secret"))
    }
}
