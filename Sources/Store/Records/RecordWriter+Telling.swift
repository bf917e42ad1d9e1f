import Logging
import Synchronization

/// What people are told, once or now and then, of records that wait or are lost.
extension RecordWriter {
    func noteFailure(_ error: StoreError) {
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

    func noteRecovery() {
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

    func reportLosses() {
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

    func reportUnreadable(_ entry: JournaledRecord) {
        tally.withLock { $0.figures.failed += 1 }
        logger.critical(
            "a call-detail record of the journal cannot be read; was it written by a newer callcenterd?",
            metadata: ["entry": "\(entry.sequence)", "journal": "\(journal.folder)"]
        )
    }
}
