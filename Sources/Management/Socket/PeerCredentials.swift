import Glibc
import NIOCore

extension Requester {
    /// Who is at the other end of a Unix socket, as the kernel knew him when he connected.
    ///
    /// In a user namespace (PrivateUsers) every other user is 65534; the unit does without for that reason.
    static func peer(of channel: any Channel) async -> Requester {
        guard let options = channel as? any SocketOptionProvider else { return .unknown }
        // struct ucred of unix(7): pid, uid, gid. Glibc shows it only to programs that define _GNU_SOURCE.
        let answer: EventLoopFuture<(Int32, UInt32, UInt32)> = options.unsafeGetSocketOption(
            level: .socket,
            name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        )
        guard let (process, user, _) = try? await answer.get() else { return .unknown }
        return .process(user: user, process: process)
    }
}
