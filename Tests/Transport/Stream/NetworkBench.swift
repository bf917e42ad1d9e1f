import Glibc
import NIOCore
import NIOPosix
import SIP
import Testing

@testable import Transport

/// What the handler of a network was told.
enum NetworkEvent: Equatable, Sendable {
    case received(String, from: Endpoint, on: ListenerID)
    case unreachable(Endpoint)
    case failed(ListenerID)
}

/// Passes what it is told to a stream.
final class NetworkRecorder: NetworkHandler {
    private let events: AsyncStream<NetworkEvent>.Continuation

    init(_ events: AsyncStream<NetworkEvent>.Continuation) { self.events = events }

    func received(_ bytes: [UInt8], from peer: Endpoint, on listener: ListenerID) {
        events.yield(.received(String(decoding: bytes, as: UTF8.self), from: peer, on: listener))
    }

    func batchEnded() {}
    func listenerFailed(_ listener: ListenerID, reason: String) { events.yield(.failed(listener)) }
    func unreachable(_ peer: Endpoint, on listener: ListenerID) { events.yield(.unreachable(peer)) }
}

/// A running network and what it says.
final class NetworkBench {
    let network: SIPNetwork
    /// Its own, so that no other test holds it up.
    private let group: MultiThreadedEventLoopGroup
    private var events: AsyncStream<NetworkEvent>.Iterator

    init(
        _ listeners: [Endpoint],
        inherited: InheritedSockets = .none,
        settings: StreamSettings = StreamSettings(),
        tls: TLSSettings = TLSSettings()
    ) async throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        do {
            network = try await SIPNetwork.bind(
                listeners: listeners,
                inherited: inherited,
                on: group.next(),
                streams: settings,
                tls: tls,
                on: group.next()
            )
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
        let (stream, continuation) = AsyncStream<NetworkEvent>.makeStream()
        events = stream.makeAsyncIterator()
        let network = network
        try await network.eventLoop.submit { network.start(NetworkRecorder(continuation)) }.get()
    }

    func close() async throws {
        await network.close()
        try await group.shutdownGracefully()
    }

    func next() async -> NetworkEvent? { await events.next() }

    func send(_ text: String, to peer: Endpoint, from listener: UInt8 = 0) async throws {
        let network = network
        try await network.eventLoop.submit {
            network.send(Array(text.utf8), to: peer, from: ListenerID(listener))
            network.flush()
        }.get()
    }
}

/// A blocking TCP client on loopback, independent of the code under test.
struct StreamPeer: ~Copyable {
    private let descriptor: CInt

    init(connectingTo port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let name = SocketName(Endpoint(address: IPAddress(v4: 0x7F00_0001), port: port))
        let code = name.withPointer { [descriptor] in connect(descriptor, $0, $1) }
        try #require(code == 0)
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// A second descriptor, which the caller closes.
    func copy() -> CInt { dup(descriptor) }

    /// Waits for bytes; empty: the connection was closed; nil: nothing came in time.
    func receive() -> String? {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        if count < 0 { return errno == ECONNRESET ? "" : nil }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
