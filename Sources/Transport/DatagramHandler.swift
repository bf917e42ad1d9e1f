package import SIP

/// What a `DatagramTransport` calls, always on its event loop.
package protocol DatagramHandler: AnyObject {
    /// A datagram came in. The bytes are a copy of the receiver's own.
    func received(_ bytes: [UInt8], from peer: Endpoint, on listener: ListenerID)

    /// No more datagrams for now. What is sent until this returns leaves with those before it in one flush.
    func batchEnded()

    /// A socket of ours is dead, although nobody closed it: the program should end and be started again.
    func listenerFailed(_ listener: ListenerID, reason: String)
}

/// What went through a transport since it was opened, all listeners together.
package struct DatagramCounters: Sendable, Equatable {
    package var received: UInt64 = 0
    package var receivedBytes: UInt64 = 0
    package var sent: UInt64 = 0
    package var sentBytes: UInt64 = 0
    /// Datagrams that the kernel refused: no route, port 0, a firewall, an address of another family.
    package var sendErrors: UInt64 = 0
    /// Datagrams not tried, being larger than UDP can carry.
    package var oversized: UInt64 = 0
    /// Datagrams not tried, the kernel's buffer and our queue being full, or the socket closed.
    package var dropped: UInt64 = 0
    /// Datagrams that the kernel threw away, since the receive buffer was full.
    package var overrun: UInt64 = 0

    package init() {}
}
