import CallCenter
import Foundation
import Management
import NIOCore
import Telemetry
import Testing

@Suite("Access over HTTP", .timeLimit(.minutes(5)))
struct AccessTests {
    private let daemon = FakeDaemon()

    private static let reader = "Authorization: Bearer reader-reader-reader\r\n"
    private static let controller = "Authorization: Bearer control-control-control\r\n"
    private static let list = #"{"jsonrpc":"2.0","id":1,"method":"cc_list_calls"}"#
    private static let reset = #"{"jsonrpc":"2.0","id":1,"method":"cc_reset_stats"}"#

    private static func json(_ body: String) -> String {
        "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
    }

    private func status(_ reply: String) -> Int { Int(reply.dropFirst(9).prefix(3)) ?? 0 }

    private func post(_ port: Int, _ fields: String, _ body: String) async throws -> String {
        try await http(port, "POST /mi", fields + Self.json(body), body: body)
    }

    // MARK: - Commands

    @Test("/mi is not there unless it is configured")
    func isOff() async throws {
        try await withTokens { tokens, _ async throws in
            try await withHTTP(daemon.bounded, tokens: tokens) { port async throws in
                // Bodies have no business there, so the connection does not even wait for it.
                #expect(status(try await post(port, Self.controller, Self.reset)) == 413)
                #expect(status(try await http(port, "POST /mi", Self.controller)) == 404)
            }
        }
        #expect(daemon.orders.isEmpty)
    }

    @Test("/mi takes commands by the scope of the token, and the log and the daemon are told whose it is")
    func takesCommands() async throws {
        let log = RecordedLog()
        try await withTokens { tokens, _ async throws in
            try await withHTTP(daemon.bounded, log: log, tokens: tokens, configure: { $0.servesCommands = true }) {
                port in
                #expect(status(try await post(port, "", Self.list)) == 401)
                let query = try await http(port, "POST /mi?x=1", Self.reader + Self.json(Self.list), body: Self.list)
                #expect(status(query) == 200)
                #expect(try await post(port, "", Self.list).contains("\r\nWWW-Authenticate: Bearer\r\n"))
                #expect(status(try await post(port, "Authorization: Bearer wrong-wrong-wrong\r\n", Self.list)) == 401)
                #expect(status(try await post(port, "Authorization: Basic cmVhZGVy\r\n", Self.list)) == 401)
                let read = try await post(port, Self.reader, Self.list)
                #expect(status(read) == 200)
                #expect(read.contains("\r\nContent-Type: application/json\r\n"))
                #expect(read.contains(#""result":{"Calls":["#))
                let refused = try await post(port, Self.reader, Self.reset)
                #expect(refused.contains(#""code":403,"message":"cc_reset_stats needs the scope control"#))
                #expect(daemon.orders.isEmpty)
                #expect(try await post(port, Self.controller, Self.reset).contains(#""result":"OK""#))
            }
        }
        #expect(daemon.orders == [.init(what: "reset", requester: .token(name: "desk", .control))])
        #expect(log.lines.contains("cc_reset_stats outcome=done params= requester=token desk"))
        #expect(log.lines.contains("requests refused: wrong token refused=1 source=127.0.0.1"))
        #expect(!log.lines.contains { $0.contains("wrong-wrong") || $0.contains("control-control") })
    }

    @Test("batches, notifications and nonsense are answered as on the socket")
    func speaksJSONRPC() async throws {
        try await withTokens { tokens, _ async throws in
            try await withHTTP(daemon.bounded, tokens: tokens, configure: { $0.servesCommands = true }) {
                port async throws in
                let batch = "[\(Self.list),\(Self.reset)]"
                #expect(
                    try await post(port, Self.controller, batch).contains(#"},"id":1},{"jsonrpc":"2.0","result":"OK""#)
                )
                let notification = #"{"jsonrpc":"2.0","method":"cc_reset_stats"}"#
                #expect(status(try await post(port, Self.controller, notification)) == 204)
                #expect(try await post(port, Self.reader, "{").contains(#""code":-32700"#))
                #expect(try await post(port, Self.reader, "").contains(#""code":-32700"#))
                #expect(status(try await http(port, "GET /mi", Self.reader)) == 405)
                let events = #"{"jsonrpc":"2.0","id":1,"method":"events"}"#
                #expect(try await post(port, Self.reader, events).contains("use the Unix socket, or GET /events"))
                let plain = "Content-Type: text/plain\r\nContent-Length: \(Self.list.utf8.count)\r\n"
                #expect(status(try await http(port, "POST /mi", Self.reader + plain, body: Self.list)) == 415)
            }
        }
    }

