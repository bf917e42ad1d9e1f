import Foundation
import Glibc
import Synchronization

/// Free ports of the loopback addresses, below the range from which the kernel takes its own.
///
/// A port is tried by binding it for UDP and TCP and is given out once in this process. Another program may still take it
/// before ours binds it, so whoever starts a program tries again with another port. The ports from 32000 on are left to
/// baresip for RTP, which looks for free ones itself.
enum Ports {
    struct Exhausted: Error {}

    private static let range: ClosedRange<UInt16> = 15_000...31_999
    private static let next = Mutex(range.lowerBound + UInt16(getpid() % 160) * 100)

    static func free() throws -> UInt16 {
        try next.withLock { next in
            for _ in range {
                let port = next
                next = port == range.upperBound ? range.lowerBound : port + 1
                if isFree(port, SOCK_DGRAM), isFree(port, SOCK_STREAM) { return port }
            }
            throw Exhausted()
        }
    }

    /// A UDP socket of our own on a free port of 127.0.0.1; another one when a program was quicker to take it.
    static func openFree() throws -> Socket {
        for _ in 1...9 {
            if let socket = try? Socket(SOCK_DGRAM, boundTo: "127.0.0.1", free()) { return socket }
        }
        return try Socket(SOCK_DGRAM, boundTo: "127.0.0.1", free())
    }

    private static let mediaRange: ClosedRange<UInt16> = 8_000...14_999
    private static let nextMedia = Mutex(mediaRange.lowerBound + UInt16(getpid() % 80) * 80)

    /// A port for the RTP of a sipp, which takes the one two above it as well. Left to itself sipp looks from 6000 on and gives
    /// up after a hundred, which is too few when many tests wait for their last transaction.
    static func freeForMedia() throws -> UInt16 {
        try nextMedia.withLock { next in
            for _ in mediaRange {
                let port = next
                next = port + 7 > mediaRange.upperBound ? mediaRange.lowerBound : port + 4
                if isFree(port, SOCK_DGRAM), isFree(port + 2, SOCK_DGRAM) { return port }
            }
            throw Exhausted()
        }
    }

    private static func isFree(_ port: UInt16, _ type: __socket_type) -> Bool {
        guard let socket = try? Socket(type, boundTo: "0.0.0.0", port) else { return false }
        socket.close()
        return true
    }

    /// Whether some program of this machine has bound the UDP port.
    static func isBound(udp port: UInt16) -> Bool {
        isBound(port, in: "/proc/net/udp") || isBound(port, in: "/proc/net/udp6")
    }

    /// Whether some program of this machine has bound the TCP port.
    static func isBound(tcp port: UInt16) -> Bool {
        isBound(port, in: "/proc/net/tcp") || isBound(port, in: "/proc/net/tcp6")
    }

    private static func isBound(_ port: UInt16, in file: String) -> Bool {
        let hexadecimal = String(port, radix: 16, uppercase: true)
        let wanted = ":" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
        guard let table = FileHandle(forReadingAtPath: file), let data = try? table.readToEnd() else {
            return false
        }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").contains { line in
            let fields = line.split(separator: " ", maxSplits: 2)
            return fields.count > 1 && fields[1].hasSuffix(wanted)
        }
    }
}
