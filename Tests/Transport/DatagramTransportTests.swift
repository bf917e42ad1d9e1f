import NIOCore
import NIOPosix
import SIP
import Testing

@testable import Transport

private let loopback = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 0)
private let first = ListenerID(0)

@Suite("A datagram transport", .timeLimit(.minutes(5)))
struct DatagramTransportTests {
    /// Opens a transport on loopback whose handler calls `answer` for every datagram, and closes it after `body`.
    private func withTransport(
        _ listeners: [Endpoint] = [loopback],
        isStarted: Bool = true,
        answer: @escaping @Sendable (DatagramTransport, [UInt8], Endpoint, ListenerID) -> Void = { _, _, _, _ in },
        _ body: (DatagramTransport, inout AsyncStream<Event>.Iterator) async throws -> Void
    ) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let transport = try await DatagramTransport.bind(listeners: listeners, on: loop)
        let (stream, events) = AsyncStream<Event>.makeStream()
        if isStarted {
            try await loop.submit {
                transport.start(Recorder(events) { [unowned transport] in answer(transport, $0, $1, $2) })
            }.get()
        }
        var iterator = stream.makeAsyncIterator()
        do {
            try await body(transport, &iterator)
        } catch {
            await transport.close()
            throw error
        }
        await transport.close()
    }

    private func counters(_ transport: DatagramTransport) async throws -> DatagramCounters {
        try await transport.eventLoop.submit { transport.counters }.get()
    }

    @Test("says from whom and on which listener a datagram came")
    func source() async throws {
        let peer = try Peer()
        try await withTransport([loopback, loopback]) { transport, events in
            let second = transport.listeners[1]
            #expect(second.id == ListenerID(1))
            #expect(second.local.port != transport.listeners[0].local.port)
            _ = peer.send([1, 2, 3], to: second.local.port)
            #expect(await events.next() == .received([1, 2, 3], from: peer.endpoint, on: second.id))
            #expect(await events.next() == .batchEnded)
        }
    }

    @Test("takes datagrams that came before it was started, in one batch")
    func batch() async throws {
        let peer = try Peer()
        try await withTransport(isStarted: false) { transport, _ in
            for number in 0..<20 as Range<UInt8> { _ = peer.send([number], to: transport.listeners[0].local.port) }
            let (stream, continuation) = AsyncStream<Event>.makeStream()
            try await transport.eventLoop.submit { transport.start(Recorder(continuation) { _, _, _ in }) }.get()
            var events = stream.makeAsyncIterator()
            for number in 0..<20 as Range<UInt8> {
                #expect(await events.next() == .received([number], from: peer.endpoint, on: first))
            }
            #expect(await events.next() == .batchEnded)
        }
    }

    @Test("does not cut off a datagram", arguments: [0, 1, 1_500, 9_000, 60_000, 65_507])
    func sizes(count: Int) async throws {
        let peer = try Peer()
        let sent = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
        try await withTransport(answer: { $0.send($1, to: $2, from: $3) }) { transport, events in
            #expect(peer.send(sent, to: transport.listeners[0].local.port) == count)
            #expect(await events.next() == .received(sent, from: peer.endpoint, on: first))
            #expect(peer.receive()?.bytes == sent)
            let counters = try await counters(transport)
            #expect(counters.receivedBytes == UInt64(count) && counters.sentBytes == UInt64(count))
        }
    }

    /// The memory of a large one is given back when it has been read.
    @Test("takes large datagrams among small ones whole, one by one and some at a time", arguments: [1, 5])
    func largeAmongSmall(together: Int) async throws {
        let peer = try Peer()
        let sizes = [20, 9_000, 1, 60_000, 300, 12_000, 8_192, 5, 8_193, 700, 9_000]
        let all = (0..<120).map { number in
            [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: sizes[number % sizes.count])
        }
        try await withTransport { transport, events in
            var next = 0
            while next < all.count {
                let batch = all[next..<min(next + together, all.count)]
                for bytes in batch { #expect(peer.send(bytes, to: transport.listeners[0].local.port) == bytes.count) }
                for bytes in batch {
                    var event = await events.next()
                    while event == .batchEnded { event = await events.next() }
                    // No comparison of its own: 60,000 bytes are not to be shown one by one.
                    let isWhole = event == .received(bytes, from: peer.endpoint, on: first)
                    try #require(isWhole, "one of \(bytes.count) bytes behind \(next) others")
                }
                next += together
            }
        }
    }

    @Test("gives back whole pages, and nothing of what lies beside a datagram")
    func pages() {
        #expect(ReceiveBuffer.wholePages(in: 4_096..<12_288, size: 4_096) == 4_096..<12_288)
        #expect(ReceiveBuffer.wholePages(in: 4_097..<12_287, size: 4_096) == 8_192..<8_192)
        #expect(ReceiveBuffer.wholePages(in: 4_097..<12_288, size: 4_096) == 8_192..<12_288)
        #expect(ReceiveBuffer.wholePages(in: 5_000..<5_001, size: 4_096).isEmpty)
        #expect(ReceiveBuffer.wholePages(in: 0..<0, size: 4_096).isEmpty)
    }

    @Test("gives the memory of a large datagram back, and only of that")
    func memoryOfLargeOnes() {
        let size = 60_000
        var buffer = ByteBufferAllocator().buffer(capacity: 3 * size)
        buffer.writeBytes((0..<3 * size).map { UInt8(truncatingIfNeeded: $0 | 1) })
        guard let middle = buffer.getSlice(at: size, length: size) else { return }
        ReceiveBuffer.giveBack(middle)
        let isZero = buffer.readableBytesView.map { $0 == 0 }
        #expect(isZero[..<size].allSatisfy { !$0 } && isZero[(2 * size)...].allSatisfy { !$0 })
        // All but parts of a page at each end.
        #expect(isZero[size..<2 * size].count { $0 } >= 12 * 4_096)
    }

    @Test("answers from the port that was asked, all answers of a batch together")
    func reply() async throws {
        let peer = try Peer()
        let answer: @Sendable (DatagramTransport, [UInt8], Endpoint, ListenerID) -> Void = { transport, bytes, to, on in
            for copy in 0..<100 as Range<UInt8> { transport.send(bytes + [copy], to: to, from: on) }
            // Nothing leaves before the batch has ended.
            #expect(transport.counters.sent == 0)
        }
        try await withTransport([loopback, loopback], answer: answer) { transport, _ in
            let port = transport.listeners[1].local.port
            _ = peer.send([7], to: port)
            for copy in 0..<100 as Range<UInt8> {
                let answer = peer.receive()
                #expect(answer?.bytes == [7, copy])
                #expect(answer?.port == port)
            }
            let counters = try await counters(transport)
            #expect(counters.sent == 100)
        }
    }

    @Test("sends on flush what was not sent in a batch")
    func flush() async throws {
        let peer = try Peer()
        let endpoint = peer.endpoint
        try await withTransport { transport, _ in
            try await transport.eventLoop.submit {
                transport.send([42], to: endpoint, from: first)
                #expect(transport.counters.sent == 0)
                transport.flush()
                #expect(transport.counters.sent == 1)
            }.get()
            #expect(peer.receive()?.bytes == [42])
        }
    }

    @Test("counts what the kernel throws away while nobody reads")
    func overrun() async throws {
        try await withTransport { transport, _ in
            let (before, after) = try await transport.eventLoop.submit {
                // The loop is busy with this, so nothing is read until the receive buffer is full.
                let peer = try Peer()
                let large = [UInt8](repeating: 0, count: 60_000)
                let before = transport.counters.overrun
                for _ in 0..<10_000 where transport.counters.overrun == 0 {
                    _ = peer.send(large, to: transport.listeners[0].local.port)
                }
                return (before, transport.counters.overrun)
            }.get()
            #expect(before == 0 && after > 0)
        }
    }

    @Test("sends what waits when it is closed, and takes no more")
    func close() async throws {
        let peer = try Peer()
        let endpoint = peer.endpoint
        try await withTransport { transport, _ in
            try await transport.eventLoop.submit { transport.send([1], to: endpoint, from: first) }.get()
            await transport.close()
            #expect(peer.receive()?.bytes == [1])
            try await transport.eventLoop.submit { transport.send([2], to: endpoint, from: first) }.get()
            let counters = try await counters(transport)
            #expect(counters.dropped == 1)
        }
    }

    // Each of these makes SwiftNIO's own datagram channel close itself.
    @Test(
        "counts a refused datagram, sends the ones around it and stays open",
        arguments: [
            Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 0),
            Endpoint(address: IPAddress(v4: 0xFFFF_FFFF), port: 5060),
            Endpoint(address: IPAddress(high: 0, low: 1), port: 5060),
            Endpoint(address: IPAddress(v4: 0xC000_0201), port: 5060),
        ]
    )
    func refused(destination: Endpoint) async throws {
        let peer = try Peer()
        let endpoint = peer.endpoint
        try await withTransport { transport, events in
            try await transport.eventLoop.submit {
                transport.send([1], to: endpoint, from: first)
                transport.send([0], to: destination, from: first)
                transport.send([2], to: endpoint, from: first)
                transport.flush()
            }.get()
            #expect(peer.receive()?.bytes == [1])
            #expect(peer.receive()?.bytes == [2])
            let counters = try await counters(transport)
            #expect(counters.sent == 2 && counters.sendErrors == 1)
            _ = peer.send([3], to: transport.listeners[0].local.port)
            #expect(await events.next() == .received([3], from: endpoint, on: first))
        }
    }

    @Test("stays open when a peer's port is closed")
    func nobodyThere() async throws {
        let gone = Endpoint(address: IPAddress(v4: 0x7F58_0002), port: 9)
        let peer = try Peer()
        try await withTransport { transport, events in
            for _ in 0..<3 {
                try await transport.eventLoop.submit {
                    transport.send([1], to: gone, from: first)
                    transport.flush()
                }.get()
            }
            _ = peer.send([3], to: transport.listeners[0].local.port)
            #expect(await events.next() == .received([3], from: peer.endpoint, on: first))
        }
    }

    @Test("counts a datagram that UDP cannot carry, without trying it")
    func oversized() async throws {
        try await withTransport { transport, _ in
            try await transport.eventLoop.submit {
                transport.send([UInt8](repeating: 0, count: 65_508), to: loopback, from: first)
            }.get()
            let counters = try await counters(transport)
            #expect(counters.oversized == 1)
        }
    }

    @Test("lets the kernel throw away what nobody wants to hear, and sends on")
    func discards() async throws {
        let peer = try Peer()
        try await withTransport { transport, events in
            let port = transport.listeners[0].local.port
            _ = peer.send([1], to: port)
            #expect(await events.next() == .received([1], from: peer.endpoint, on: first))
            #expect(await events.next() == .batchEnded)
            try await transport.eventLoop.submit { transport.discardIncoming() }.get()
            for _ in 0..<100 { _ = peer.send([2], to: port) }
            let endpoint = peer.endpoint
            try await transport.eventLoop.submit {
                transport.send([3], to: endpoint, from: first)
                transport.flush()
            }.get()
            #expect(peer.receive()?.bytes == [3])
            let counters = try await counters(transport)
            #expect(counters.received == 1)
        }
    }

    @Test("reports the receive buffer it got")
    func receiveBuffer() async throws {
        try await withTransport { transport, _ in
            let listener = transport.listeners[0]
            #expect(listener.receiveBufferAsked == 8 << 20)
            #expect(listener.receiveBufferGranted > 0 && listener.receiveBufferGranted <= listener.receiveBufferAsked)
        }
    }
}
