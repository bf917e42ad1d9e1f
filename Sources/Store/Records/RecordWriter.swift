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
    private struct Progress {
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

    private let database: any CenterDatabase
    private let journal: Journal
    private let reader: JournalReader
    private let refused: RefusedRecords
    private let limits: Limits
    private let logger: Logger
    private let clock = ContinuousClock()
    private let queue = DispatchQueue(label: "callcenterd.records", qos: .utility)
    private let timer: BackgroundTimer
    /// Locked for moments, never while the database is at work.
    private let tally = Mutex(RecordTally())
    /// Locked for moments, never while the database is at work.
    private let progress: Mutex<Progress>

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

    /// Whether the batch is settled; false: it must wait.
    private func writeBatch() -> Bool {
        let batch = progress.withLock { Array($0.records) }
        return write(batch)
    }

    private func write(_ batch: [JournaledRecord]) -> Bool {
        let records = batch.compactMap(\.record)
        do throws(StoreError) {
            if !records.isEmpty { try database.write(records) }
            for entry in batch where entry.record == nil { reportUnreadable(entry) }
            settle(batch)
            tally.withLock { $0.figures.written += UInt64(records.count) }
            noteRecovery()
            return true
        } catch {
            guard error.kind == .refused else {
                noteFailure(error)
                return false
            }
            // One bad record must not keep the others: find it by writing them one at a time.
            guard batch.count == 1, let record = records.first else { return batch.allSatisfy { write([$0]) } }
            if case .unencodable = error.detail { return writeReplaced(record, batch, error) }
            return refuse(record, batch, error)
        }
    }

    /// A character that the database cannot write is no reason to have no record: a caller may choose his name so. `?` stands for it.
    private func writeReplaced(_ record: CallDetailRecord, _ batch: [JournaledRecord], _ reason: StoreError) -> Bool {
        var (replaced, error) = (record, reason)
        for attempt in 1...Self.replacements {
            guard case .unencodable(let text) = error.detail else { break }
            if let text, attempt < Self.replacements {
                replaced = replaced.replacing { $0.replacing(text, with: "?") }
            } else {
                replaced = replaced.replacing(\.inASCII)
            }
            do throws(StoreError) {
                try database.write([replaced])
                settle(batch)
                let isFirst = tally.withLock { tally in
                    tally.figures.written += 1
                    tally.figures.replaced += 1
                    return tally.figures.replaced == 1
                }
                noteRecovery()
                // Once: whoever calls may do so again and again.
                logger.log(
                    level: isFirst ? .error : .debug,
                    "the database cannot write a character, and has ? instead; its encoding should be UTF8",
                    metadata: ["error": "\(reason)", "record": "\(RecordColumns.key(of: record).inASCII)"]
                )
                return true
            } catch let next {
                error = next
            }
        }
        guard error.kind == .refused else {
            noteFailure(error)
            return false
        }
        return refuse(record, batch, error)
    }

    /// How many characters of one record are replaced, each by itself, before all are that are not ASCII.
    private static let replacements = 8

    private func refuse(_ record: CallDetailRecord, _ batch: [JournaledRecord], _ error: StoreError) -> Bool {
        settle(batch)
        tally.withLock { $0.figures.failed += 1 }
        // Not what it says of the caller, whom the log may have to hide, unless it would be nowhere else.
        let isKept = refused.add(record)
        logger.critical(
            "the database refused a call-detail record",
            metadata: [
                "error": "\(error)",
                "record": "\(isKept ? RecordColumns.key(of: record) : RecordColumns.text(of: record))",
                "kept_in": "\(isKept ? refused.path : "nothing but this line")",
            ]
        )
        return true
    }

    private func settle(_ batch: [JournaledRecord]) {
        guard let last = batch.last else { return }
        progress.withLock { $0.records.removeFirst(batch.count) }
        // Calls end in another order than they begin.
        let number = CallNumbers.last(
            among: (batch.compactMap { $0.record?.callNumber } + [reader.callNumber]).filter { $0 > 0 }
        )
        reader.settle(through: last.sequence, count: batch.count, callNumber: number)
    }

    // MARK: - Telling

    private func noteFailure(_ error: StoreError) {
        tally.withLock { tally in
            tally.figures.retries += 1
            tally.figures.isFailing = true
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
            "call-detail records cannot be written and wait in the journal; trying again",
            metadata: ["error": "\(error)", "waiting": "\(journal.pending(.record))"]
        )
    }

    private func noteRecovery() {
        let since = progress.withLock { progress in
            defer {
                progress.failingSince = nil
                progress.lastReminder = nil
                progress.earliest = nil
                progress.pause = limits.firstPause
            }
            return progress.failingSince
        }
        guard let since else { return }
        tally.withLock { $0.figures.isFailing = false }
        logger.notice(
            "call-detail records are written again",
            metadata: ["database": "\(database.name)", "after_seconds": "\((clock.now - since).components.seconds)"]
        )
    }

    private func reportLosses() {
        guard let overflow = tally.withLock({ $0.takeOverflow() }) else { return }
        logger.critical(
            "call-detail records are LOST: the journal is full, or cannot get room on the disk",
            metadata: [
                "lost": "\(overflow.count)",
                "journal": "\(journal.folder)",
                "first": "\(RecordColumns.key(of: overflow.first))",
                "last": "\(RecordColumns.key(of: overflow.last))",
            ]
        )
    }

    private func reportUnreadable(_ entry: JournaledRecord) {
        tally.withLock { $0.figures.failed += 1 }
        logger.critical(
            "a call-detail record of the journal cannot be read; was it written by a newer callcenterd?",
            metadata: ["entry": "\(entry.sequence)", "journal": "\(journal.folder)"]
        )
    }
}

/// An entry of the journal and the record in it; nil if this program cannot read it.
private struct JournaledRecord {
    var sequence: UInt64
    var record: CallDetailRecord?

    init(_ entry: JournalReader.Entry) {
        sequence = entry.sequence
        record = try? CallDetailRecord(encoded: entry.payload)
    }
}
