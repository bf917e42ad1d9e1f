package import CallCenter
import DequeModule
import Dispatch
package import Logging
import Synchronization

/// Takes call-detail records from the call loop and brings them into a database, in order, on a thread of its own.
///
/// Between the two is the journal: `submit` only appends to it, and never waits for the database. While that is locked,
/// away or hung, records stay in the journal, which the next process goes on with; the same batch is tried again, with
/// growing pauses, so that the order is kept. A record counts as done when the database has it for good, so after a crash
/// the last ones are written again, which their keys make harmless. A record for which the journal has no room, or that the
/// database refuses for what is in it, is counted and logged; the latter is kept in a file.
package final class RecordWriter: Sendable {
    /// What only the writing thread uses.
    struct Progress {
        /// Read from the journal, not written yet.
        var records: Deque<JournaledRecord> = []
        var pause: Duration
        /// No try before this.
        var earliest: ContinuousClock.Instant?
        var failingSince: ContinuousClock.Instant?
        var lastReminder: ContinuousClock.Instant?
        /// Days that records are kept; nil: for ever.
        var retention: Int?
        var nextPurge: ContinuousClock.Instant?
    }

    let database: any CenterDatabase
    let journal: Journal
    let reader: JournalReader
    let refused: RefusedRecords
    let limits: Limits
    let logger: Logger
    let clock = ContinuousClock()
    private let queue = DispatchQueue(label: "callcenterd.records", qos: .utility)
    private let timer: BackgroundTimer
    /// Locked for moments, never while the database is at work.
    let tally = Mutex(RecordTally())
    /// Locked for moments, never while the database is at work.
    let progress: Mutex<Progress>

    package init(database: any CenterDatabase, journal: Journal, limits: Limits = Limits(), logger: Logger) {
        self.database = database
        self.journal = journal
        reader = journal.records
        refused = RefusedRecords(path: "\(journal.folder)/refused.csv")
        self.limits = limits
        self.logger = logger
        progress = Mutex(Progress(pause: limits.firstPause))
        timer = BackgroundTimer(on: queue)
        timer.setEventHandler { [weak self] in self?.run() }
        let rhythm = DispatchTimeInterval.nanoseconds(limits.gathering.nanoseconds)
        timer.schedule(deadline: .now() + rhythm, repeating: rhythm, leeway: .milliseconds(5))
        timer.activate()
    }

    deinit { timer.cancel() }

    /// As of now, from any thread.
    package var figures: Figures {
        var figures = tally.withLock { $0.figures }
        figures.backlog = journal.pending(.record)
        return figures
    }

    /// Hands over a record. Returns at once, from any thread; whether it could be kept shows in the figures and the
    /// log.
    package func submit(_ record: CallDetailRecord) {
        guard !journal.append(.record, record.encoded) else { return }
        tally.withLock { $0.lose(record) }
    }

    /// From now on records of calls that came more than so many days ago are removed, in batches between the writing; nil:
    /// none is.
    package func retain(days: Int?) {
        progress.withLock { progress in
            progress.retention = days
            progress.nextPurge = nil
        }
    }

    /// Waits until everything submitted so far is written, at most this long. Meanwhile failures are followed by another try
    /// without the long pauses.
    ///
    /// - Returns: whether nothing waits any more.
    package func flush(within limit: Duration) async -> Bool {
        let deadline = clock.now + limit
        let answer = OneAnswer<Bool>()
        queue.async { answer.give(self.drain(until: deadline)) }
        // A database that hangs is not waited for.
        DispatchQueue.deadlines.asyncAfter(deadline: .after(limit)) { answer.give(false) }
        return await answer.wait()
    }

    /// The end: writes what can be written in this time. What is left stays in the journal for the next process.
    ///
    /// - Returns: the last figures.
    package func stop(within limit: Duration) async -> Figures {
        _ = await flush(within: limit)
        timer.cancel()
        return figures
    }

    // MARK: - The writing thread

    /// Writes until nothing waits, or until the database fails: then there is a pause.
    private func run() {
        reportLosses()
        guard progress.withLock({ $0.earliest.map { $0 <= clock.now } ?? true }) else { return }
        while take() {
            guard writeBatch() else {
                progress.withLock { progress in
                    progress.earliest = clock.now + progress.pause
                    progress.pause = min(progress.pause * 2, limits.longestPause)
                }
                return
            }
        }
        purge()
    }

    /// Removes a batch of old records when it is time; if there may be more, the next one follows soon.
    private func purge() {
        let days = progress.withLock { progress -> Int? in
            guard let days = progress.retention, progress.nextPurge.map({ $0 <= clock.now }) ?? true else { return nil }
            progress.nextPurge = clock.now + limits.purging
            return days
        }
        guard let days else { return }
        let oldest = CivilTime(CivilTime.now - Milliseconds(days) * 86_400_000)
        do throws(StoreError) {
            let count = try database.purgeRecords(before: oldest.description, count: limits.purgeBatch)
            tally.withLock { $0.figures.purged += UInt64(count) }
            if count > 0 { logger.info("old call-detail records removed", metadata: ["count": "\(count)"]) }
            if count == limits.purgeBatch { progress.withLock { $0.nextPurge = nil } }
        } catch {
            logger.error("old call-detail records cannot be removed", metadata: ["error": "\(error)"])
        }
    }

    private func drain(until deadline: ContinuousClock.Instant) -> Bool {
        reportLosses()
        var pause = limits.firstPause
        while take() {
            if writeBatch() { continue }
            let rest = deadline - clock.now
            guard rest > .zero else { return false }
            // This thread has nothing else to do, and whoever waits for the flush does not want other work in between.
            _ = DispatchSemaphore(value: 0).wait(timeout: .after(min(pause, rest)))
            pause = min(pause * 2, .seconds(1))
        }
        return true
    }

    /// Fills the batch from the journal.
    ///
    /// - Returns: whether there is anything to write.
    private func take() -> Bool {
        progress.withLock { progress in
            let room = limits.batch - progress.records.count
            if room > 0 { progress.records.append(contentsOf: reader.read(atMost: room).map(JournaledRecord.init)) }
            return !progress.records.isEmpty
        }
    }
}

/// An entry of the journal and the record in it; nil if this program cannot read it.
struct JournaledRecord {
    var sequence: UInt64
    var record: CallDetailRecord?

    init(_ entry: JournalReader.Entry) {
        sequence = entry.sequence
        record = try? CallDetailRecord(encoded: entry.payload)
    }
}
