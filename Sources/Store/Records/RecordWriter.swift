package import CallCenter
import DequeModule
import Dispatch
package import Logging
import Synchronization

/// Takes call-detail records from the call loop and brings them into a database, in order, on a thread of its own.
///
/// `submit` never waits for the database. While the database is locked or away, records wait here, up to
/// `Limits.capacity`; the same batch is tried again, with growing pauses, so that the order is kept. A record that does
/// not fit, that the database refuses for what is in it, or that is left at the stop, is counted and logged.
package final class RecordWriter: Sendable {
    /// What only the writing thread uses.
    private struct Progress {
        /// Taken from the backlog, not written yet.
        var records: Deque<CallDetailRecord> = []
        var pause: Duration
        /// Rises by one a planned retry; only the latest counts.
        var retry = 0
        var failingSince: ContinuousClock.Instant?
        var lastReminder: ContinuousClock.Instant?
    }

    private let database: any CenterDatabase
    private let limits: Limits
    private let logger: Logger
    private let clock = ContinuousClock()
    private let queue = DispatchQueue(label: "callcenterd.records", qos: .utility)
    /// Locked for moments, never while the database is at work.
    private let backlog = Mutex(RecordBacklog())
    /// Locked on `queue` only, so nobody ever waits for it.
    private let progress: Mutex<Progress>

    package init(database: any CenterDatabase, limits: Limits = Limits(), logger: Logger) {
        self.database = database
        self.limits = limits
        self.logger = logger
        progress = Mutex(Progress(pause: limits.firstPause))
    }

    /// As of now, from any thread.
    package var figures: Figures { backlog.withLock { $0.figures } }

    /// Hands over a record. Returns at once, from any thread; whether it could be kept shows in the figures and the
    /// log.
    package func submit(_ record: CallDetailRecord) {
        if backlog.withLock({ $0.submit(record, capacity: limits.capacity) }) {
            queue.asyncAfter(deadline: .after(limits.gathering)) { self.run() }
        }
    }

    /// Waits until everything submitted so far is written, at most this long (and the lock time-out of the database).
    /// Meanwhile failures are followed by another try without the long pauses.
    ///
    /// - Returns: whether nothing waits any more.
    package func flush(within limit: Duration) async -> Bool {
        let deadline = clock.now + limit
        return await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.drain(until: deadline)) }
        }
    }

    /// The end: takes no more records, flushes, and logs in full, for the operator to enter by hand, what could not be
    /// written in time.
    ///
    /// - Returns: the last figures.
    package func stop(within limit: Duration) async -> Figures {
        backlog.withLock { $0.refuseFurtherRecords() }
        _ = await flush(within: limit)
        return await withCheckedContinuation { continuation in
            queue.async {
                self.giveUp()
                continuation.resume(returning: self.figures)
            }
        }
    }

    // MARK: - The writing thread

    /// Writes until nothing waits, or until the database fails: then the next run is planned.
    private func run() {
        while take() {
            guard writeTaken() else { return planRetry() }
        }
    }

    private func drain(until deadline: ContinuousClock.Instant) -> Bool {
        var pause = limits.firstPause
        while take() {
            if writeTaken() { continue }
            let rest = deadline - clock.now
            guard rest > .zero else {
                planRetry()
                return false
            }
            // This thread has nothing else to do, and whoever waits for the flush does not want other work in between.
            _ = DispatchSemaphore(value: 0).wait(timeout: .after(min(pause, rest)))
            pause = min(pause * 2, .seconds(1))
        }
        return true
    }

    /// Whether there is anything to do.
    private func take() -> Bool {
        let leftBefore = progress.withLock { !$0.records.isEmpty }
        let (records, overflow) = backlog.withLock { $0.take(leftBefore: leftBefore) }
        if let overflow { report(overflow) }
        progress.withLock { $0.records.append(contentsOf: records) }
        return leftBefore || !records.isEmpty || overflow != nil
    }

    /// Whether all that was taken is settled; false: the rest must wait.
    private func writeTaken() -> Bool {
        while true {
            let batch = progress.withLock { Array($0.records.prefix(limits.batch)) }
            guard !batch.isEmpty else { return true }
            guard write(batch) else { return false }
        }
    }

    private func write(_ batch: [CallDetailRecord]) -> Bool {
        do throws(StoreError) {
            try database.write(batch)
            settle(batch.count, as: \.written)
            noteRecovery()
            return true
        } catch {
            guard error.kind == .refused else {
                noteFailure(error)
                return false
            }
            // One bad record must not keep the others: find it by writing them one at a time.
            guard batch.count == 1, let record = batch.first else { return batch.allSatisfy { write([$0]) } }
            settle(1, as: \.failed)
            logger.critical(
                "the database refused a call-detail record",
                metadata: ["error": "\(error)", "record": "\(RecordColumns.text(of: record))"]
            )
            return true
        }
    }

    private func settle(_ count: Int, as outcome: WritableKeyPath<Figures, UInt64>) {
        progress.withLock { $0.records.removeFirst(count) }
        backlog.withLock { $0.settle(count, as: outcome) }
    }

    private func planRetry() {
        let (retry, pause) = progress.withLock { progress in
            defer { progress.pause = min(progress.pause * 2, limits.longestPause) }
            progress.retry += 1
            return (progress.retry, progress.pause)
        }
        backlog.withLock { $0.planRetry() }
        queue.asyncAfter(deadline: .after(pause)) {
            if self.progress.withLock({ $0.retry == retry }) { self.run() }
        }
    }

    /// What is left when time is up goes to the log, one by one.
    private func giveUp() {
        _ = take()
        let left = progress.withLock { progress in
            // A retry that is still planned finds that it is no longer the latest.
            progress.retry += 1
            return progress.records
        }
        settle(left.count, as: \.lost)
        backlog.withLock { $0.end() }
        for record in left {
            logger.critical(
                "a call-detail record is LOST: the database did not take it before the stop",
                metadata: ["record": "\(RecordColumns.text(of: record))"]
            )
        }
    }

    // MARK: - Telling

    private func noteFailure(_ error: StoreError) {
        let figures = backlog.withLock { backlog in
            backlog.noteRetry()
            return backlog.figures
        }
        let now = clock.now
        let isDue = progress.withLock { progress in
            if progress.failingSince == nil { progress.failingSince = now }
            if let last = progress.lastReminder, now - last < limits.reminder { return false }
            progress.lastReminder = now
            return true
        }
        guard isDue else { return }
        logger.error(
            "call-detail records cannot be written and wait; trying again",
            metadata: ["error": "\(error)", "waiting": "\(figures.backlog)", "capacity": "\(limits.capacity)"]
        )
    }

    private func noteRecovery() {
        let since = progress.withLock { progress in
            defer {
                progress.failingSince = nil
                progress.lastReminder = nil
                progress.pause = limits.firstPause
            }
            return progress.failingSince
        }
        guard let since else { return }
        logger.notice(
            "call-detail records are written again",
            metadata: ["database": "\(database.name)", "after_seconds": "\((clock.now - since).components.seconds)"]
        )
    }

    private func report(_ overflow: RecordBacklog.Overflow) {
        logger.critical(
            "call-detail records are LOST: the backlog is full, or the writer has stopped",
            metadata: [
                "lost": "\(overflow.count)",
                "capacity": "\(limits.capacity)",
                "first": "\(RecordColumns.text(of: overflow.first))",
                "last": "\(RecordColumns.text(of: overflow.last))",
            ]
        )
    }
}

extension DispatchTime {
    /// Nothing here is longer than minutes, which an `Int` of nanoseconds holds.
    fileprivate static func after(_ duration: Duration) -> DispatchTime {
        let parts = duration.components
        let seconds = Int(clamping: min(parts.seconds, 3_600))
        return .now() + .nanoseconds(seconds * 1_000_000_000 + Int(clamping: parts.attoseconds / 1_000_000_000))
    }
}
