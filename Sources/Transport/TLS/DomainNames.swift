internal import Synchronization

/// Names of TLS peers by number, so that an `Endpoint` can say which name its certificate must show. From any thread.
///
/// Numbers hold as long as the process. There is a bound, beyond which names are not taken: names of peers come from provisioning
/// and from the Contacts of those who are in a call, so it is far away.
package final class DomainNames: Sendable {
    /// The number of peers who have come to us by themselves: no name has it.
    static let ofNobody = UInt32.max

    private struct Names {
        var byNumber: [String] = []
        var numbers: [String: UInt32] = [:]
    }

    private let names = Mutex(Names())
    private let limit: Int

    package init(limit: Int = 65_536) { self.limit = limit }

    /// The number of a name, from 1; nil if there is no room for it.
    package func number(of name: String) -> UInt32? {
        names.withLock { names in
            if let number = names.numbers[name] { return number }
            guard names.byNumber.count < limit else { return nil }
            names.byNumber.append(name)
            let number = UInt32(clamping: names.byNumber.count)
            names.numbers[name] = number
            return number
        }
    }

    /// The name of a number; nil for 0.
    package func name(of number: UInt32) -> String? {
        names.withLock { names in
            let index = Int(number) - 1
            return names.byNumber.indices.contains(index) ? names.byNumber[index] : nil
        }
    }
}