    @Test("a request of more than a megabyte is refused before it has come, in one piece or in many")
    func refusesLargeBodies() async throws {
        try await withTokens { tokens, _ async throws in
            try await withHTTP(daemon.bounded, tokens: tokens, configure: { $0.servesCommands = true }) {
                port async throws in
                let announced = "Content-Type: application/json\r\nContent-Length: 10485760\r\n"
                #expect(status(try await http(port, "POST /mi", Self.controller + announced)) == 413)
                let reply = try await TestConnection.with(.tcp(port: port)) { connection in
                    try await connection.send(
                        "POST /mi HTTP/1.1\r\nHost: localhost\r\n\(Self.controller)Content-Type: application/json\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n"
                    )
                    let chunk = "10000\r\n" + String(repeating: " ", count: 65_536) + "\r\n"
                    // It is closed on somewhere on the way.
                    for _ in 0..<160 where (try? await connection.send(chunk)) == nil { break }
                    return (try? await connection.rest()) ?? ""
                }
                #expect(reply.isEmpty || status(reply) == 413)
                #expect(status(try await post(port, Self.reader, Self.list)) == 200)
            }
        }
    }

    @Test("a body that stops half way ends its connection in time")
    func endsHalfBodies() async throws {
        try await withTokens { tokens, _ async throws in
            try await withHTTP(
                daemon.bounded,
                tokens: tokens,
                configure: {
                    $0.servesCommands = true
                    $0.responseTimeout = .milliseconds(50)
                }
            ) { port async throws in
                let fields = Self.controller + "Content-Type: application/json\r\nContent-Length: 100\r\n"
                let reply = (try? await http(port, "POST /mi", fields, body: "{")) ?? ""
                #expect(reply == "")
            }
        }
        #expect(daemon.orders.isEmpty)
    }

    // MARK: - Cookies

    @Test("a browser gets its token as a cookie that no page can read and no other site can use")
    func givesCookies() async throws {
        try await withTokens { tokens, _ async throws in
            try await withHTTP(daemon.bounded, tokens: tokens, configure: { $0.servesCommands = true }) {
                port async throws in
                #expect(status(try await http(port, "POST /session")) == 401)
                let reply = try await http(port, "POST /session", Self.controller)
                #expect(status(reply) == 204)
                let cookie = "callcenterd=control-control-control; Path=/; HttpOnly; SameSite=Strict"
                #expect(reply.contains("\r\nSet-Cookie: \(cookie)\r\n"))
                let fields = "Cookie: other=1; callcenterd=control-control-control\r\n"
                #expect(try await post(port, fields, Self.reset).contains(#""result":"OK""#))
                #expect(status(try await post(port, fields + "Origin: http://localhost\r\n", Self.reset)) == 200)
                #expect(status(try await post(port, fields + "Origin: http://evil.example\r\n", Self.reset)) == 403)
                #expect(status(try await post(port, fields + "Sec-Fetch-Site: cross-site\r\n", Self.reset)) == 403)
                #expect(status(try await http(port, "DELETE /session")) == 401)
                let end = try await http(port, "DELETE /session", fields)
                #expect(end.contains("\r\nSet-Cookie: callcenterd=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0\r\n"))
            }
        }
        #expect(daemon.orders.count == 2)
    }

    // MARK: - Looking on

