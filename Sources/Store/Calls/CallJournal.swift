package import CallCenter
import DequeModule
package import Dispatch
import Glibc
import Synchronization

/// What is alive and must survive a crash of the process: calls, and what agents did. Appended to mapped files whenever
/// something changes, as in `Journal`; the last whole entry of each call and agent counts, with what has changed of the call since,
/// and is read by the next process alone.
///
/// It is apart from the journal of records because its entries are many and short-lived, and no database holds them up: from
/// time to time the owner appends everything that is alive once more (a *pass*), and what is older is not needed then.
package final class CallJournal: Sendable {
    package struct Limits: Sendable {
        /// Bytes of a segment.
        package var segmentSize = 4 << 20
        /// Segments at most, 2 GiB: they must have room for twice what is alive, for a pass writes it before the old goes.
        package var segments = 512
        /// How long an entry may be in memory only.
        package var interval = DispatchTimeInterval.milliseconds(200)

        package init() {}

        /// Bytes in use at which there is to be a pass, by those in use after the last one. Several times as many, so that most of what
        /// is written is news; but the next process has to read all of them, and a pass must have room.
        func bytesBeforePass(after kept: Int) -> Int {
            let worthIt = min(5 * kept, 2 * kept + 32 * segmentSize)
            let roomy = (segments - 2) * segmentSize - kept - kept / 4
            return max(2 * segmentSize, min(worthIt, roomy))
        }
    }

    /// What an entry is about; its payload begins as `KeptEntry` reads it.
    package enum Kind: UInt32, Sendable {
        case call = 3
        case callEnded = 4
        case agent = 5
        /// What has changed of a call: its last `call` and all of these since make what it is.
        case callChange = 6
    }

    package struct Figures: Sendable, Equatable {
        /// Of the disk, free segments included.
        package var bytes = 0
        /// Entries that did not fit.
        package var refused: UInt64 = 0
        /// Whether it was last tried in vain to write to the disk or get room on it.
        package var isFailing = false

        package init() {}
    }

    /// What an earlier process has left.
    package struct Found: Sendable {
        /// Of each call that has not ended its last whole entry and the changes since, of each agent the last entry: as they were
        /// appended.
        package var calls: [[[UInt8]]] = []
        package var agents: [[UInt8]] = []
        /// When the earlier process was last known to live, milliseconds since 1970; nil: that is not known.
        package var lastAlive: Milliseconds?
        /// Entries that damage has taken, or that make no sense, for people.
        package var findings: [String] = []
        /// Numbers of calls, ended ones included.
        var numbers: [Int32] = []

        package init() {}
    }

    struct State {
        /// In order; the last one is written.
        var segments: Deque<JournalSegment> = []
        var free: [JournalSegment] = []
        /// The number of the next entry.
        var next: UInt64 = 1
        var nextFile = 1
        /// What is older than this entry is not needed any more.
        var floor: UInt64 = 0
        /// Where the pass that is under way began; nil: none is, or something that it needs was refused.
        var passBegan: UInt64?
        /// Bytes in use when the last pass was over.
        var bytesAfterPass = 0
        var figures = Figures()
        var isClosed = false
        /// What was found is in force: from now on it counts when we were last alive.
        var isTakenOver = false
        /// Descriptor of the lock of the folder.
        var lock: CInt = -1
    }

    package let folder: String
    /// Nothing once it is in force again: it may be megabytes.
    package var found: Found { left.withLock { $0 } }

    private let left: Mutex<Found>
    private let limits: Limits
    /// Locked for moments only; the disk is never waited for meanwhile, but for a burst that needs more than the free
    /// segment.
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "callcenterd.calls", qos: .utility)
    private let timer: BackgroundTimer

    /// Opens the journal in a folder, which is created if it is not there, and reads what an earlier process has left.
    ///
    /// - Throws: `StoreError.Kind.unusable` if the folder cannot be used, or another process does so.
    package init(folder: String, limits: Limits = Limits()) throws(StoreError) {
        let lock = try JournalFiles.lock(folder)
        do throws(StoreError) {
            var files = CallJournalFiles(folder: folder, limits: limits)
            try files.open()
            files.state.lock = lock
            left = Mutex(files.found)
            state = Mutex(files.state)
        } catch {
            Glibc.close(lock)
            throw error
        }
        self.folder = folder
        self.limits = limits
        timer = BackgroundTimer(on: queue)
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

    /// The number of the last call, as far as this and those who know `written` and `others` can tell.
    package func lastCallNumber(after written: Int32, besides others: [Int32] = []) -> Int32 {
        CallNumbers.last(among: (left.withLock { $0.numbers } + others + [written]).filter { $0 > 0 })
    }

    /// What was found is in force again. Until then a crash leaves it as old as it was.
    package func takenOver() {
        state.withLock { $0.isTakenOver = true }
        left.withLock { $0 = Found() }
    }

    /// Appends an entry. Returns at once, from any thread.
    ///
    /// - Returns: false if there is no room: nothing was written.
    package func append(_ kind: Kind, _ payload: [UInt8]) -> Bool {
        payload.withUnsafeBytes { payload in
            state.withLock { state in
                guard !state.isClosed, append(kind, payload, to: &state) else {
                    state.figures.refused += 1
                    // What it would have replaced must stay.
                    state.passBegan = nil
                    return false
                }
                return true
            }
        }
    }

    private func append(_ kind: Kind, _ payload: UnsafeRawBufferPointer, to state: inout State) -> Bool {
        let written = state.segments.last?.append(sequence: state.next, kind: kind.rawValue, payload: payload) ?? false
        if !written {
            guard let segment = state.free.popLast() ?? newSegment(&state) else { return false }
            segment.begin(with: state.next)
            state.segments.append(segment)
            guard segment.append(sequence: state.next, kind: kind.rawValue, payload: payload) else { return false }
        }
        state.next += 1
        return true
    }

    /// Another segment, unless the bound is reached or the disk has just been found full.
    private func newSegment(_ state: inout State) -> JournalSegment? {
        guard !state.figures.isFailing, state.segments.count + state.free.count < limits.segments else { return nil }
        defer { state.nextFile += 1 }
        let made = try? JournalSegment.create(JournalFiles.path(folder, state.nextFile), size: limits.segmentSize)
        if made == nil { state.figures.isFailing = true }
        return made
    }

    // MARK: - Passes

    /// Whether it is time to append everything that is alive once more.
    package var wantsPass: Bool {
        state.withLock { state in
            let used = (state.segments.count - 1) * limits.segmentSize
            return used >= limits.bytesBeforePass(after: state.bytesAfterPass)
                || (used > 0 && state.free.isEmpty && state.figures.isFailing)
        }
    }

    /// Everything that is alive will be appended from now on.
    package func beginPass() { state.withLock { $0.passBegan = $0.next } }

    /// It has been: what is older is not needed any more, unless something had no room.
    package func endPass() {
        state.withLock { state in
            guard let began = state.passBegan else { return }
            state.floor = began
            state.passBegan = nil
            let kept = state.segments.count { $0.first >= began }
            state.bytesAfterPass = kept * limits.segmentSize
        }
    }

    /// Waits until all that was appended so far is on the disk, or could not be written to it.
    package func sync() { queue.sync { if !state.withLock({ $0.isClosed }) { maintain() } } }

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

    // MARK: - The thread of its own

    private func maintain() {
        var isFailing = false
        // The floor from before: what a pass has appended since is not on the disk yet, so what it replaces must stay.
        let (segments, floor, isTakenOver) = state.withLock { (Array($0.segments), $0.floor, $0.isTakenOver) }
        if isTakenOver { segments.last?.markAlive(at: CivilTime.now) }
        for segment in segments {
            if (try? segment.sync()) == nil { isFailing = true }
        }
        let spent = isFailing ? [] : state.withLock { Self.takeSpent(from: &$0, below: floor) }
        for segment in spent {
            segment.free()
            let isWanted = state.withLock { state in
                guard state.free.isEmpty else { return false }
                state.free.append(segment)
                return true
            }
            if !isWanted { unlink(segment.path) }
        }
        let file = state.withLock { state -> Int? in
            let count = state.segments.count + state.free.count
            guard state.free.isEmpty, count < limits.segments, !state.isClosed else { return nil }
            defer { state.nextFile += 1 }
            return state.nextFile
        }
        var made: JournalSegment?
        if let file {
            made = try? JournalSegment.create(JournalFiles.path(folder, file), size: limits.segmentSize)
            if made == nil { isFailing = true }
        }
        state.withLock { state in
            if let made { state.free.append(made) }
            state.figures.isFailing = isFailing
        }
    }

    /// Takes away the segments of which nothing is needed any more. Nobody else reads them.
    private static func takeSpent(from state: inout State, below floor: UInt64) -> [JournalSegment] {
        var spent: [JournalSegment] = []
        while state.segments.count > 1, state.segments[1].first <= floor, let segment = state.segments.popFirst() {
            spent.append(segment)
        }
        return spent
    }
}
