import Glibc
import SIP

/// The core's clock: milliseconds that only go forward, whatever happens to the time of day.
struct SteadyClock: Sendable {
    var now: Milliseconds { Self.read(CLOCK_MONOTONIC) }

    /// Time of day since 1970 minus `now`: what makes a moment of this clock one that people know.
    var wallOffset: Milliseconds { Self.read(CLOCK_REALTIME) - now }

    /// For the delay of the loop: the same clock, finer.
    var microseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    private static func read(_ clock: clockid_t) -> Milliseconds {
        var time = timespec()
        clock_gettime(clock, &time)
        return Milliseconds(time.tv_sec) * 1_000 + Milliseconds(time.tv_nsec) / 1_000_000
    }
}
