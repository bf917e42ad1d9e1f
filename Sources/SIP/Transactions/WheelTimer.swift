/// The one timer of a transaction, armed in the shared wheel for the time its machine names.
struct WheelTimer: Sendable {
    private var armed: (id: TimerID, deadline: Milliseconds)?

    /// Arms it for `deadline`, unless it is.
    mutating func arm(_ token: TimerToken, at deadline: Milliseconds, on wheel: inout TimingWheel) {
        if let armed, armed.deadline == deadline { return }
        disarm(on: &wheel)
        armed = (wheel.schedule(token, at: deadline), deadline)
    }

    /// To be called before anything else when it has fired, too: the token that came may be one of an earlier time, when
    /// the timer was armed anew in the same turn of the wheel.
    mutating func disarm(on wheel: inout TimingWheel) {
        if let armed { wheel.cancel(armed.id) }
        armed = nil
    }
}

extension [UInt8] {
    /// The same bytes without much room behind them: for what is kept for half a minute.
    var compacted: [UInt8] {
        capacity > count + count / 4 ? withUnsafeBufferPointer { Array($0) } : self
    }
}
