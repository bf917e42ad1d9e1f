package import CallCenter
import Synchronization
package import Telemetry

/// `Control` with patience: every question has a deadline, and only so many are under way at a time. A call loop that
/// hangs costs each asker one clear refusal and the process next to nothing.
package struct BoundedControl: Sendable {
    /// How long to wait for an answer.
    package struct Patience: Sendable {
        /// A probe of the loop; also the longest that /healthz takes.
        package var health = Duration.seconds(1)
        /// A snapshot, or a command that only the loop has to do with.
        package var command = Duration.seconds(5)
        /// A command that waits for a database. Below the ten seconds after which `ccctl` gives up.
        package var reload = Duration.seconds(8)

        package init() {}
    }

    private let control: Control
    private let patience: Patience
    private let underWay: Budget

    /// - Parameter limit: questions under way, those included whose asker has given up.
    package init(_ control: Control, patience: Patience = Patience(), limit: Int = 256) {
        self.control = control
        self.patience = patience
        self.underWay = Budget(limit: limit)
    }

    package func snapshot() async throws(ControlError) -> Snapshot {
        try await ask(within: patience.command, control.snapshot)
    }

    package func reload(for requester: Requester) async throws(ControlError) -> ProvisioningReport {
        try await ask(within: patience.reload, whom: "the database or the call loop") { [control] in
            await control.reload(requester)
        }.get()
    }

    package func perform(_ order: Order, for requester: Requester) async throws(ControlError) -> String {
        try await ask(within: patience.command) { [control] in await control.perform(order, requester) }.get()
    }

    /// Never throws: a loop that does not answer is bad health.
    package func health() async -> Health {
        do throws(ControlError) {
            return try await ask(within: patience.health, control.health)
        } catch {
            return .bad(reason: error.message)
        }
    }

    /// As `health`, for whether new calls are welcome.
    package func readiness() async -> Health {
        do throws(ControlError) {
            return try await ask(within: patience.health, control.readiness)
        } catch {
            return .bad(reason: error.message)
        }
    }

    /// The question goes on when its time is over: what was posted to the loop takes effect, only nobody waits for it.
    private func ask<Answer: Sendable>(
        within limit: Duration,
        whom: String = "the call loop",
        _ question: @escaping @Sendable () async -> Answer
    ) async throws(ControlError) -> Answer {
        guard underWay.take() else {
            throw .unavailable("the call loop has \(underWay.limit) questions unanswered")
        }
        let answer: Answer? = await withCheckedContinuation { continuation in
            let first = FirstAnswer(continuation)
            let timer = Task {
                // Cancelled: the answer was faster.
                guard (try? await Task.sleep(for: limit)) != nil else { return }
                first.resume(nil)
            }
            Task { [underWay] in
                let answer = await question()
                underWay.giveBack()
                timer.cancel()
                first.resume(answer)
            }
        }
        guard let answer else { throw .unavailable("\(whom) has not answered within \(limit)") }
        return answer
    }
}

/// Resumes a continuation with whichever comes first; the rest is dropped.
private final class FirstAnswer<Answer: Sendable>: Sendable {
    private let continuation: Mutex<CheckedContinuation<Answer?, Never>?>

    init(_ continuation: CheckedContinuation<Answer?, Never>) {
        self.continuation = Mutex(continuation)
    }

    func resume(_ answer: Answer?) {
        continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }?.resume(returning: answer)
    }
}
