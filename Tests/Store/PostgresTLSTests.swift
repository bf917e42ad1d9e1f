import CallCenter
import CertificateFixture
import Foundation
import PostgresFixture
import Testing

@testable import Store

/// What libpq gives: TLS, and another host where one is dead.
@Suite("A PostgreSQL server that takes TLS alone")
struct PostgresTLSTests {
    @Test(
        "is used when its certificate is good, by an URL whose first host is dead; a bad certificate is refused by name"
    )
    func verified() throws {
        let authority = try CertificateAuthority()
        let stranger = try CertificateAuthority()
        let identity = try authority.issue("server", for: "IP:127.0.0.1")
        let server = try PostgresServer()
        defer { server.stop() }
        try server.demandTLS(certificate: identity.certificate, key: identity.key)

        let plain = try database(server, "?sslmode=disable")
        #expect(try problem { try plain.migrate() }.contains("no encryption"))
        let trusting = "?sslmode=verify-full&sslrootcert="
        let good = try database(server, trusting + authority.roots)
        try good.migrate()
        try good.write([record(1)])
        let bad = try database(server, trusting + stranger.roots)
        #expect(try problem { try bad.loadProvisioning() }.contains("certificate verify failed"))
        let url = server.url(parameters: trusting + authority.roots)
        // Name and number of the same machine; the certificate has the number only.
        let elsewhere = try PostgresDatabase(
            address: PostgresAddress(url.replacing("@127.0.0.1:", with: "@localhost:"))
        )
        #expect(try problem { try elsewhere.loadProvisioning() }.contains("does not match host name"))

        // Nobody listens at port 1.
        let second = try PostgresDatabase(
            address: PostgresAddress(url.replacing("@127.0.0.1:", with: "@127.0.0.1:1,127.0.0.1:"))
        )
        try second.write([record(1), record(2)])
        #expect(try second.loadProvisioning().flows.isEmpty)
        #expect(try server.sql("SELECT cid FROM cc_cdrs ORDER BY cid") == ["1", "2"])
        let secure =
            "SELECT count(*) > 0 AND bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
            + "WHERE application_name = 'callcenterd'"
        #expect(try server.sql(secure) == ["t"])
        try good.close()
        try second.close()
    }

    private func database(_ server: PostgresServer, _ parameters: String) throws -> PostgresDatabase {
        PostgresDatabase(address: try PostgresAddress(server.url(parameters: parameters)))
    }

    private func problem(_ body: () throws -> some Any) throws -> String {
        let error = try #require(throws: StoreError.self) { _ = try body() }
        #expect(error.kind == .unavailable)
        return error.problem
    }
}
