import Testing

/// Routes of the configuration file, as callers find them.
@Suite("Routes that a file sets", .staged)
struct RouteTests {
    /// Nobody is logged in: a call that a flow takes is refused with 480, one that none takes with 404.
    @Test("by a header, by To and by From; the first that matches decides")
    func routes() async throws {
        let routes = """
            routes:
              - {header: X-Queue, match: "{flow}"}
              - {to: "sip:line-{flow}@*"}
              - {from: "sip:vip@*", flow: sales}
            """
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: Ports.free())],
            agents: [],
            options: .init(more: routes)
        )
        let probe = try SIPProbe(to: daemon.port)
        defer { probe.close() }
        func outcome(_ user: String, _ id: String, _ change: (inout [String]) -> Void = { _ in }) async throws -> Int {
            probe.send(probe.invite(user, id, change))
            return try await probe.finalStatus()
        }
        #expect(try await outcome("nowhere", "plain") == 404)
        #expect(try await outcome("sales", "user") == 480)
        #expect(try await outcome("nowhere", "header") { $0.append("x-queue: sales") } == 480)
        #expect(try await outcome("sales", "other") { $0.append("X-Queue: other") } == 404)
        #expect(try await outcome("line-sales", "to") == 480)
        #expect(try await outcome("nowhere", "from") { $0[2] = $0[2].replacing("sip:probe@", with: "sip:vip@") } == 480)
    }
}
