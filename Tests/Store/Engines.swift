import Foundation
import GRDB
import PostgresFixture
import Testing

@testable import Store

/// The kinds of database that behave the same.
enum Engine: String, CaseIterable, CustomTestStringConvertible {
    case sqlite, postgres

    var testDescription: String { rawValue }
}

/// Suites that need a PostgreSQL server share one, which is there while they run.
@Suite("Databases", .postgresServer)
enum Databases {}

/// Starts a server before the suite and stops it afterwards.
struct PostgresServerTrait: SuiteTrait, TestScoping {
    @TaskLocal static var server: PostgresServer?

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        let server = try PostgresServer()
        defer { server.stop() }
        try await Self.$server.withValue(server) { try await function() }
    }
}

extension Trait where Self == PostgresServerTrait {
    static var postgresServer: Self { PostgresServerTrait() }
}

/// An empty database of one kind, and a second program on it, as its administrator would use.
struct Place {
    let url: DatabaseURL
    let database: any CenterDatabase
    /// Runs statements.
    let execute: (String) throws -> Void
    /// The rows of a query, columns joined by `|`, NULL as such.
    let rows: (String) throws -> [String]
}

func withDatabase<Result>(_ engine: Engine, _ body: (Place) async throws -> Result) async throws -> Result {
    try await withFolder { folder in
        switch engine {
        case .sqlite:
            let path = folder + "/c.db"
            let url = try DatabaseURL("sqlite:\(path)")
            let place = Place(
                url: url,
                database: try url.open(),
                execute: { sql in try shell(path).writeWithoutTransaction { try $0.execute(sql: sql) } },
                rows: { try shellRows(path, $0) }
            )
            return try await body(place)
        case .postgres:
            let server = try #require(PostgresServerTrait.server)
            let name = "t" + UUID().uuidString.lowercased().replacing("-", with: "")
            try server.sql("CREATE DATABASE \(name)")
            let url = try DatabaseURL(server.url(name))
            let place = Place(
                url: url,
                database: try url.open(),
                execute: { try server.sql($0, in: name) },
                rows: { try server.sql($0, in: name) }
            )
            defer { try? place.database.close() }
            return try await body(place)
        }
    }
}

/// `rows`, which `Place` hides by its own.
private func shellRows(_ path: String, _ sql: String) throws -> [String] { try rows(path, sql) }

extension SchemaMigration: CustomTestStringConvertible {
    var testDescription: String { name }
}
