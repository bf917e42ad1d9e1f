internal import Glibc
package import SIP

/// Which of our addresses a peer sees: the source address that the kernel would choose towards it.
///
/// A wildcard listener does not know its own address, yet Via, Contact and SDP need one. Connecting a UDP socket sends
/// nothing; it makes the kernel look up the route and settle the source address. That takes four system calls,
/// some microseconds, so answers are remembered for a while, not for ever: routes change.
package struct LocalAddressFinder {
    /// Answers remembered at a time; when there are more peers than that, all are forgotten.
    package static let capacity = 4_096
    /// How long an answer holds.
    package static let lifetime: Milliseconds = 30_000

    private struct Answer {
        let local: IPAddress?
        let expires: Milliseconds
    }

    private var answers: [IPAddress: Answer] = [:]

    package init() {}

    /// Our address as `peer` sees it; nil if there is no route to it.
    package mutating func localAddress(reaching peer: IPAddress, now: Milliseconds) -> IPAddress? {
        if let answer = answers[peer], now < answer.expires { return answer.local }
        if answers.count >= Self.capacity { answers.removeAll(keepingCapacity: true) }
        let local = Self.probe(peer)
        answers[peer] = Answer(local: local, expires: now + Self.lifetime)
        return local
    }

    package var count: Int { answers.count }

    // A socket of its own each time: a second connect of the same socket would keep the first source address.
    private static func probe(_ peer: IPAddress) -> IPAddress? {
        let descriptor = socket(
            peer.isIPv4 ? AF_INET : AF_INET6,
            Int32(SOCK_DGRAM.rawValue | UInt32(SOCK_CLOEXEC.rawValue)),
            0
        )
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // Any port will do; 9 is "discard".
        let name = SocketName(Endpoint(address: peer, port: 9))
        guard name.withPointer({ connect(descriptor, $0, $1) }) == 0 else { return nil }
        return SocketName(localOf: descriptor)?.endpoint.address
    }
}
