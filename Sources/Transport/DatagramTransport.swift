internal import NIOPosix
package import NIOCore
package import SIP

/// SIP, or anything else that is small, over UDP: one socket a listener, all on one event loop (RFC 3261 section 18).
///
/// Open it with `bind`, then call `start` on the loop; until then the kernel keeps what arrives. Datagrams go to a
/// `DatagramHandler`. Answers are collected with `send` and leave in one system call when the batch ends, or on `flush`.
///
///     let transport = try await DatagramTransport.bind(listeners: [endpoint], on: loop)
///     try await loop.submit { transport.start(handler) }.get()
///
/// What is lost (send errors, a full buffer) is counted and never closes a socket: SIP retransmits.
package final class DatagramTransport: Sendable {
    /// A socket as it came out: its address, with the real port if port 0 was asked for, and its receive buffer.
    package struct Listener: Sendable, Equatable {
        package let id: ListenerID
        package let local: Endpoint
        /// Bytes of receive buffer asked for, and granted under `net.core.rmem_max`.
        package let receiveBufferAsked: Int
        package let receiveBufferGranted: Int
    }

    package let eventLoop: any EventLoop
    /// In the order given to `bind`; the position is the `ListenerID`.
    package let listeners: [Listener]
    private let sockets: NIOLoopBound<DatagramSockets>

    private init(eventLoop: any EventLoop, listeners: [Listener], sockets: NIOLoopBound<DatagramSockets>) {
        self.eventLoop = eventLoop
        self.listeners = listeners
        self.sockets = sockets
    }

    /// Opens a socket for every endpoint, or none: then it throws a `BindError` that says which and why.
    ///
    /// - Parameter inherited: used where they are bound to one of the addresses.
    package static func bind(
        listeners: [Endpoint],
        inherited: InheritedSockets = .none,
        on eventLoop: any EventLoop
    ) async throws -> DatagramTransport {
        let opened = try open(listeners, inherited)
        let listeners = zip(UInt8.min..., opened).map { index, socket in
            Listener(
                id: ListenerID(index),
                local: socket.local,
                receiveBufferAsked: DatagramSocket.wantedBuffer,
                receiveBufferGranted: socket.receiveBuffer
            )
        }
        let descriptors = opened.map(\.descriptor)
        let sockets = try await eventLoop.submit {
            NIOLoopBound(DatagramSockets(descriptors: descriptors, eventLoop: eventLoop), eventLoop: eventLoop)
        }.get()
        let transport = DatagramTransport(eventLoop: eventLoop, listeners: listeners, sockets: sockets)
        for (index, socket) in opened.enumerated() {
            do {
                try await attach(socket.descriptor, as: listeners[index].id, to: sockets, on: eventLoop)
            } catch {
                // SwiftNIO closes the one that it was given.
                for socket in opened[(index + 1)...] { socket.close() }
                await transport.close()
                throw error
            }
        }
        return transport
    }

    private static func open(
        _ endpoints: [Endpoint],
        _ inherited: InheritedSockets
    ) throws(BindError) -> [DatagramSocket] {
        let limit = Int(UInt8.max)
        guard endpoints.count <= limit else { throw .tooManyListeners(count: endpoints.count, limit: limit) }
        var opened: [DatagramSocket] = []
        do {
            for endpoint in endpoints { opened.append(try .open(endpoint, inherited)) }
        } catch {
            for socket in opened { socket.close() }
            throw error
        }
        return opened
    }

    private static func attach(
        _ descriptor: CInt,
        as listener: ListenerID,
        to sockets: NIOLoopBound<DatagramSockets>,
        on eventLoop: any EventLoop
    ) async throws {
        let bootstrap = DatagramBootstrap(group: eventLoop)
            .channelOption(.autoRead, value: false)
            .channelOption(.datagramVectorReadMessageCount, value: ReceiveBuffer.datagrams)
            .channelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: ReceiveBuffer.capacity)
            )
            // One read for each time that there is something: another only to learn that there is no more costs as much, and of what
            // is left the loop is told again.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramReader(listener, sockets.value))
                    sockets.value.attach(channel, as: listener)
                }
            }
        _ = try await bootstrap.withBoundSocket(descriptor).get()
    }

    /// Starts reading. On the event loop only, once.
    package func start(_ handler: any DatagramHandler) {
        sockets.value.start(handler)
    }

    /// From here on the kernel throws away what arrives: for sockets that only send, and whose peers send all the time. On the
    /// event loop only.
    package func discardIncoming() {
        sockets.value.discardIncoming()
    }

    /// Lines a datagram up for the next flush. On the event loop only.
    package func send(_ bytes: [UInt8], to peer: Endpoint, from listener: ListenerID) {
        sockets.value.send(bytes, to: peer, from: listener)
    }

    /// Sends what waits, of all listeners. Needed after sends outside of a batch, by a timer for instance. On the event
    /// loop only.
    package func flush() {
        sockets.value.flush()
    }

    /// Where `peer` reaches this listener: its own address or, if it listens on all, the one on the way to that peer.
    ///
    /// nil if there is no way: no route, or the peer is of the other IP family. On the event loop only.
    package func localEndpoint(of listener: ListenerID, reaching peer: IPAddress) -> Endpoint? {
        guard Int(listener.index) < listeners.count else { return nil }
        var local = listeners[Int(listener.index)].local
        guard local.address.isIPv4 == peer.isIPv4 else { return nil }
        if local.address.isUnspecified {
            let now = Milliseconds(NIODeadline.now().uptimeNanoseconds / 1_000_000)
            guard let address = sockets.value.finder.localAddress(reaching: peer, now: now) else { return nil }
            local.address = address
        }
        return local
    }

    /// Second descriptors of the sockets, in the order of the listeners; whoever asks closes them. On the event loop only.
    func copies() -> [CInt?] { sockets.value.copies() }

    /// What went through so far. On the event loop only.
    package var counters: DatagramCounters { sockets.value.figures() }

    /// Sends what waits and closes all sockets. May be called from anywhere, and more than once.
    package func close() async {
        let closed = eventLoop.flatSubmit { [sockets, eventLoop] in
            EventLoopFuture.andAllComplete(sockets.value.close(), on: eventLoop)
        }
        // It fails only if the loop is already gone, and the sockets with it.
        try? await closed.get()
    }
}
