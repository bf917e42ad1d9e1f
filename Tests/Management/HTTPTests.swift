import Logging
import Management
import NIOCore
import ServiceLifecycle
import Testing

@Suite("HTTP", .timeLimit(.minutes(5)))
struct HTTPTests {
    private let daemon = FakeDaemon()

    @Test("/metrics is the Prometheus text of a snapshot")
    func servesMetrics() async throws {
        try await withHTTP(daemon.bounded) { port async throws in
            let reply = try await http(port, "GET /metrics")
            #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(reply.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
            #expect(reply.contains("\ncallcenter_calls_total 3"))
        }
    }

    @Test("/healthz is ok while the loop answers, and says why when it does not")
    func servesHealth() async throws {
        try await withHTTP(daemon.impatient) { port async throws in
            let good = try await http(port, "GET /healthz")
            #expect(good.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(good.hasSuffix("\r\n\r\nok\n"))
            daemon.hang()
            let bad = try await http(port, "GET /healthz")
            #expect(bad.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
            #expect(bad.hasSuffix("\r\n\r\nthe call loop has not answered within 0.02 seconds\n"))
            let metrics = try await http(port, "GET /metrics")
            #expect(metrics.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
            daemon.recover()
            #expect(try await http(port, "GET /healthz").hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("/readyz is ok while new calls are welcome, and says why when they are not")
    func servesReadiness() async throws {
        try await withHTTP(daemon.impatient) { port async throws in
            #expect(try await http(port, "GET /readyz").hasPrefix("HTTP/1.1 200 OK\r\n"))
            daemon.refuseCalls(because: "ending: new calls are refused")
            let refused = try await http(port, "GET /readyz")
            #expect(refused.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
            #expect(refused.hasSuffix("\r\n\r\nending: new calls are refused\n"))
            #expect(try await http(port, "GET /healthz").hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("several requests of a connection are answered")
    func keepsAlive() async throws {
        try await withHTTP(daemon.bounded) { port async throws in
            try await TestConnection.with(.tcp(port: port)) { connection in
                for _ in 0..<3 {
                    try await connection.send("GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")
                    while try await connection.line() != "ok" {}
                }
            }
        }
    }

    @Test("HEAD is GET without the body")
    func servesHead() async throws {
        try await withHTTP(daemon.bounded) { port async throws in
            let reply = try await http(port, "HEAD /healthz")
            #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(reply.hasSuffix("\r\n\r\n"))
        }
    }

    @Test(
        "all else is 404",
        arguments: ["GET /wall", "GET /metrics/x", "POST /metrics", "DELETE /healthz", "GET /../etc/passwd", "GET /mi"]
    )
    func refusesOthers(line: String) async throws {
        try await withHTTP(daemon.bounded) { port async throws in
            let reply = try await http(port, line)
            #expect(reply.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
        }
    }

    // MARK: - Bounds

    @Test("bodies are refused", arguments: ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"])
    func refusesBody(fields: String) async throws {
        try await withHTTP(daemon.bounded) { port async throws in
            let reply = try await http(port, "GET /metrics", fields, body: "5\r\nhello\r\n")
            #expect(reply.hasPrefix("HTTP/1.1 413 "))
            #expect(reply.contains("\r\nConnection: close\r\n"))
            #expect(try await http(port, "GET /healthz", "Content-Length: 0\r\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test(
        "too many or too large header fields end the connection without a page",
        arguments: [
            "X: " + String(repeating: "a", count: 9_000) + "\r\n",
            String(repeating: "X: " + String(repeating: "a", count: 3_000) + "\r\n", count: 7),
            String(repeating: "X: a\r\n", count: 200),
        ]
    )
    func refusesHeaders(fields: String) async throws {
        try await withHTTP(daemon.bounded) { port async throws in
            let reply = (try? await http(port, "GET /healthz", fields)) ?? ""
            #expect(!reply.contains("200 OK"))
            let next = try await http(port, "GET /healthz")
            #expect(next.hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("what is no HTTP is refused")
    func refusesNonsense() async throws {
        try await withHTTP(daemon.bounded) { port async throws in
            try await TestConnection.with(.tcp(port: port)) { connection in
                try await connection.send("INVITE sip:a@b SIP/2.0\r\n\r\n")
                #expect(try await connection.line() == "HTTP/1.1 400 Bad Request\r")
            }
        }
    }

    @Test("a connection beyond the limit is told so, when all others wait for their responses")
    func limitsConnections() async throws {
        let log = RecordedLog()
        daemon.hang()
        // Nothing is given up before this test is over.
        var patience = BoundedControl.Patience()
        patience.health = .seconds(60)
        let control = BoundedControl(daemon.control, patience: patience)
        try await withHTTP(control, log: log, configure: { $0.maximumConnections = 1 }) { port async throws in
            try await TestConnection.with(.tcp(port: port)) { connection in
                try await connection.send("GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")
                while !daemon.isWaitedFor { await Task.yield() }
                let reply = try await TestConnection.with(.tcp(port: port)) { try await $0.rest() }
                daemon.recover()
                while let line = try await connection.line(), line != "ok" {}
                #expect(reply.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
                #expect(reply.contains("\r\nRetry-After: 10\r\n"))
            }
        }
        #expect(log.lines == ["connections refused limit=1 refused=1"])
    }

    @Test("a connection that has nothing to do gives way to a newcomer, the longest idle first")
    func evictsIdle() async throws {
        let log = RecordedLog()
        try await withHTTP(daemon.bounded, log: log, configure: { $0.maximumConnections = 2 }) { port async throws in
            try await TestConnection.with(.tcp(port: port)) { first in
                try await first.send("GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")
                while try await first.line() != "ok" {}
                try await TestConnection.with(.tcp(port: port)) { second in
                    try await second.send("GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")
                    while try await second.line() != "ok" {}
                    #expect(try await http(port, "GET /healthz").hasPrefix("HTTP/1.1 200 OK\r\n"))
                    #expect(((try? await first.line()) ?? nil) == nil)
                    try await second.send("GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")
                    while try await second.line() != "ok" {}
                }
            }
        }
        #expect(log.lines == ["idle connections closed for new ones closed=1 limit=2"])
    }

    // A crowd that fits the descriptors below 1,024, all that Foundation's Process (select(2)) can live with in the tests
    // beside this one. The real daemon meets a thousand in the integration tests.
    @Test("a hundred idle connections do not keep a scraper out")
    func survivesIdleConnections() async throws {
        try await withHTTP(daemon.bounded, configure: { $0.maximumConnections = 40 }) { port async throws in
            let (connected, connects) = AsyncStream.makeStream(of: Void.self)
            try await withThrowingTaskGroup(of: Void.self) { tasks async throws in
                // Each is a connection that says nothing, or half a request, until it is closed on.
                for number in 0..<100 {
                    tasks.addTask {
                        _ = try? await TestConnection.with(.tcp(port: port)) { connection in
                            if number.isMultiple(of: 2) { try await connection.send("GET /metr") }
                            connects.yield()
                            return try await connection.rest()
                        }
                    }
                }
                var count = 0
                for await _ in connected {
                    count += 1
                    if count == 100 { break }
                }
                for _ in 0..<5 {
                    #expect(try await http(port, "GET /metrics").hasPrefix("HTTP/1.1 200 OK\r\n"))
                }
                tasks.cancelAll()
            }
            #expect(try await http(port, "GET /metrics").hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("a connection without a complete request is closed", arguments: ["", "GET /heal", "GET / HTTP/1.1\r\nX: "])
    func timesOut(bytes: String) async throws {
        try await withHTTP(daemon.bounded, configure: { $0.idleTimeout = .milliseconds(50) }) { port async throws in
            try await TestConnection.with(.tcp(port: port)) { connection in
                // It may be over before we have said anything; bytes nobody read make it a reset.
                try? await connection.send(bytes)
                let rest = (try? await connection.rest()) ?? ""
                #expect(rest == "")
            }
        }
    }

    @Test("a response that is not taken in time ends its connection")
    func dropsSlowReader() async throws {
        daemon.hang()
        try await withHTTP(daemon.bounded, configure: { $0.responseTimeout = .milliseconds(50) }) { port async throws in
            let reply = try await http(port, "GET /metrics")
            #expect(reply == "")
            daemon.recover()
        }
    }

    @Test("a port in use is one clear error, and nothing in the log")
    func refusesPort() async throws {
        let log = RecordedLog()
        try await withHTTP(daemon.bounded) { port async throws in
            let error = await #expect(throws: ManagementError.self) {
                try await withHTTP(daemon.bounded, log: log, configure: { $0.port = port }) { _ in }
            }
            #expect(
                error?.description == "http.listen: cannot listen on 127.0.0.1:\(port): "
                    + "the port is in use; is callcenterd running already?"
            )
        }
        #expect(log.lines == [])
    }

    /// Fails as soon as the other one runs.
    private struct FailingService: Service {
        let running: AsyncStream<Int>

        func run() async throws {
            _ = await running.first { _ in true }
            throw ControlError.failed("the true reason")
        }
    }

    @Test("when another part fails, its reason is the error, and nothing in the log stands before it")
    func fallsSilent() async throws {
        let log = RecordedLog()
        let (running, runs) = AsyncStream.makeStream(of: Int.self)
        let http = web(.init(host: "127.0.0.1", port: 0), daemon.bounded, log: log) { runs.yield($0) }
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(
            configuration: .init(services: [http, FailingService(running: running)], logger: quiet)
        )
        let error = await #expect(throws: ControlError.self) { try await group.run() }
        #expect(error?.message == "the true reason")
        #expect(log.lines == [])
    }

    @Test(
        "an address that is not ours, or none, is one clear error",
        arguments: [
            ("192.0.2.1", "192.0.2.1:0: the address is none of this machine"),
            ("300.1.2.3", "300.1.2.3:0: no such address"),
        ]
    )
    func refusesAddress(host: String, message: String) async throws {
        let error = await #expect(throws: ManagementError.self) {
            try await withHTTP(daemon.bounded, configure: { $0.host = host }) { _ in }
        }
        #expect(error?.description == "http.listen: cannot listen on \(message)")
    }
}