    @Test("a token in the URL opens nothing")
    func ignoresURLs() async throws {
        try await withTokens { tokens, _ async throws in
            try await withHTTP(daemon.bounded, tokens: tokens, configure: { $0.servesCommands = true }) {
                port async throws in
                for name in ["token", "access_token"] {
                    let query = "?\(name)=control-control-control"
                    #expect(status(try await http(port, "GET /events\(query)")) == 401)
                    #expect(status(try await http(port, "POST /session\(query)")) == 401)
                }
            }
        }
    }

    @Test("/metrics asks for a token where that is configured, the health pages never do")
    func protectsMetrics() async throws {
        try await withTokens { tokens, _ async throws in
            try await withHTTP(daemon.bounded, tokens: tokens) { port async throws in
                #expect(status(try await http(port, "GET /metrics")) == 200)
            }
            try await withHTTP(daemon.bounded, tokens: tokens, configure: { $0.protectsMetrics = true }) {
                port async throws in
                #expect(status(try await http(port, "GET /metrics")) == 401)
                #expect(status(try await http(port, "GET /metrics", Self.reader)) == 200)
                for page in ["/healthz", "/readyz"] { #expect(status(try await http(port, "GET \(page)")) == 200) }
            }
        }
    }

    @Test("without tokens, /events is for programs of this machine only")
    func keepsEventsHere() async throws {
        let hub = EventHub()
        try await withHTTP(daemon.bounded, events: hub, configure: { $0.servesCommands = true }) { port async throws in
            let proxied = "X-Forwarded-For: 192.0.2.9\r\n"
            #expect(status(try await http(port, "GET /events", proxied)) == 403)
            let foreign = try await TestConnection.with(.tcp(port: port)) { connection in
                // A page that has made a browser believe that its own site is here.
                try await connection.send("GET /events HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
                return try await connection.rest()
            }
            #expect(status(foreign) == 403)
            #expect(status(try await http(port, "HEAD /events")) == 200)
            #expect(status(try await post(port, Self.controller, Self.list)) == 403)
            #expect(!hub.isWatched)
        }
    }

    // MARK: - Events

    private static func agent(_ id: String) -> CenterEvent {
        let report = AgentReport(agentID: id, state: .free, previous: .offline, isLoggedIn: true)
        return CenterEvent(time: 1_764_099_916_123, .agent(report))
    }

    @Test("/events is a stream of server-sent events, with signs of life, that ends with the daemon")
    func streamsEvents() async throws {
        let hub = EventHub()
        try await withTokens { tokens, _ async throws in
            try await withHTTP(
                daemon.bounded,
                events: hub,
                tokens: tokens,
                configure: { $0.eventPause = .milliseconds(50) }
            ) { port async throws in
                #expect(status(try await http(port, "GET /events")) == 401)
                #expect(status(try await http(port, "GET /events?kind=all", Self.reader)) == 400)
                try await TestConnection.with(.tcp(port: port)) { connection in
                    try await connection.send(
                        "GET /events?agent=ann HTTP/1.1\r\nHost: localhost\r\n\(Self.reader)\r\n"
                    )
                    var head = ""
                    while let line = try await connection.line(), line != ": watching" { head += line + "\n" }
                    #expect(head.contains("Content-Type: text/event-stream\r\n"))
                    hub.publish(Self.agent("bob"))
                    hub.publish(Self.agent("ann"))
                    while let line = try await connection.line(), line != "event: agent" {}
                    #expect(try await connection.line() == "id: 2")
                    let data = try await connection.line()
                    #expect(data?.hasPrefix(#"data: {"time":"2025-11-25T19:45:16.123Z","agent_id":"ann","#) == true)
                    #expect(try await connection.line() == "")
                    while let line = try await connection.line(), line != ": alive" {}
                    hub.close()
                    // The last chunk of the response.
                    while let line = try await connection.line(), line != "0\r" {}
                }
            }
        }
    }

    @Test("/events ends when the token is taken away from who reads it")
    func endsWithToken() async throws {
        let hub = EventHub()
        try await withTokens { tokens, path async throws in
            try await withHTTP(daemon.bounded, events: hub, tokens: tokens) { port async throws in
                try await TestConnection.with(.tcp(port: port)) { connection in
                    try await connection.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\(Self.reader)\r\n")
                    while let line = try await connection.line(), line != ": watching" {}
                    hub.publish(Self.agent("ann"))
                    while let line = try await connection.line(), line != "event: agent" {}
                    try Data("wall read another-another-another\n".utf8).write(to: URL(fileURLWithPath: path))
                    try tokens.reload()
                    hub.publish(Self.agent("bob"))
                    var rest: [String] = []
                    while let line = try await connection.line(), line != "0\r" { rest.append(line) }
                    #expect(rest.contains { $0.contains(#""agent_id":"ann""#) })
                    #expect(!rest.contains { $0.contains("bob") })
                }
            }
        }
    }

    // MARK: - Tokens

    static let wrongFiles: [(text: String, reason: String)] = [
        ("", "has no token; expected lines NAME SCOPE TOKEN"),
        ("# nothing\n", "has no token; expected lines NAME SCOPE TOKEN"),
        ("\na read\n", "line 2: 2 fields, expected NAME SCOPE TOKEN"),
        ("a write reader-reader-reader\n", "line 1: scope is neither read nor control"),
        ("a read short\n", "line 1: a token has 16 to 256 visible ASCII characters, none of them a semicolon"),
        (
            "a read reader-reader-reader\na control another-another-another\n",
            "line 2: the name or the token is there already"
        ),
        (
            "a read reader-reader-reader\nb control reader-reader-reader\n",
            "line 2: the name or the token is there already"
        ),
    ]

    @Test("a token file that is wrong is refused with the line, and never shows a token", arguments: wrongFiles)
    func refusesFile(text: String, reason: String) async throws {
        try await withTemporaryFolder { folder async throws in
            let path = folder + "/tokens"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            let error = #expect(throws: ManagementError.self) { try TokenStore(path: path) }
            #expect(error?.description == "http.token_file: \(path): \(reason)")
        }
    }

    @Test("a token file that everybody can read, or that is not there, is refused")
    func refusesOpenFile() async throws {
        try await withTokens { _, path async throws in
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            let open = #expect(throws: ManagementError.self) { try TokenStore(path: path) }
            #expect(open?.reason == "can be read by everybody; chmod o= it")
            let missing = #expect(throws: ManagementError.self) { try TokenStore(path: path + "x") }
            #expect(missing?.reason == "cannot be read; expected a file that this service may read")
        }
    }

    @Test("tokens are taken over by a reload; a wrong file leaves the old ones")
    func reloadsTokens() async throws {
        try await withTokens { tokens, path async throws in
            let (old, new) = (Array("reader-reader-reader".utf8), Array("newer-newer-newer".utf8))
            #expect(tokens.requester(presenting: old) == .token(name: "wall", .read))
            #expect(tokens.requester(presenting: new) == nil)
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: Data("nonsense\n".utf8))
            #expect(throws: ManagementError.self) { try tokens.reload() }
            #expect(tokens.requester(presenting: old) == .token(name: "wall", .read))
            try file.truncate(atOffset: 0)
            try file.seek(toOffset: 0)
            try file.write(contentsOf: Data("phone control newer-newer-newer\n".utf8))
            try tokens.reload()
            #expect(tokens.requester(presenting: old) == nil)
            #expect(tokens.requester(presenting: new) == .token(name: "phone", .control))
        }
    }

    @Test(
        "only the whole token opens",
        arguments: [
            "", "reader-reader-reade", "reader-reader-readerx", "reader-reader-reader\0", "READER-READER-READER",
            String(repeating: "reader-reader-reader", count: 20),
        ]
    )
    func comparesWhole(text: String) async throws {
        try await withTokens { tokens, _ async throws in
            #expect(tokens.requester(presenting: Array(text.utf8)) == nil)
        }
    }
}
