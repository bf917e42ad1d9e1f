import Foundation
import Glibc

/// Whether the calls that a machine has kept are still those of the instance. Clocks of two machines are not to be compared, so it
/// goes by who has followed whom.
package struct Succession: Sendable, Equatable {
    /// The name of our state directory.
    package var journal: String
    /// The run of another machine's process whose calls ours have followed; nil: none.
    package var predecessor: String?

    package init(journal: String, predecessor: String? = nil) {
        self.journal = journal
        self.predecessor = predecessor
    }

    /// Whether another machine has gone on with the calls, so that what we have kept counts no more.
    ///
    /// If the last who has claimed them used our state directory, it has what is newest. If it was the one whose calls we have
    /// taken over ourselves, the process that did so has not lived to claim them, or the database is one of before.
    package func isSucceeded(by left: CallsLeft) -> Bool {
        guard let name = left.journal, let run = left.run else { return false }
        return name != journal && run != predecessor
    }
}

/// Where a state directory has the run whose calls it has followed.
package struct PredecessorFile: Sendable {
    private let path: String

    package init(stateDirectory: String) { path = "\(stateDirectory)/predecessor" }

    /// nil: none, or it cannot be read.
    package func read() -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let run = text.prefix { !$0.isNewline }
        return run.isEmpty ? nil : String(run)
    }

    /// Old or new stands there, whenever we die.
    ///
    /// - Throws: `StoreError.Kind.unusable` if the directory cannot be written to.
    package func write(_ run: String) throws(StoreError) {
        do {
            try Data("\(run)\n".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw StoreError(.unusable, database: path, "cannot be written: \(error.localizedDescription)")
        }
    }
}
