package import NIOCore
package import SIP

/// What a `SIPNetwork` calls, always on the call loop.
package protocol NetworkHandler: DatagramHandler {
    /// A peer cannot be reached over a stream, or a connection that he owed us something on is lost.
    func unreachable(_ peer: Endpoint, on listener: ListenerID)
}

/// All sockets of `sip.listen`, UDP and streams, under one numbering: datagrams are read on the call loop itself, streams on a
/// loop of their own that hands whole messages over.
///
///     let network = try await SIPNetwork.bind(listeners: endpoints, on: callLoop, streams: settings, on: streamLoop)
///     try await callLoop.submit { network.start(handler) }.get()
package final class SIPNetwork: Sendable {
    /// A socket as it came out, with the real port if port 0 was asked for.
    package struct Listener: Sendable, Equatable {
        package let id: ListenerID
        package let local: Endpoint
        /// Of UDP sockets: bytes of receive buffer asked for and granted.
        package let receiveBuffer: (asked: Int, granted: Int)?

        package static func == (one: Listener, other: Listener) -> Bool {
            one.id == other.id && one.local == other.local
        }
    }

    /// The call loop.
    package let eventLoop: any EventLoop
    /// In the order given to `bind`; the position is the `ListenerID`.
    package let listeners: [Listener]
    private let datagrams: DatagramTransport
    private let streams: StreamTransport
    private let tls: TLSBox
    /// Names that TLS peers are found by; whoever finds them numbers them here.
    package let domains: DomainNames
    /// The position of each UDP listener among all, by its number in `datagrams`, and the other way round.
    private let ofDatagram: [ListenerID]
    private let toDatagram: [ListenerID?]
    private let state: NIOLoopBound<State>

    private final class State {
        var finder = LocalAddressFinder()
        var outgoing: [Outgoing] = []
    }

    private init(
        eventLoop: any EventLoop,
        listeners: [Listener],
        datagrams: DatagramTransport,
        streams: StreamTransport,
        tls: TLSBox,
        domains: DomainNames,
        ofDatagram: [ListenerID],
        state: NIOLoopBound<State>
    ) {
        self.eventLoop = eventLoop
        self.listeners = listeners
        self.datagrams = datagrams
        self.streams = streams
        self.tls = tls
        self.domains = domains
        self.ofDatagram = ofDatagram
        var toDatagram = [ListenerID?](repeating: nil, count: listeners.count)
        for (index, id) in ofDatagram.enumerated() { toDatagram[Int(id.index)] = ListenerID(UInt8(clamping: index)) }
        self.toDatagram = toDatagram
        self.state = state
    }

    /// Opens a socket for every endpoint, or none: then it throws a `BindError` that says which and why, or a `TLSProblem`.
    ///
    /// - Parameter inherited: used where they are bound to one of the addresses.
    package static func bind(
        listeners endpoints: [Endpoint],
        inherited: InheritedSockets = .none,
        on eventLoop: any EventLoop,
        streams settings: StreamSettings,
        tls: TLSSettings = TLSSettings(),
        on streamLoop: any EventLoop
    ) async throws -> SIPNetwork {
        let limit = Int(UInt8.max)
        guard endpoints.count <= limit else { throw BindError.tooManyListeners(count: endpoints.count, limit: limit) }
        let hasTLS = endpoints.contains { $0.transport == .tls }
        let contexts = TLSBox(hasTLS ? try TLSContexts(tls) : nil)
        let domains = DomainNames()
        let numbered = zip(UInt8.min..., endpoints).map { (id: ListenerID($0), endpoint: $1) }
        let ofDatagram = numbered.filter { $0.endpoint.transport == .udp }.map(\.id)
        let datagrams = try await DatagramTransport.bind(
            listeners: endpoints.filter { $0.transport == .udp },
            inherited: inherited,
            on: eventLoop
        )
        let streams: StreamTransport
        do {
            streams = try await StreamTransport.bind(
                numbered.filter { $0.endpoint.transport.isStream },
                inherited: inherited,
                settings: settings,
                tls: contexts,
                domains: domains,
                on: streamLoop
            )
        } catch {
            await datagrams.close()
            throw error
        }
        let opened =
            zip(ofDatagram, datagrams.listeners).map { id, listener in
                Listener(
                    id: id,
                    local: listener.local,
                    receiveBuffer: (listener.receiveBufferAsked, listener.receiveBufferGranted)
                )
            } + streams.listeners.map { Listener(id: $0.id, local: $0.local, receiveBuffer: nil) }
        let state = try await eventLoop.submit { NIOLoopBound(State(), eventLoop: eventLoop) }.get()
        return SIPNetwork(
            eventLoop: eventLoop,
            listeners: opened.sorted { $0.id.index < $1.id.index },
            datagrams: datagrams,
            streams: streams,
            tls: contexts,
            domains: domains,
            ofDatagram: ofDatagram,
            state: state
        )
    }

    /// Reads certificate, key and roots again: new handshakes are made with them, connections that stand are left alone. What
    /// cannot be used changes nothing. From anywhere; without a TLS listener it does nothing.
    package func reloadTLS(_ settings: TLSSettings) throws(TLSProblem) {
        guard tls.current != nil else { return }
        tls.replace(by: try TLSContexts(settings))
    }

    /// Who of those that connect is known, from now on; nobody is before. From anywhere.
    package func trust(_ trust: StreamTrust) { streams.trust(trust) }

    /// Starts reading. On the call loop only, once.
    package func start(_ handler: any NetworkHandler) {
        datagrams.start(Renumbering(handler, ofDatagram))
        let handler = NIOLoopBound(handler, eventLoop: eventLoop)
        let outlet = StreamTable.Outlet(
            received: { [eventLoop] messages, peer, listener, done in
                eventLoop.execute {
                    for message in messages { handler.value.received(message, from: peer, on: listener) }
                    handler.value.batchEnded()
                    self.flush()
                    done()
                }
            },
            unreachable: { [eventLoop] peer, listener in
                eventLoop.execute {
                    handler.value.unreachable(peer, on: listener)
                    handler.value.batchEnded()
                    self.flush()
                }
            }
        )
        streams.start(outlet) { [eventLoop] listener, reason in
            eventLoop.execute { handler.value.listenerFailed(listener, reason: reason) }
        }
    }

    /// Lines a message up for the next flush. On the call loop only.
    package func send(_ bytes: [UInt8], to peer: Endpoint, from listener: ListenerID) {
        if peer.transport.isStream {
            state.value.outgoing.append(Outgoing(bytes: bytes, destination: peer, listener: listener))
        } else if Int(listener.index) < toDatagram.count, let own = toDatagram[Int(listener.index)] {
            datagrams.send(bytes, to: peer, from: own)
        }
    }

    /// Sends what waits. On the call loop only.
    package func flush() {
        datagrams.flush()
        flushStreams()
    }

    /// Hands messages for streams to their loop: UDP sockets flush by themselves when a batch ends.
    package func flushStreams() {
        guard !state.value.outgoing.isEmpty else { return }
        streams.send(state.value.outgoing)
        state.value.outgoing.removeAll()
    }

    /// Which address of ours `peer` can reach where we listen on all; nil if there is no route. On the call loop only.
    package func localAddress(reaching peer: IPAddress) -> IPAddress? {
        let now = Milliseconds(NIODeadline.now().uptimeNanoseconds / 1_000_000)
        return state.value.finder.localAddress(reaching: peer, now: now)
    }

    /// What went through so far. On the call loop only.
    package var counters: DatagramCounters { datagrams.counters }

    /// The same of streams; from anywhere.
    package var streamCounters: StreamCounters { streams.counters }

    /// A second descriptor of each socket, with its address; whoever asks closes them. The sockets stay open as long as
    /// one descriptor does, and the kernel keeps what arrives.
    package func copies() async throws -> [(local: Endpoint, descriptor: CInt)] {
        let datagrams = try await eventLoop.submit { self.datagrams.copies() }.get()
        let descriptors = zip(self.datagrams.listeners.map(\.local), datagrams)
        let streams = zip(self.streams.listeners.map(\.local), try await streams.copies())
        return (Array(descriptors) + Array(streams)).compactMap { local, descriptor in
            descriptor.flatMap { $0 >= 0 ? (local, $0) : nil }
        }
    }

    /// Sends what waits and closes all sockets. May be called from anywhere, and more than once.
    package func close() async {
        try? await eventLoop.submit { self.flush() }.get()
        await datagrams.close()
        await streams.close()
    }
}

/// Gives UDP sockets the numbers that they have in `sip.listen`.
private final class Renumbering: DatagramHandler {
    private let handler: any NetworkHandler
    private let numbers: [ListenerID]

    init(_ handler: any NetworkHandler, _ numbers: [ListenerID]) {
        self.handler = handler
        self.numbers = numbers
    }

    func received(_ bytes: [UInt8], from peer: Endpoint, on listener: ListenerID) {
        handler.received(bytes, from: peer, on: numbers[Int(listener.index)])
    }

    func batchEnded() { handler.batchEnded() }

    func listenerFailed(_ listener: ListenerID, reason: String) {
        handler.listenerFailed(numbers[Int(listener.index)], reason: reason)
    }
}
