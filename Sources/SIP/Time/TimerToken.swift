/// What a timer hands back when it fires: who armed it and for what.
///
/// One wheel serves all layers of the core. A layer puts its own number into `layer` and gives the other fields any
/// meaning it likes; most use the slot and the generation of the slab element that the timer belongs to, so that a timer
/// which outlives its element is recognised and ignored.
@usableFromInline package struct TimerToken: Hashable, Sendable {
    /// The layer that armed the timer: 1 transactions, 2 legs, 3 calls.
    @usableFromInline package var layer: UInt8
    /// Which of the layer's timers it is.
    @usableFromInline package var kind: UInt8
    /// The slot of the element that waits.
    @usableFromInline package var index: UInt32
    /// The generation of that slot when the timer was armed.
    @usableFromInline package var generation: UInt32

    @inlinable package init(layer: UInt8, kind: UInt8, index: UInt32, generation: UInt32) {
        self.layer = layer
        self.kind = kind
        self.index = index
        self.generation = generation
    }
}

/// Names one armed timer, in order to cancel it. Harmless once the timer has fired or has been cancelled.
@usableFromInline package struct TimerID: Hashable, Sendable {
    @usableFromInline let index: UInt32
    @usableFromInline let generation: UInt32

    @inlinable init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }
}
