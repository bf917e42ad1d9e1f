import CMemory
import Dispatch
import SIP

/// When the memory that a rush has left behind goes back to the system: once the call loop is at rest after work, and once more a
/// while later, when threads that write or publish what came of it are done, too.
struct MemoryTrim {
    /// At least so long from one time to the next.
    static let pause: Milliseconds = 10_000
    private static let timesAfterWork = 2

    private var timesLeft = 0
    private var earliest: Milliseconds = .min

    /// To be told every few seconds whether nothing is alive. True if now is the moment.
    mutating func isDue(isAtRest: Bool, now: Milliseconds) -> Bool {
        guard isAtRest else {
            timesLeft = Self.timesAfterWork
            return false
        }
        guard timesLeft > 0, now >= earliest else { return false }
        timesLeft -= 1
        earliest = now + Self.pause
        return true
    }

    /// On a thread of its own: it may take longer than a datagram should wait.
    static func trim() { DispatchQueue.global(qos: .utility).async { cmemory_trim() } }
}
