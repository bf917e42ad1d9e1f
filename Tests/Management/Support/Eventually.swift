import Testing

/// Waits until a condition holds, for a minute at most: what is waited for happens on threads of their own.
func eventually(_ what: String, _ condition: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("waited in vain for \(what)")
            return
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}
