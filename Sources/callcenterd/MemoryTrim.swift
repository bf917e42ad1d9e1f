import CMemory
import Dispatch
import SIP

/// When the memory that a rush has left behind goes back to the system: once the call loop is at rest after work, and not again for
/// a while.
struct MemoryTrim {
    /// At least so long from one time to the next.
    static let pause: Milliseconds = 10_000

    private var hasWorked = false
    private var earliest: Milliseconds = .min

    /// To be told every few seconds whether nothing is alive. True if now is the moment.
    mutating func isDue(isAtRest: Bool, now: Milliseconds) -> Bool {
        guard isAtRest else {
            hasWorked = true
            return false
        }
        guard hasWorked, now >= earliest else { return false }
        hasWorked = false
        earliest = now + Self.pause
        return true
    }

    /// On a thread of its own: it may take longer than a datagram should wait.
    static func trim() { DispatchQueue.global(qos: .utility).async { cmemory_trim() } }
}
