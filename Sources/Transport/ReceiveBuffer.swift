internal import NIOCore

/// Makes the buffer that a UDP socket reads into: a slice for each datagram of a batch.
///
/// A datagram that is larger than its slice is cut off without a word, and no UDP datagram is larger than 64 KiB. The pages of a
/// slice that no datagram has touched cost nothing; those that one has touched once would stay. So a buffer that took an unusually
/// large datagram is not used again: `DatagramReader` holds on to it until the next read, for which SwiftNIO then takes another.
struct ReceiveBuffer: RecvByteBufferAllocator {
    /// In one read (recvmmsg).
    static let datagrams = 32
    private static let slice = 64 << 10

    /// Bytes of a datagram that is not unusual: two pages.
    static let usualDatagram = 8 << 10

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: Self.datagrams * Self.slice)
    }

    mutating func record(actualReadBytes: Int) -> Bool { false }

    // Without a `nextBufferSize` SwiftNIO keeps one buffer, not a pool, and takes other memory for it when somebody holds a part of it.
}
