internal import Glibc
internal import NIOCore

/// The buffer that a UDP socket reads into: a slice for each datagram of a batch.
///
/// A datagram that is larger than its slice is cut off without a word, and no UDP datagram is larger than 64 KiB. What no datagram
/// touches of a slice costs nothing; what one has touched once would stay, in the end two megabytes of a socket that is sent large
/// datagrams now and then.
enum ReceiveBuffer {
    /// In one read (recvmmsg).
    static let datagrams = 32
    static let capacity = datagrams * (64 << 10)

    /// Bytes of a datagram that is not large: two pages.
    private static let usual = 8 << 10

    /// To be told of each datagram when it has been read: the memory of a large one goes back to the system, and is there again, as
    /// zeros, when the next one is written to it. Whoever looked at this datagram again would see zeros, too.
    static func giveBack(_ datagram: ByteBuffer) {
        guard datagram.readableBytes > usual else { return }
        datagram.withUnsafeReadableBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            let pages = wholePages(in: UInt(bitPattern: start)..<UInt(bitPattern: start) + UInt(bytes.count))
            guard !pages.isEmpty else { return }
            // Should the system not want it, it stays where it is.
            _ = madvise(UnsafeMutableRawPointer(bitPattern: pages.lowerBound), pages.count, MADV_DONTNEED)
        }
    }

    /// Those of some addresses that make whole pages: others may have the rest of theirs.
    static func wholePages(in addresses: Range<UInt>, size: UInt = pageSize) -> Range<UInt> {
        let first = (addresses.lowerBound + size - 1) / size * size
        let end = addresses.upperBound / size * size
        return first < end ? first..<end : first..<first
    }

    private static let pageSize = UInt(max(1, sysconf(CInt(_SC_PAGESIZE))))
}
