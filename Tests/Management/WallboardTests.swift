import Patience
import CallCenter
import Foundation
import NIOCore
import Telemetry
import Testing

@testable import Management

@Suite("The wallboard", .timeLimit(.minutes(5)))
struct WallboardTests {
    private let daemon = FakeDaemon()

    /// The body of a reply.
    private func body(_ reply: String) -> String {
        reply.firstRange(of: "\r\n\r\n").map { String(reply[$0.upperBound...]) } ?? ""
    }

    /// The value of a header field.
    private func field(_ name: String, _ reply: String) -> String? {
        let line = reply.split(separator: "\r\n").first { $0.lowercased().hasPrefix("\(name.lowercased()):") }
        return line.map { $0.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces) }
    }

    @Test("the page and its files are served with a policy that lets nothing else in or out")
    func files() async throws {
        try await withHTTP(daemon.bounded) { port async throws in
            for file in WallboardFiles.all {
                let reply = try await http(port, "GET \(file.path)")
                #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(file.path)")
                #expect(field("Content-Type", reply) == file.type)
                let policy = try #require(field("Content-Security-Policy", reply))
                #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self';"))
                for word in ["unsafe", "http:", "https:", "*"] { #expect(!policy.contains(word)) }
                #expect(policy.contains("form-action 'none'; frame-ancestors 'none'"))
                #expect(field("X-Content-Type-Options", reply) == "nosniff")
                #expect(field("Referrer-Policy", reply) == "no-referrer")
                #expect(body(reply) == String(buffer: file.content))
            }
        }
    }

    @Test("the files name no other site, no style and no script of the page itself, and only each other")
    func selfContained() throws {
        let paths = Set(WallboardFiles.all.map(\.path))
        for file in WallboardFiles.all {
            let text = String(buffer: file.content)
            for word in ["style=", "onclick", "innerHTML", "eval(", "localStorage", "document.cookie"] {
                #expect(!text.contains(word), "\(file.path): \(word)")
            }
            // The namespace of SVG is a name, not an address.
            let addresses = text.replacing("http://www.w3.org/2000/svg", with: "")
            #expect(!addresses.contains("http://") && !addresses.contains("https://"), "\(file.path)")
            for match in text.matches(of: /(?:src|href)="(\/[^"#]*)"|from "\.\/([^"]*)"/) {
                let path = match.output.1.map(String.init) ?? "/wall/\(match.output.2 ?? "")"
                #expect(paths.contains(path), "\(file.path): \(path)")
            }
        }
    }

    @Test("without tokens page and numbers are for this machine; with tokens the numbers need one")
    func access() async throws {
        try await withHTTP(daemon.bounded) { port async throws in
            #expect(try await http(port, "GET /snapshot").hasPrefix("HTTP/1.1 200 OK\r\n"))
            // As through a proxy, and as from a page that calls us by a name of its own.
            for fields in ["X-Forwarded-For: 192.0.2.1\r\n", "Via: 1.1 proxy\r\n"] {
                for path in ["/", "/wall/main.js", "/snapshot"] {
                    #expect(try await http(port, "GET \(path)", fields).hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
                }
            }
        }
        try await withTokens { tokens, _ async throws in
            try await withHTTP(daemon.bounded, tokens: tokens) { port async throws in
                #expect(try await http(port, "GET /").hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(try await http(port, "GET /snapshot").hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
                #expect(
                    try await http(port, "GET /snapshot?token=reader-reader-reader")
                        .hasPrefix("HTTP/1.1 401 Unauthorized\r\n")
                )
                let bearer = try await http(port, "GET /snapshot", "Authorization: Bearer reader-reader-reader\r\n")
                #expect(bearer.hasPrefix("HTTP/1.1 200 OK\r\n"))
                let cookie = "Cookie: callcenterd=reader-reader-reader\r\n"
                #expect(try await http(port, "GET /snapshot", cookie).hasPrefix("HTTP/1.1 200 OK\r\n"))
                let foreign = try await http(port, "GET /snapshot", cookie + "Sec-Fetch-Site: cross-site\r\n")
                #expect(foreign.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
            }
        }
    }

    private struct Wall: Decodable {
        struct You: Decodable {
            let name: String?
            let steers: Bool
            let can_sign_in: Bool
        }
        struct Flow: Decodable {
            let id: String
            let in_call: Int
            let wrapup: Int
            let logged_off: Int
        }
        struct Agent: Decodable {
            let id: String
            let state: String
            let wrapup_left: Int?
        }
        struct Call: Decodable {
            let id: Int
            let caller: String
            let since: Int
            let agent: String?
            let talking: Int?
        }
        struct Mark: Decodable {
            let name: String
            let good: Bool?
        }

        let you: You
        let flows: [Flow]
        let agents: [Agent]
        let calls: [Call]
        let health: [Mark]
        let hour: [[String: Int]]?
    }

    private func wall(_ port: Int, _ token: String, _ path: String = "/snapshot") async throws -> Wall {
        let reply = try await http(port, "GET \(path)", "Authorization: Bearer \(token)\r\n")
        return try JSONDecoder().decode(Wall.self, from: Data(body(reply).utf8))
    }

    @Test("the numbers are those of a snapshot, with ages instead of moments")
    func numbers() async throws {
        try await withTokens { tokens, _ async throws in
            try await withHTTP(daemon.bounded, tokens: tokens) { port async throws in
                let wall = try await wall(port, "reader-reader-reader", "/snapshot?hour=1")
                let flows = wall.flows.map { "\($0.id) \($0.in_call) \($0.wrapup) \($0.logged_off)" }
                #expect(flows == ["sales 1 0 0", "support 0 1 1"])
                #expect(wall.agents.map(\.state) == ["free", "incall", "wrapup", "free"])
                #expect(wall.agents.compactMap(\.wrapup_left) == [11_100])
                #expect(wall.calls.map { "\($0.id) \($0.caller) \($0.since)" }.first == "41 Caller 1001 80900")
                #expect(wall.calls.compactMap(\.agent) == ["bob"])
                #expect(wall.calls.compactMap(\.talking) == [40_900], "whoever does not talk yet has no such time")
                #expect(wall.health.map(\.name) == ["SIP", "Store", "Journal", "Provisioning", "SNMP"])
                #expect(wall.health.map(\.good) == [true, true, true, true, nil])
                #expect(wall.hour?.isEmpty == true)
            }
        }
    }

    @Test("who may steer is told: a token with control, where commands are taken")
    func steers() async throws {
        try await withTokens { tokens, _ async throws in
            for (serves, token, steers) in [
                (true, "control-control-control", true), (true, "reader-reader-reader", false),
                (false, "control-control-control", false),
            ] {
                try await withHTTP(daemon.bounded, tokens: tokens) {
                    $0.servesCommands = serves
                } _: { port async throws in
                    let you = try await wall(port, token).you
                    #expect(you.steers == steers)
                    #expect(you.can_sign_in)
                    #expect(you.name == (token.hasPrefix("control") ? "desk" : "wall"))
                }
            }
        }
    }

    @Test("a call loop that hangs is a refusal in time, not a page that waits")
    func hung() async throws {
        daemon.hang()
        try await withHTTP(daemon.impatient) { port async throws in
            #expect(try await http(port, "GET /snapshot").hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        }
        daemon.recover()
    }

    @Test("the hour is a bounded ring, oldest first")
    func hour() {
        let history = WallboardHistory()
        for index in 0..<(WallboardHistory.limit + 5) {
            var center = CenterSnapshot()
            center.totals.onHold = index
            history.add(.init(center, at: Int64(index) * 30_000))
        }
        #expect(history.samples.count == WallboardHistory.limit)
        #expect(history.samples.first?.onHold == 5)
        #expect(history.samples.last?.onHold == WallboardHistory.limit + 4)
    }

    @Test("samples are taken as long as the service runs")
    func samples() async throws {
        let history = WallboardHistory()
        let bounded = daemon.bounded
        let task = Task { await history.run(bounded, interval: .milliseconds(5)) }
        try await eventually("three samples") { history.samples.count >= 3 }
        task.cancel()
        await task.value
        #expect(history.samples.count >= 3)
        #expect(history.samples.first?.onHold == 0)
    }

    @Test("of very many agents those who work are shown, and all are counted")
    func manyAgents() {
        var center = CenterSnapshot()
        center.agents = (0..<5_000).map { index in
            var agent = CenterSnapshot.Agent(id: "a\(index)", location: "sip:a@192.0.2.1", skills: ["s"])
            agent.isLoggedIn = index % 4 == 0
            return agent
        }
        let members = WallboardReport(FakeDaemon.snapshot(center), alive: .good, ready: .good).members
        let report = JSONValue.object(members)
        guard case .array(let agents)? = report["agents"] else { return #expect(Bool(false), "there is no list") }
        #expect(agents.count == 1_250)
        #expect(report["agents_in_all"] == 5_000)
    }
}
