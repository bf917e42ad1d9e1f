import Glibc
import Logging
import SIP
import Systemd
import Transport

/// The sockets of `sip.listen` in the descriptor store of the service manager: what arrives while no process runs waits in
/// them for the next one.
struct KeptSockets {
    private let manager: ServiceManager
    private let stored: [StoredDescriptor]
    /// Left by the process before.
    let inherited: InheritedSockets

    /// Takes what the manager has for us.
    init(from manager: ServiceManager) {
        self.manager = manager
        stored = StoredDescriptor.received()
        inherited = InheritedSockets(stored.map(\.descriptor))
    }

    private init(manager: ServiceManager) {
        self.manager = manager
        stored = []
        inherited = .none
    }

    /// Of one who has given all back: their numbers belong to other files by now.
    static func none(_ manager: ServiceManager) -> KeptSockets { KeptSockets(manager: manager) }

    /// Gives all back: a standby must not hold the addresses of the owner.
    func release() { remove(stored) }

    /// Has the manager keep the sockets of the network, and none else.
    func keep(_ network: SIPNetwork, asked: [Endpoint], logger: Logger) async throws {
        let used = inherited.descriptors(for: asked)
        // Before the others are stored, of which one may have the same name.
        remove(stored.filter { !used.contains($0.descriptor) })
        if !used.isEmpty {
            let names = stored.filter { used.contains($0.descriptor) }.map(\.name)
            logger.info("sockets of the last process go on", metadata: ["sockets": "\(names.joined(separator: " "))"])
        }
        for (local, descriptor) in try await network.copies() {
            manager.store(descriptor, as: StoredDescriptor.name("\(local)"))
        }
    }

    private func remove(_ unwanted: [StoredDescriptor]) {
        for stored in unwanted {
            close(stored.descriptor)
            manager.notify(.forget(name: stored.name))
        }
    }
}
