package import Dispatch
package import CallCenter
import DequeModule
import Foundation
import Glibc
import Synchronization

/// What must survive a crash, in the order in which it happened: entries appended to preallocated, mapped files, read by
/// those who bring them into databases, and kept until they have.
///
/// - An append is a copy into memory that the kernel owns: no system call, and a crash of the process loses nothing. A
///   thread of its own puts it on the disk at most `Limits.interval` later, keeps a free segment at hand, and frees those
///   that all readers are done with.
/// - At the bound of segments, or when the disk gives no room for another, what is there stays and new entries are refused
///   and counted.
package final class Journal: Sendable {
    package struct Limits: Sendable {
        /// Bytes of a segment.
        package var segmentSize = 4 << 20
        /// Segments at most.
        package var segments = 256
        /// How long an entry may be in memory only.
        package var interval = DispatchTimeInterval.milliseconds(200)

        package init() {}
    }

    /// As of now, or since the start.
    package struct Figures: Sendable, Equatable {
        /// Of the disk, free segments included.
        package var bytes = 0
        /// Entries that did not fit.
        package var refused: UInt64 = 0
        /// Entries that damage of the files has taken, found at the start.
        package var damaged: UInt64 = 0
        /// Whether it was last tried in vain to write to the disk or get room on it.
        package var isFailing = false

        package init() {}
    }

    struct State {
        /// In order; the last one is written.
        var segments: Deque<JournalSegment> = []
        var free: [JournalSegment] = []
        /// The number of the next entry.
        var next: UInt64 = 1
        var nextFile = 1
        /// For each reader the first entry that it is not done with, and how many of its kind it has not.
        var done: [UInt64] = []
        var pending: [Int] = []
        /// Of the last record that was found at the start.
        var lastCallNumber: Int32?
        /// Log-ins that were found at the start.
        var foundLogins: [AgentLogin] = []
        var figures = Figures()
        var isClosed = false
        /// Descriptor of the lock of the folder.
        var lock: CInt = -1
    }

    /// The folder of its files.
    package let folder: String
    /// What was found at the start that should not be, for people.
    package let findings: [String]
    /// Reads the call-detail records.
    let records: JournalReader
    /// Reads the log-ins.
    let logins: JournalReader
    private let readers: [JournalReader]

    private let limits: Limits
    /// Locked for moments only; the disk is never waited for meanwhile, but for a burst that needs more than the free
    /// segment.
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "callcenterd.journal", qos: .utility)
    private let timer: BackgroundTimer

    /// Opens the journal in a folder, which is created if it is not there.
    ///
    /// - Throws: `StoreError.Kind.unusable` if the folder cannot be used, or another process does so.
    package init(folder: String, limits: Limits = Limits()) throws(StoreError) {
        let lock = try JournalFiles.lock(folder)
        do throws(StoreError) {
            records = try JournalReader(.record, cursor: JournalCursor("\(folder)/\(JournalKind.record.name).cursor"))
            logins = try JournalReader(.login, cursor: JournalCursor("\(folder)/\(JournalKind.login.name).cursor"))
            readers = [records, logins]
            let files = try JournalFiles.open(folder, readers: readers, limits: limits)
            var first = files.state
            first.lock = lock
            state = Mutex(first)
            findings = files.findings
        } catch {
            Glibc.close(lock)
            throw error
        }
        self.folder = folder
        self.limits = limits
        timer = BackgroundTimer(on: queue)
        for reader in readers { reader.attach(to: self) }
        timer.setEventHandler { [weak self] in self?.maintain() }
        timer.schedule(deadline: .now(), repeating: limits.interval, leeway: .milliseconds(20))
        timer.activate()
    }

    deinit {
        timer.cancel()
        unlock()
    }

    package var figures: Figures {
        state.withLock { state in
            var figures = state.figures
            figures.bytes = (state.segments.count + state.free.count) * limits.segmentSize
            return figures
        }
    }

    /// Entries of a kind that its reader is not done with.
    package func pending(_ kind: JournalKind) -> Int {
        state.withLock { state in
            readers.indices.first { readers[$0].kind == kind }.map { state.pending[$0] } ?? 0
        }
    }

    /// The number of the last call that an earlier process made a record of.
    ///
    /// - Parameter written: as far as the database knows.
    package func lastCallNumber(after written: Int32) -> Int32 {
        let found = state.withLock { $0.lastCallNumber } ?? 0
        return CallNumbers.last(among: [written, records.callNumber, found].filter { $0 > 0 })
    }

    /// The log-ins that an earlier process had not yet brought into their table, the last of each agent.
    package var pendingLogins: [AgentLogin] { AgentLogin.latest(state.withLock { $0.foundLogins }) }

    /// The number of the next entry.
    var place: UInt64 { state.withLock { $0.next } }

    /// The records of all entries before this one are in their database.
    var recordsDone: UInt64 { records.done }

    /// Appends an entry. Returns at once, from any thread.
    ///
    /// - Returns: false if there is no room: nothing was written.
    package func append(_ kind: JournalKind, _ payload: [UInt8]) -> Bool {
        payload.withUnsafeBytes { payload in
            state.withLock { state in
                guard !state.isClosed, Self.append(kind, payload, to: &state, make: newSegment) else {
                    state.figures.refused += 1
                    return false
                }
                for index in readers.indices where readers[index].kind == kind { state.pending[index] += 1 }
                return true
            }
        }
    }

    private static func append(
        _ kind: JournalKind,
        _ payload: UnsafeRawBufferPointer,
        to state: inout State,
        make: (inout State) -> JournalSegment?
    ) -> Bool {
        var isWritten = state.segments.last?.append(sequence: state.next, kind: kind.code, payload: payload) ?? false
        if !isWritten, let segment = state.free.popLast() ?? make(&state) {
            segment.begin(with: state.next)
            state.segments.append(segment)
            isWritten = segment.append(sequence: state.next, kind: kind.code, payload: payload)
        }
        if isWritten { state.next += 1 }
        return isWritten
    }

    /// Another segment, unless the bound is reached or the disk has just been found full.
    private func newSegment(_ state: inout State) -> JournalSegment? {
        guard !state.figures.isFailing, state.segments.count + state.free.count < limits.segments else { return nil }
        do throws(StoreError) {
            defer { state.nextFile += 1 }
            return try JournalSegment.create(
                JournalFiles.path(folder, state.nextFile),
                size: limits.segmentSize
            )
        } catch {
            state.figures.isFailing = true
            return nil
        }
    }

    /// Waits until all that was appended is on the disk, and leaves the files to another. Appends are refused from now on.
    package func close() {
        state.withLock { $0.isClosed = true }
        timer.cancel()
        queue.sync { self.maintain() }
        unlock()
    }

    private func unlock() {
        let lock = state.withLock { state in
            defer { state.lock = -1 }
            return state.lock
        }
        if lock >= 0 { Glibc.close(lock) }
    }

    // MARK: - For readers

    /// The oldest segment that holds an entry of this number or a later one.
    func segment(holding sequence: UInt64) -> JournalSegment? {
        state.withLock { state in state.segments.last { $0.first <= sequence } ?? state.segments.first }
    }

    func segment(after segment: JournalSegment) -> JournalSegment? {
        state.withLock { state in state.segments.first { $0.first > segment.first } }
    }

    /// How many entries were appended since this one.
    func distance(to sequence: UInt64) -> UInt64 {
        state.withLock { $0.next > sequence ? $0.next - sequence : 0 }
    }

    /// A reader is done with all entries below this number, among them so many of its kind.
    ///
    /// - Returns: false if the files are another's by now.
    func note(_ reader: JournalReader, done sequence: UInt64, count: Int) -> Bool {
        state.withLock { state in
            guard !state.isClosed, let index = readers.firstIndex(where: { $0 === reader }) else { return false }
            state.done[index] = sequence
            state.pending[index] -= count
            return true
        }
    }

    // MARK: - The thread of its own

    private func maintain() {
        var isFailing = false
        for segment in state.withLock({ Array($0.segments) }) {
            if (try? segment.sync()) == nil { isFailing = true }
        }
        var (spent, isOneWanted) = state.withLock { (takeSpent(from: &$0), $0.free.isEmpty) }
        var made: JournalSegment?
        if isOneWanted, let segment = spent.popLast() {
            made = try? JournalSegment.open(existing: segment.path)
            made?.free()
            if made == nil { unlink(segment.path) }
        }
        for segment in spent { unlink(segment.path) }
        let file = state.withLock { state -> Int? in
            let count = state.segments.count + state.free.count
            guard made == nil, state.free.isEmpty, count < limits.segments, !state.isClosed else { return nil }
            defer { state.nextFile += 1 }
            return state.nextFile
        }
        if let file {
            made = try? JournalSegment.create(JournalFiles.path(folder, file), size: limits.segmentSize)
            if made == nil { isFailing = true }
        }
        state.withLock { state in
            if let made { state.free.append(made) }
            state.figures.isFailing = isFailing
        }
    }

    /// Takes away the segments that all are done with. A reader may still stand at the end of one, so it is used again as
    /// another object only.
    private func takeSpent(from state: inout State) -> [JournalSegment] {
        let done = state.done.min() ?? state.next
        var spent: [JournalSegment] = []
        while state.segments.count > 1, state.segments[1].first <= done, let segment = state.segments.popFirst() {
            spent.append(segment)
        }
        // One at hand is enough.
        while state.free.count > 1, let segment = state.free.popLast() { spent.append(segment) }
        return spent
    }
}

/// A kind of entry.
package struct JournalKind: Sendable, Equatable {
    /// As it stands in the entry.
    let code: UInt32
    /// Of the file with the reader's place.
    let name: String

    /// Call-detail records.
    package static let record = JournalKind(code: 1, name: "records")
    /// Log-ins of agents.
    package static let login = JournalKind(code: 2, name: "logins")
}
