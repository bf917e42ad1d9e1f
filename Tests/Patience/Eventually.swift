/// What was waited for, and did not come.
package struct NotInTime: Error, CustomStringConvertible {
    let what: String
    let within: Duration

    package var description: String { "waited \(within) in vain: \(what)" }
}

/// Waits until `condition` gives a value, looking again every so often.
///
/// Programs, servers and threads have clocks of their own, which tests cannot move; they wait for a condition, and one that does not
/// come fails the test with its name.
///
/// - Throws: `NotInTime` when the time is over, or what `condition` throws.
@discardableResult
package func eventually<Value>(
    _ what: @autoclosure () -> String,
    within: Duration = .seconds(60),
    every pause: Duration = .milliseconds(10),
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

/// Waits until a condition holds.
package func eventually(
    _ what: @autoclosure () -> String,
    within: Duration = .seconds(60),
    every pause: Duration = .milliseconds(10),
    _ condition: () async throws -> Bool
) async throws {
    let _: Void = try await eventually(what(), within: within, every: pause) { try await condition() ? () : nil }
}
