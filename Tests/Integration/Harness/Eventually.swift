/// What was waited for, and did not come.
struct NotInTime: Error, CustomStringConvertible {
    let what: String
    let within: Duration

    var description: String { "waited \(within) in vain: \(what)" }
}

/// Waits until `condition` gives a value, looking again every so often.
///
/// These tests watch programs that have clocks of their own, so they cannot move time; they wait for a condition, and a
/// condition that does not come fails the test with its name.
///
/// - Throws: `NotInTime` when the time is over, or what `condition` throws.
@discardableResult
func eventually<Value>(
    _ what: @autoclosure () -> String,
    within: Duration = .seconds(15),
    every pause: Duration = .milliseconds(25),
    _ condition: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + within
    while true {
        if let value = try await condition() { return value }
        guard clock.now < deadline else { throw NotInTime(what: what(), within: within) }
        try await clock.sleep(for: pause)
    }
}

extension Bool {
    /// A condition without a value, for `eventually`.
    var asCondition: Void? { self ? () : nil }
}
