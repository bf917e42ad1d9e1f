import Foundation
import Glibc
import Testing

@testable import ccctl

/// A socket that behaves as a broken daemon would: whoever connects gets a fixed answer and is hung up on, or, without
/// an answer, is left waiting in the backlog.
private struct BrokenDaemon {
    let path: String
    private let descriptor: CInt

    init(answer: String?) throws {
        path = "/tmp/ccctl-\(UInt32.random(in: 0 ... .max)).sock"
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0 && listen(descriptor, 4) == 0)
        guard let answer else { return }
        // A thread, because the client under test blocks its own.
        Thread.detachNewThread { [descriptor] in
            let peer = accept(descriptor, nil, nil)
            let bytes = Array(answer.utf8)
            _ = send(peer, bytes, bytes.count, CInt(MSG_NOSIGNAL))
            close(peer)
        }
    }

    func end() {
        close(descriptor)
        unlink(path)
    }
}

@Suite("The client of the socket")
struct ClientTests {
    @Test(
        "what is no proper answer is one line with status 3",
        arguments: [
            (nil, "no answer within 0 seconds"),
            ("", "the daemon hung up without an answer"),
            (#"{"jsonrpc":"2.0","result":{}"#, "the daemon hung up without an answer"),
            ("HTTP/1.1 400 Bad Request\n", "what answers there is not callcenterd"),
            ("{}\n", "what answers there is not callcenterd"),
        ]
    )
    func distrusts(answer: String?, message: String) throws {
        let daemon = try BrokenDaemon(answer: answer)
        defer { daemon.end() }
        let failure = #expect(throws: Failure.self) { try Client(path: daemon.path, timeout: 100).call("which", []) }
        #expect(failure?.status == 3)
        #expect(failure?.message == "\(daemon.path): \(message)")
    }

    @Test("an error is status 1 with the reason of the daemon")
    func passesOnErrors() throws {
        let daemon = try BrokenDaemon(
            answer: #"{"jsonrpc":"2.0","error":{"code":404,"message":"no \"x\""},"id":1}"# + "\n"
        )
        defer { daemon.end() }
        #expect(throws: Failure.refused(#"no "x""#)) { try Client(path: daemon.path).call("which", []) }
    }

    @Test("a result is given as it was sent")
    func givesResults() throws {
        let daemon = try BrokenDaemon(answer: #"{"jsonrpc":"2.0","result":{"b":1, "a":2},"id":1}"# + "\n")
        defer { daemon.end() }
        #expect(try Client(path: daemon.path).call("which", []).source == #"{"b":1, "a":2}"#)
    }

    @Test("a daemon that is not there is one line with what to do", arguments: ["/nowhere/mi.sock", ""])
    func misses(path: String) {
        let failure = #expect(throws: Failure.self) { try Client(path: path).call("which", []) }
        #expect(failure?.status == 3)
        #expect(failure?.message.contains("\n") == false)
        #expect(failure?.message.hasPrefix("\(path): ") == true)
    }
}
