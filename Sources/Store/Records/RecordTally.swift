import CallCenter

extension RecordWriter {
    package struct Limits: Sendable {
        /// Records in one transaction at most.
        package var batch = 256
        /// How often the journal is looked at: records gather meanwhile, and a transaction costs the same for one as for
        /// many.
        package var gathering: Duration = .milliseconds(50)
        /// Pause after the first failure; it doubles from one to the next.
        package var firstPause: Duration = .milliseconds(100)
        package var longestPause: Duration = .seconds(5)
        /// How often it is looked for records that are older than `RecordWriter.retain` allows, and how many are removed at
        /// once.
        package var purging: Duration = .seconds(600)
        package var purgeBatch = 1_000
        /// How often the log repeats that the database is still away.
        package var reminder: Duration = .seconds(60)

        package init() {}
    }

    /// Counts since the start, except for `backlog`.
    package struct Figures: Sendable, Equatable {
        /// Records that wait in the journal or are being written now.
        package var backlog = 0
        package var written: UInt64 = 0
        /// Records that the database refused for what is in them.
        package var failed: UInt64 = 0
        /// Records in which `?` stands for what the database could not write.
        package var replaced: UInt64 = 0
        /// Batches that had to be tried again.
        package var retries: UInt64 = 0
        /// Records that were removed for their age.
        package var purged: UInt64 = 0
        /// Records for which the journal had no room.
        package var lost: UInt64 = 0
        /// The last try has failed.
        package var isFailing = false

        package init() {}
    }
}

/// What is counted of the records. Pure; somebody else locks.
struct RecordTally {
    /// Records lost since the log last said so.
    struct Overflow: Equatable {
        var first: CallDetailRecord
        var last: CallDetailRecord
        var count = 1
    }

    var figures = RecordWriter.Figures()
    private var overflow: Overflow?

    mutating func lose(_ record: CallDetailRecord) {
        figures.lost += 1
        overflow = Overflow(first: overflow?.first ?? record, last: record, count: (overflow?.count ?? 0) + 1)
    }

    mutating func takeOverflow() -> Overflow? {
        defer { overflow = nil }
        return overflow
    }
}
