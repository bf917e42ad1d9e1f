import CSystemd
import Glibc

/// A descriptor that the service manager keeps while no process of the service runs (sd_notify(3), FDSTORE).
package struct StoredDescriptor: Sendable, Equatable {
    package let descriptor: Int32
    /// What it was stored as.
    package let name: String

    /// Those that the manager has handed to this process. To be asked once, before threads are started: the variables that
    /// tell of them are removed from the environment.
    package static func received() -> [StoredDescriptor] {
        var received: [StoredDescriptor] = []
        withUnsafeMutablePointer(to: &received) { list in
            cc_receive_descriptors(list) { context, descriptor, name in
                let list = context.assumingMemoryBound(to: [StoredDescriptor].self)
                list.pointee.append(StoredDescriptor(descriptor: descriptor, name: String(cString: name)))
            }
        }
        return received
    }

    /// A name as the manager takes it: printable ASCII without colons, 255 bytes at most.
    package static func name(_ text: String) -> String {
        String(
            text.unicodeScalars.prefix(255).map { scalar in
                scalar.isASCII && scalar.value > 0x20 && scalar.value < 0x7F && scalar != ":" ? Character(scalar) : "_"
            }
        )
    }
}
