import CallCenter
import DequeModule

extension RecordWriter {
    package struct Limits: Sendable {
        /// Records that may wait, those being written included; about 1 KiB each.
        package var capacity = 65_536
        /// Records in one transaction at most.
        package var batch = 256
        /// How long the first of a batch waits for company: a transaction costs the same for one record as for many.
        package var gathering: Duration = .milliseconds(50)
        /// Pause after the first failure; it doubles from one to the next.
        package var firstPause: Duration = .milliseconds(100)
        package var longestPause: Duration = .seconds(5)
        /// How often the log repeats that the database is still away.
        package var reminder: Duration = .seconds(60)

        package init() {}
    }

    /// Counts since the start, except for `backlog`.
    package struct Figures: Sendable, Equatable {
        /// Records that wait or are being written now.
        package var backlog = 0
        package var written: UInt64 = 0
        /// Records that the database refused for what is in them.
        package var failed: UInt64 = 0
        /// Batches that had to be tried again.
        package var retries: UInt64 = 0
        /// Records that did not fit, or were left at the stop.
        package var lost: UInt64 = 0

        package init() {}
    }
}

/// The records between those who submit them and the thread that writes them. Pure; somebody else locks.
struct RecordBacklog {
    /// Records lost since the log last said so.
    struct Overflow: Equatable {
        var first: CallDetailRecord
        var last: CallDetailRecord
        var count = 1
    }

    private(set) var figures = RecordWriter.Figures()
    private var waiting: Deque<CallDetailRecord> = []
    private var overflow: Overflow?
    /// The writing thread is at work, or will be, and sees what is submitted until it says that it is done.
    private var isWriterDue = false
    private var isStopped = false

    /// Takes a record, or counts it as lost.
    ///
    /// - Returns: whether the writing thread must be started.
    mutating func submit(_ record: CallDetailRecord, capacity: Int) -> Bool {
        if isStopped || figures.backlog >= capacity {
            figures.lost += 1
            overflow = Overflow(first: overflow?.first ?? record, last: record, count: (overflow?.count ?? 0) + 1)
        } else {
            figures.backlog += 1
            waiting.append(record)
        }
        defer { isWriterDue = true }
        return !isWriterDue
    }

    /// For the writing thread: everything that came since it last asked. If that is nothing, and it has nothing left
    /// from before, its work is done, and the next record starts it anew.
    mutating func take(leftBefore: Bool) -> (records: Deque<CallDetailRecord>, overflow: Overflow?) {
        defer {
            waiting = []
            overflow = nil
        }
        if waiting.isEmpty, overflow == nil, !leftBefore { isWriterDue = false }
        return (waiting, overflow)
    }

    /// The writing thread will come back by itself.
    mutating func planRetry() { isWriterDue = true }

    mutating func refuseFurtherRecords() { isStopped = true }

    mutating func noteRetry() { figures.retries += 1 }

    mutating func settle(_ count: Int, as outcome: WritableKeyPath<RecordWriter.Figures, UInt64>) {
        figures.backlog -= count
        figures[keyPath: outcome] += UInt64(count)
    }

    /// The writing thread has nothing more to do.
    mutating func end() { isWriterDue = false }
}
