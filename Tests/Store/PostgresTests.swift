import Patience
import CallCenter
import Foundation
import PostgresFixture
import Testing

@testable import Store

/// What only PostgreSQL does: it is a server, so it can be away.
@Suite("A PostgreSQL server", .serialized, .postgresServer)
struct PostgresServerTests {
    /// A server that these tests may ill-treat, one after the other, and a migrated database of it.
    private func withServer(
        patience: Duration = .seconds(20),
        _ body: (PostgresServer, String, PostgresDatabase) async throws -> Void
    ) async throws {
        let server = try #require(PostgresServerTrait.server)
        let name = "t" + UUID().uuidString.lowercased().replacing("-", with: "")
        try server.sql("CREATE DATABASE \(name)")
        let database = PostgresDatabase(address: try PostgresAddress(server.url(name)), patience: patience)
        try database.migrate()
        try await body(server, name, database)
        try database.close()
    }

    @Test("that restarts while the connection is idle costs nothing")
    func restart() async throws {
        try await withServer { server, name, database in
            try database.write([record(1)])
            try server.shutDown()
            try server.start()
            try database.write([record(2)])
            #expect(try server.sql("SELECT cid FROM cc_cdrs ORDER BY id", in: name) == ["1", "2"])
            #expect(try database.loadProvisioning() == Provisioning(flows: [], agents: []))
        }
    }

    @Test("that is away is an error that may pass, and takes records again when it is back")
    func away() async throws {
        try await withServer { server, name, database in
            try database.write([record(1)])
            try server.crash()
            let error = try #require(throws: StoreError.self) { try database.write([record(2)]) }
            #expect(error.kind == .unavailable)
            #expect(error.description.hasPrefix("postgres://127.0.0.1:\(server.port)/\(name): "))
            #expect(throws: StoreError.self) { try database.loadProvisioning() }
            try server.start()
            try database.write([record(1), record(2)])
            #expect(try server.sql("SELECT cid FROM cc_cdrs ORDER BY id", in: name) == ["1", "2"])
        }
    }

    @Test("that hangs is given up in time; what it then does after all is not done twice")
    func frozen() async throws {
        try await withServer(patience: .milliseconds(300)) { server, name, database in
            try database.write([record(1)])
            server.freeze()
            let error = try #require(throws: StoreError.self) { try database.write([record(2)]) }
            #expect(error.kind == .unavailable)
            #expect(error.problem == "does not answer within 0.3 seconds")
            server.thaw()
            let patient = PostgresDatabase(address: try PostgresAddress(server.url(name)))
            try patient.write([record(1), record(2), record(3)])
            #expect(try server.sql("SELECT cid FROM cc_cdrs ORDER BY cid", in: name) == ["1", "2", "3"])
            try patient.close()
        }
    }

    @Test("that hangs is waited for once by whoever asks for one thing after the other")
    func hangsAtStart() async throws {
        try await withServer { server, _, database in
            server.freeze()
            defer { server.thaw() }
            let clock = ContinuousClock()
            func ask() -> Duration {
                clock.measure { #expect(throws: StoreError.self) { try database.highestCallNumber() } }
            }
            let first = ask()
            let others = (1...4).map { _ in ask() }.reduce(.zero, +)
            #expect(others < first * 2)
            server.thaw()
            try await eventually("the server to be asked again") { (try? database.highestCallNumber()) != nil }
        }
    }

    @Test("is asked in the order of a URL with several hosts")
    func hosts() async throws {
        try await withServer { server, name, _ in
            let url = server.url(name).replacing("127.0.0.1", with: "127.0.0.1:1,127.0.0.1")
            let database = PostgresDatabase(address: try PostgresAddress(url))
            #expect(database.name == "postgres://127.0.0.1:1,127.0.0.1:\(server.port)/\(name)")
            try database.write([record(1)])
            #expect(try server.sql("SELECT cid FROM cc_cdrs", in: name) == ["1"])
            try database.close()
        }
    }

    @Test("that does not know the user or the database says so")
    func strangers() async throws {
        try await withServer { server, _, _ in
            let database = PostgresDatabase(address: try PostgresAddress(server.url("nothing")))
            let error = try #require(throws: StoreError.self) { try database.loadProvisioning() }
            #expect(error.problem.contains("database \"nothing\" does not exist"))
        }
    }
}
