import Patience
import Foundation
import Testing

@Suite("Prometheus", .staged)
struct PrometheusTests {
    private static let agents: [Daemon.Agent] = [
        .init(id: "anna", skills: "selling", port: 9),
        .init(id: #"o"brien\"#, skills: "selling", port: 9, isLoggedIn: false),
    ]

    private func daemon(_ http: String = "") async throws -> Daemon {
        try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: 9), .init(id: "help", skill: "helping", queue: 9)],
            agents: Self.agents,
            options: .init(http: http)
        )
    }

    /// What Prometheus says of its targets and of an expression.
    private struct Targets: Decodable {
        struct Payload: Decodable {
            let activeTargets: [Target]
        }
        struct Target: Decodable {
            let health: String
            let lastError: String
        }
        let data: Payload
    }

    private struct Answer: Decodable {
        struct Payload: Decodable {
            let result: [Sample]
        }
        struct Sample: Decodable {
            let metric: [String: String]
        }
        let data: Payload
    }

    @Test("itself scrapes the daemon with a token, finds the target up, and has the series of flows and agents")
    func scrapes() async throws {
        let stage = try Stage.here()
        let tokens = try TokenFile(on: stage)
        let daemon = try await daemon(", token_file: \(tokens.path), metrics_token: true")
        let port = try Ports.free()
        let configuration = """
            global: {scrape_interval: 500ms, scrape_timeout: 500ms}
            scrape_configs:
              - job_name: callcenterd
                authorization: {credentials: \(TokenFile.reader)}
                static_configs: [{targets: ["127.0.0.1:\(daemon.httpPort)"]}]

            """
        let file = stage.path("prometheus.yml")
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
        let prometheus = stage.start(
            "prometheus",
            "prometheus",
            [
                "--config.file=\(file)", "--storage.tsdb.path=\(stage.path("tsdb"))",
                "--web.listen-address=127.0.0.1:\(port)",
            ]
        )
        func ask<Value: Decodable>(_ type: Value.Type, _ path: String) async throws -> Value? {
            try prometheus.requireAlive()
            let url = "http://127.0.0.1:\(port)/api/v1/\(path)"
            let reply = try await ChildProcess.run("curl", "curl", ["-s", "--max-time", "5", url], in: stage.folder)
            return try? JSONDecoder().decode(type, from: Data(reply.text.utf8))
        }
        var last: Targets.Target?
        try await eventually("the target to be up", every: .milliseconds(200)) {
            last = try await ask(Targets.self, "targets")?.data.activeTargets.first
            return (last?.health == "up")
        }
        #expect(last?.lastError == "")
        func series(_ expression: String) async throws -> [[String: String]] {
            try await ask(Answer.self, "query?query=\(expression)")?.data.result.map(\.metric) ?? []
        }
        try await eventually("the series to be there", every: .milliseconds(200)) {
            try await series("callcenter_agent_logged_in").isEmpty ? nil : ()
        }
        #expect(
            try await series("callcenter_agent_logged_in").compactMap { $0["agent"] }.sorted() == Self.agents.map(\.id)
        )
        #expect(
            try await series("callcenter_flow_calls_total").compactMap { $0["flow"] }.sorted() == ["help", "sales"]
        )
        // OpenMetrics and text have the same names there: a histogram in full, an info with its suffix.
        #expect(try await series("callcenter_flow_wait_seconds_bucket").count == 2 * 13)
        #expect(try await series("callcenter_build_info").count == 1)
        #expect(try await series("up").map { $0["job"] } == ["callcenterd"])
    }

    @Test("promtool finds nothing to say about the page of a running daemon, and no series is there twice")
    func isClean() async throws {
        let daemon = try await daemon()
        let stage = daemon.stage
        let page = stage.path("metrics.txt")
        _ = try await daemon.curl(["--fail", "--compressed", "--output", page], "/metrics")
        let check = try await ChildProcess.run(
            "promtool",
            "sh",
            ["-c", #"exec promtool check metrics <"$1""#, "sh", page],
            in: stage.folder
        )
        #expect(check.status == 0)
        #expect(check.text == "")
        for accept in ["text/plain", "application/openmetrics-text"] {
            let text = try await daemon.curl(["--fail", "--header", "Accept: \(accept)"], "/metrics").text
            let series = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.prefix { $0 != " " } }
            #expect(series.count > 100)
            #expect(Set(series).count == series.count)
        }
    }
}
