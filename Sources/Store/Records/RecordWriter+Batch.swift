import CallCenter
import DequeModule
import Logging
import Synchronization

/// What becomes of a batch: all of it is written, or each record by itself, with other characters, or into the file of those that the
/// database refuses. On the writing thread.
extension RecordWriter {
    /// Whether the batch is settled; false: it must wait.
    func writeBatch() -> Bool {
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
}
