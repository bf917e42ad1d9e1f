import Dispatch
import Synchronization

/// A continuation that several may resume; the first one does.
final class OneAnswer: Sendable {
    private let continuation: Mutex<CheckedContinuation<Bool, Never>?>

    init(_ continuation: CheckedContinuation<Bool, Never>) { self.continuation = Mutex(continuation) }

    func give(_ answer: Bool) {
        let waiting = continuation.withLock { $0.take() }
        waiting?.resume(returning: answer)
    }
}

extension Duration {
    /// Nothing here is longer than minutes, which an `Int` of nanoseconds holds.
    var nanoseconds: Int {
        let seconds = Int(clamping: min(components.seconds, 3_600))
        return seconds * 1_000_000_000 + Int(clamping: components.attoseconds / 1_000_000_000)
    }
}

extension DispatchTime {
    static func after(_ duration: Duration) -> DispatchTime { .now() + .nanoseconds(duration.nanoseconds) }
}
