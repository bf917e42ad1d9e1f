import Foundation
import Management
import Telemetry
import Testing

@Suite("/metrics", .timeLimit(.minutes(5)))
struct MetricsPageTests {
    private let daemon = FakeDaemon()

    static let preferences: [(accept: String?, isOpenMetrics: Bool)] = [
        (nil, false), ("*/*", false), ("text/plain", false), ("application/openmetrics-text", true),
        // Prometheus 2.42.
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true
        ),
        ("application/openmetrics-text; version=0.0.1, text/plain;q=0.5", false),
        ("application/openmetrics-text;q=0.3, text/plain;q=0.5", false),
        ("application/openmetrics-text; version=\"1.0.0\"; q=0", false),
        ("text/html, application/xhtml+xml, */*;q=0.8", false), (";;,,q=,=", false),
    ]

    @Test("the format is what the client likes best", arguments: preferences)
    func negotiates(accept: String?, isOpenMetrics: Bool) async throws {
        try await withHTTP(daemon.bounded) { port async throws in
            let reply = try await http(port, "GET /metrics", accept.map { "Accept: \($0)\r\n" } ?? "")
            #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n"))
            let type =
                isOpenMetrics
                ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                : "text/plain; version=0.0.4; charset=utf-8"
            #expect(reply.contains("\r\nContent-Type: \(type)\r\n"))
            #expect(reply.hasSuffix("\n# EOF\n") == isOpenMetrics)
            #expect(reply.contains("\r\nVary: Accept, Accept-Encoding\r\n"))
        }
    }

    @Test(
        "gzip comes when asked for, and is the same page",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")),
        arguments: [("gzip", true), ("deflate, gzip;q=1.0, *;q=0.5", true), ("gzip;q=0", false), ("identity", false)]
    )
    func compresses(encoding: String, isCompressed: Bool) async throws {
        try await withHTTP(daemon.bounded) { port async throws in
            let plain = try await http(port, "GET /metrics")
            let body = try #require(plain.range(of: "\r\n\r\n").map { String(plain[$0.upperBound...]) })
            let url = "http://127.0.0.1:\(port)/metrics"
            let raw = try await curl(["-sS", "-H", "Accept-Encoding: \(encoding)", url])
            #expect((raw.prefix(2) == Data([0x1F, 0x8B])) == isCompressed)
            if isCompressed { #expect(raw.count < body.utf8.count / 4) }
            let text = try await curl(["-sS", "--compressed", "-H", "Accept-Encoding: \(encoding)", url])
            #expect(String(decoding: text, as: UTF8.self) == body)
        }
    }

    @Test("a page that is sent in many pieces arrives as one, with its length", arguments: ExpositionFormat.allCases)
    func large(format: ExpositionFormat) async throws {
        daemon.hire(4_000)
        try await withHTTP(daemon.bounded) { port async throws in
            let reply = try await http(port, "GET /metrics", "Accept: \(format.contentType)\r\n")
            let parts = try #require(reply.range(of: "\r\n\r\n"))
            let expected = PrometheusText.render(try await daemon.bounded.snapshot(), as: format)
            #expect(expected.count > 1 << 20)
            #expect(reply[..<parts.lowerBound].contains("\r\nContent-Length: \(expected.count)"))
            #expect(Array(reply[parts.upperBound...].utf8) == expected)
        }
    }

    private func curl(_ arguments: [String]) async throws -> Data {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        process.arguments = ["--max-time", "20"] + arguments
        process.standardOutput = output
        // Read by another thread than that of the server under test.
        return try await withCheckedThrowingContinuation { continuation in
            do {
                try process.run()
            } catch {
                return continuation.resume(throwing: error)
            }
            DispatchQueue.global().async {
                continuation.resume(returning: output.fileHandleForReading.readDataToEndOfFile())
                process.waitUntilExit()
            }
        }
    }

    static let selections: [(query: String, has: [String], hasNot: [String])] = [
        ("name=callcenter_calls_total", ["\ncallcenter_calls_total 3\n"], ["callcenter_onhold_calls", "{agent"]),
        ("name=callcenter_flow_*&flow=sales", [#"{flow="sales"}"#], [#"flow="support""#, "callcenter_calls_total"]),
        ("name[]=callcenter_agent_state&agent=ann&agent=bob", [#"{agent="ann"}"#, #"{agent="bob"}"#], ["cem"]),
        ("agent=cem", [#"{agent="cem"}"#, "callcenter_calls_total 3", #"flow="sales""#], [#"agent="ann""#]),
        ("flow=nobody", ["callcenter_calls_total 3"], ["{flow="]),
    ]

    @Test("names, flows and agents can be picked", arguments: selections)
    func selects(query: String, has: [String], hasNot: [String]) async throws {
        try await withHTTP(daemon.bounded) { port async throws in
            let reply = try await http(port, "GET /metrics?\(query)")
            #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n"))
            for text in has { #expect(reply.contains(text), "\(text)") }
            for text in hasNot { #expect(!reply.contains(text), "\(text)") }
        }
    }

    @Test(
        "what cannot be picked is refused",
        arguments: ["name=nonsense", "name=callcenter_calls_tot", "token=abc", "agents=ann", "name=*&name=x*"]
    )
    func refuses(query: String) async throws {
        try await withHTTP(daemon.bounded) { port async throws in
            #expect(try await http(port, "GET /metrics?\(query)").hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        }
    }
}
