import Patience
import Foundation
import Testing

/// A name server for one test: dnsmasq, on a port of its own.
private struct NameServer {
    let port: UInt16

    static func start(_ records: [String]) async throws -> NameServer {
        let stage = try Stage.here()
        var attempts = 3
        while true {
            let port = try Ports.free()
            let process = stage.start(
                "dnsmasq-\(port)",
                "dnsmasq",
                [
                    "--keep-in-foreground", "--port=\(port)", "--listen-address=127.0.0.1", "--bind-interfaces",
                    "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--pid-file=", "--local=/test/",
                    "--local-ttl=60", "--user=root",
                ] + records
            )
            do {
                try await eventually("dnsmasq on port \(port)") {
                    try process.requireAlive()
                    return Ports.isBound(udp: port)
                }
                return NameServer(port: port)
            } catch ChildProcess.Failure.died where attempts > 1 {
                attempts -= 1
            }
        }
    }
}

@Suite("Agents and media servers that have names", .staged)
struct NameTests {
    @Test("SRV records lead to a dead target first, then to one that lives; the second call knows")
    func deadFirstTarget() async throws {
        let queue = try await Sipp.callee("queue", .answers(ring: 50))
        let staff = try await Sipp.callee("agents", .answers(ring: 100))
        let dead = try Ports.free()
        let names = try await NameServer.start([
            "--address=/host.test/127.0.0.1",
            "--srv-host=_sip._udp.agents.test,host.test,\(dead),10,0",
            "--srv-host=_sip._udp.agents.test,host.test,\(staff.port),20,0",
        ])
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: queue.port)],
            agents: [],
            options: .init(sip: "nameservers: [\"127.0.0.1:\(names.port)\"]")
        )
        try await daemon.sql(
            "INSERT INTO cc_agents (agentid, location, logstate, skills) VALUES "
                + "('anna', 'sip:anna@agents.test', 1, 'selling');"
        )
        _ = try await daemon.ccctl("cc_reload")
        for number in 1...2 {
            let callers = try Sipp.callers(
                "caller\(number)",
                .init(end: .hangUp(on: staff.audioPort, after: 300)),
                flows: ["sales"],
                to: daemon.port
            )
            try await callers.finish()
            try await eventually("record \(number)") {
                try await (daemon.records().count == number)
            }
        }
        let records = try await daemon.records()
        #expect(records.map(\.call_type) == [0, 0])
        #expect(records.map(\.rejected) == [0, 0], "the dead target is nobody's refusal")
        #expect(records[0].pickup_ms >= 4_000, "the first call has waited for the dead target")
        #expect(records[1].pickup_ms < records[0].pickup_ms, "the second has not")
        try await staff.dismiss()
    }
}
