/// What somebody may still send of new requests, filled up as time passes: a flood must not take from others what they need.
package struct RequestBucket: Sendable {
    /// In thousandths of a request.
    private var rest: Int
    private var filled: Milliseconds

    /// One that is full.
    ///
    /// - Parameter most: requests that it holds.
    package init(most: Int, now: Milliseconds) {
        rest = min(most, Self.mostEver) * 1_000
        filled = now
    }

    /// When it was last asked for one.
    package var lastAsked: Milliseconds { filled }

    /// Takes one; false if there is none.
    ///
    /// - Parameters:
    ///   - rate: requests a second that come in.
    ///   - most: requests that it holds after a pause.
    package mutating func take(rate: Int, most: Int, now: Milliseconds) -> Bool {
        let passed = Int(clamping: min(max(0, now - filled), 10_000))
        rest = min(min(most, Self.mostEver) * 1_000, rest + passed * min(rate, Self.mostEver))
        filled = now
        guard rest >= 1_000 else { return false }
        rest -= 1_000
        return true
    }

    /// More than anybody sends: sums stay far from where they overflow.
    private static let mostEver = 1_000_000_000
}
