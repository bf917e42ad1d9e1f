import CallCenter
import Exchange
import Foundation
import Glibc
import Store

/// What it costs a full call that everything is kept: what it appends to the journals, and how long that takes on the call loop.
/// The disk is written by other threads, later.
enum JournalBench {
    /// - Parameter calls: for each measurement.
    static func run(calls: Int = 2_000) throws {
        print("what a full call costs that is kept, microseconds of CPU on the call loop")
        let changes = try measure("changes of calls", calls: calls, keepsWholeCalls: false)
        let whole = try measure("whole calls (instance)", calls: calls, keepsWholeCalls: true)
        print(
            String(
                format: "instance: %.1f us a call more in the core, %.1f us more in the journal",
                whole.core - changes.core,
                whole.journal - changes.journal
            )
        )
    }

    private static func measure(
        _ name: String,
        calls: Int,
        keepsWholeCalls: Bool
    ) throws -> (core: Double, journal: Double) {
        let centre = try Centre(agents: 1_000, waiting: 0, keepsWholeCalls: keepsWholeCalls)
        let core = try (0..<4).map { _ in try centre.run(calls: calls).call }.min() ?? 0
        let (kept, records) = try centre.entries(calls: calls)
        var bytes = 0
        var best = Double.infinity
        for _ in 0..<3 {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            defer { try? FileManager.default.removeItem(at: folder) }
            let journal = try CallJournal(folder: folder.appendingPathComponent("calls").path)
            let recordJournal = try Journal(folder: folder.appendingPathComponent("records").path)
            defer {
                journal.close()
                recordJournal.close()
            }
            let begun = cpu()
            bytes = 0
            for keeping in kept { bytes += append(keeping, to: journal) }
            for record in records {
                let encoded = record.encoded
                bytes += encoded.count
                _ = recordJournal.append(.record, encoded)
            }
            best = min(best, cpu() - begun)
        }
        let (entries, count) = (kept.count + records.count, Double(calls))
        print(
            String(
                format: "  %@: %.1f entries, %.0f bytes; core %.1f us, appending %.1f us",
                name,
                Double(entries) / count,
                Double(bytes) / count,
                core,
                best / count
            )
        )
        return (core, best / count)
    }

    /// - Returns: bytes.
    private static func append(_ keeping: Keeping, to journal: CallJournal) -> Int {
        switch keeping {
        case .call(_, _, let encoded):
            _ = journal.append(.call, encoded)
            return encoded.count
        case .callChanged(_, _, let encoded):
            _ = journal.append(.callChange, encoded)
            return encoded.count
        case .callEnded(let key, let number):
            _ = journal.appendEnd(ofCall: key, number: number)
            return key.utf8.count
        case .agent(let agent):
            let encoded = agent.encoded
            _ = journal.append(.agent, encoded)
            return encoded.count
        }
    }

    /// Microseconds of this thread.
    private static func cpu() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }
}
