import Foundation
import Glibc
import NIOCore
import Testing

@testable import Management

@Suite("The management FIFO", .timeLimit(.minutes(5)))
struct FIFOTests {
    private let daemon = FakeDaemon()

    // MARK: - Lines

    static let lines: [(line: String, reply: String?, text: String)] = [
        (
            ":cc_list_flows:reply:{}", "reply",
            #"{"jsonrpc":"2.0","method":"cc_list_flows","id":1,"params":{}}"#
        ),
        (
            #":cc_agent_login:r.1_x-y:{"agent_id":"a:b","state":1}"#, "r.1_x-y",
            #"{"jsonrpc":"2.0","method":"cc_agent_login","id":1,"params":{"agent_id":"a:b","state":1}}"#
        ),
        (
            #":cc_agent_login:r:["ann",0]"#, "r",
            #"{"jsonrpc":"2.0","method":"cc_agent_login","id":1,"params":["ann",0]}"#
        ),
        (
            #":call_center:agent_login:r:["ann",0]"#, "r",
            #"{"jsonrpc":"2.0","method":"call_center:agent_login","id":1,"params":["ann",0]}"#
        ),
        (":cc_reload:r:", "r", #"{"jsonrpc":"2.0","method":"cc_reload","id":1}"#),
        (":cc_reload:r", "r", #"{"jsonrpc":"2.0","method":"cc_reload","id":1}"#),
        (":cc_reload::", nil, #"{"jsonrpc":"2.0","method":"cc_reload","id":null}"#),
        (
            #":ignored:r:{"jsonrpc":"2.0","id":7,"method":"which"}"#, "r",
            #"{"jsonrpc":"2.0","id":7,"method":"which"}"#
        ),
        (#":r:{"jsonrpc":"2.0","id":7,"method":"which"}"#, "r", #"{"jsonrpc":"2.0","id":7,"method":"which"}"#),
        (#"::{"jsonrpc":"2.0","method":"which"}"#, nil, #"{"jsonrpc":"2.0","method":"which"}"#),
    ]

    @Test("a line is a name, a reply FIFO and a JSON text, or the last two", arguments: lines)
    func reads(line: String, reply: String?, text: String) throws {
        let request = try FIFORequest(Array(line.utf8))
        #expect(request.replyName == reply)
        #expect(String(decoding: request.text, as: UTF8.self) == text)
    }

    @Test(
        "all else is refused",
        arguments: [
            "", "cc_reload", "{}", ":", "::", ":r", ":r:", ":a:b:c:{}", ":cc_reload:../etc/passwd:",
            ":cc_reload:/tmp/r:",
            ":cc_reload:.hidden:", ":cc_reload:r x:", ":cc_reload:r:{", ":cc_reload:r:nonsense",
        ]
    )
    func refuses(line: String) {
        #expect(throws: FIFORequest.Problem.self) { try FIFORequest(Array(line.utf8)) }
    }

    // MARK: - The file

    /// Asks as a script would, on a thread of its own; nil if no reply has come.
    private func ask(_ folder: String, _ lines: String, within limit: Duration = .seconds(20)) async throws -> String? {
        let path = "\(folder)/reply"
        try #require(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        // Open before the request is sent, as a reader that is late is another test.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK)
        defer { close(descriptor) }
        try send(folder, lines)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline, bytes.last != UInt8(ascii: "\n") {
            let count = read(descriptor, &chunk, chunk.count)
            if count > 0 { bytes += chunk[..<count] } else { await Task.yield() }
        }
        return bytes.last == UInt8(ascii: "\n") ? String(decoding: bytes.dropLast(), as: UTF8.self) : nil
    }

    private func send(_ folder: String, _ text: String) throws {
        let descriptor = open(folder + "/mi.fifo", O_WRONLY | O_NONBLOCK)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        try #require(write(descriptor, bytes, bytes.count) == bytes.count)
    }

    @Test("a request gets its reply in the FIFO it names, and the log is told whose that is")
    func answers() async throws {
        let log = RecordedLog()
        try await withFIFO(daemon.bounded, log: log) { folder async throws in
            let version = try await ask(folder, ":version:reply:\n")
            #expect(version == #"{"jsonrpc":"2.0","result":{"Server":"callcenterd 0.1.0"},"id":1}"#)
            let login = try await ask(folder, #":call_center:reply:{"agent_id":"ann","state":1}"# + "\n")
            #expect(login?.contains(#""code":-32601"#) == true)
            let reply = try await ask(folder, #":cc_agent_login:reply:{"agent_id":"ann","state":1}"# + "\n")
            #expect(reply == #"{"jsonrpc":"2.0","result":"OK","id":1}"#)
            let facts = try FileManager.default.attributesOfItem(atPath: folder + "/mi.fifo")
            #expect((facts[.posixPermissions] as? NSNumber)?.intValue == 0o660)
        }
        #expect(daemon.orders == [.init(what: "ann in", requester: .fifo(user: getuid()))])
        #expect(log.lines.last?.contains("requester=fifo, ") == true)
        #expect(log.lines.last?.contains("uid \(getuid())") == true)
    }

    @Test("without a reply FIFO the request is carried out all the same; with one that is not there it is not")
    func replies() async throws {
        let log = RecordedLog()
        try await withFIFO(daemon.bounded, log: log) { folder async throws in
            try send(folder, "::" + #"{"jsonrpc":"2.0","method":"cc_reset_stats"}"# + "\n:cc_reload:nowhere:\n")
            // Lines are worked on side by side, but each is begun in its turn.
            while !log.lines.contains(where: { $0.hasPrefix("FIFO request refused: no reply FIFO") }) {
                await Task.yield()
            }
            while daemon.orders.isEmpty { await Task.yield() }
        }
        #expect(daemon.orders.map(\.what) == ["reset"])
    }

    @Test("nonsense and lines that are too long cost a line in the log, and the next request is answered")
    func survivesNonsense() async throws {
        let log = RecordedLog()
        try await withFIFO(daemon.bounded, log: log, configure: { $0.maximumRequest = 1_000 }) { folder async throws in
            let long = String(repeating: "x", count: 3_000)
            let reply = try await ask(folder, "nonsense\n\n\(long)\n:version:reply:\n")
            #expect(reply?.contains("callcenterd 0.1.0") == true)
        }
        #expect(log.lines.contains("FIFO line too long limit=1000"))
        #expect(log.lines.contains("FIFO line refused: expected :NAME:REPLY_FIFO:{…}"))
    }

    @Test("whoever names a reply FIFO is told there what was wrong with his line")
    func answersNonsense() async throws {
        try await withFIFO(daemon.bounded) { folder async throws in
            let reply = try await ask(folder, ":version:reply:{bad\n")
            #expect(reply?.contains(#""code":-32600,"message":"not JSON"#) == true, "\(reply ?? "")")
            let login = try await ask(folder, #":call_center:agent_login:reply:["ann",1]"# + "\n")
            #expect(login == #"{"jsonrpc":"2.0","result":"OK","id":1}"#)
        }
    }

    @Test("half a line is forgotten when nothing follows for a while")
    func forgetsHalves() async throws {
        try await withFIFO(daemon.bounded, configure: { $0.patience = .milliseconds(20) }) { folder async throws in
            // Where the machine is so slow that both come in one piece, they are one line: then once more.
            var reply: String?
            for _ in 0..<10 where reply == nil {
                try send(folder, ":which:re")
                let later = ContinuousClock.now + .milliseconds(200)
                while ContinuousClock.now < later { await Task.yield() }
                reply = try await ask(folder, ":version:reply:\n", within: .seconds(3))
            }
            #expect(reply?.contains("callcenterd 0.1.0") == true)
        }
    }

    @Test("a reply that nobody reads is given up")
    func givesUp() async throws {
        let log = RecordedLog()
        try await withFIFO(daemon.bounded, log: log, configure: { $0.replyTimeout = .milliseconds(50) }) {
            folder async throws in
            try #require(mkfifo(folder + "/deaf", 0o600) == 0)
            try send(folder, ":version:deaf:\n")
            while !log.lines.contains(where: { $0.hasPrefix("FIFO reply not taken") }) { await Task.yield() }
            #expect(try await ask(folder, ":version:reply:\n") != nil)
        }
    }

    @Test("a link or a file is no reply FIFO")
    func refusesOthers() async throws {
        let log = RecordedLog()
        try await withFIFO(daemon.bounded, log: log) { folder async throws in
            try Data("keep".utf8).write(to: URL(fileURLWithPath: folder + "/file"))
            try #require(mkfifo(folder + "/real", 0o600) == 0)
            try #require(symlink(folder + "/real", folder + "/link") == 0)
            try send(folder, ":version:file:\n:version:link:\n")
            while log.lines.count(where: { $0.hasPrefix("FIFO request refused") }) < 2 { await Task.yield() }
            #expect(try String(contentsOfFile: folder + "/file", encoding: .utf8) == "keep")
        }
    }

    @Test("a FIFO left from before gives way, a file does not, and nothing stays behind")
    func makesFile() async throws {
        try await withTemporaryFolder { folder async throws in
            let path = folder + "/mi.fifo"
            try #require(mkfifo(path, 0o600) == 0)
            let (file, descriptor) = try FIFOFile.make(path)
            close(descriptor)
            file.remove()
            #expect(!FileManager.default.fileExists(atPath: path))
            try Data("keep".utf8).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: ManagementError.self) { _ = try FIFOFile.make(path) }
            #expect(
                error?.description
                    == "mi.fifo: cannot listen on \(path): a file that is no FIFO is in the way; remove it"
            )
        }
    }
}
