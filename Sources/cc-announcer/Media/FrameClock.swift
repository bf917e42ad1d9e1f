/// Says how many frames of 20 ms are due, without drift: deadlines are a multiple of 20 ms from the first one, however
/// late a frame was.
struct FrameClock: Equatable {
    /// Nanoseconds a frame.
    static let interval: UInt64 = 20_000_000
    /// When more frames than this are late, they are skipped: a burst would only overflow the listener's buffer.
    static let patience = 5

    /// Nanoseconds, on a steady clock.
    private(set) var next: UInt64

    /// The first frame is due at once.
    init(now: UInt64) { next = now }

    /// Frames that are due: those to send, and those before them to leave out.
    mutating func due(now: UInt64) -> (send: Int, skip: Int) {
        guard now >= next else { return (0, 0) }
        let frames = Int(clamping: (now - next) / Self.interval) + 1
        next += UInt64(frames) * Self.interval
        return frames > Self.patience ? (1, frames - 1) : (frames, 0)
    }
}
