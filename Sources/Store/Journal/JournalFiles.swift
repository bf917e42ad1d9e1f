import CallCenter
import DequeModule
import Foundation
import Glibc

/// The files of a journal as a process finds them: `NNNNNNNN.segment`, `KIND.cursor` and `lock`.
enum JournalFiles {
    private static let suffix = ".segment"

    static func path(_ folder: String, _ number: Int) -> String {
        let digits = String(number)
        return "\(folder)/\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits)\(suffix)"
    }

    /// Creates the folder if need be, and takes its lock: two processes would destroy each other's entries. The kernel
    /// gives it back when the descriptor is closed, or the process dies.
    static func lock(_ folder: String) throws(StoreError) -> CInt {
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw StoreError(.unusable, database: folder, "cannot be created; its folder must belong to our user")
        }
        let path = "\(folder)/lock"
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw JournalError.system(path, "cannot be opened", errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            let problem = "is in use by another callcenterd; give each a state_directory"
            throw StoreError(.unusable, database: folder, problem)
        }
        return descriptor
    }

    /// Maps what is there, finds the ends, and counts what each reader has still to do.
    static func open(
        _ folder: String,
        readers: [JournalReader],
        limits: Journal.Limits
    ) throws(StoreError) -> (state: Journal.State, findings: [String]) {
        var state = Journal.State()
        var findings: [String] = []
        state.done = readers.map(\.done)
        state.pending = readers.map { _ in 0 }
        for reader in readers where reader.hasDamagedCursor {
            findings.append("\(folder)/\(reader.kind.name).cursor is damaged; everything is written again")
        }
        let found = try segments(in: folder, size: limits.segmentSize)
        state.segments = Deque(found.inUse)
        state.free = found.free
        state.nextFile = found.nextFile
        state.figures.damaged += UInt64(found.unreadable)
        findings += found.findings
        // Segments are freed when all are done with them: what is left begins where the slowest reader is, or before.
        let begin = state.segments.first?.first ?? 1
        let wanted = readers.filter { !$0.hasDamagedCursor }.map(\.done).min() ?? begin
        state.next = min(begin, wanted)
        var isAppendable = false
        for segment in state.segments {
            isAppendable = scan(segment, readers, into: &state, &findings)
        }
        // The readers may be further than the files that are left.
        let done = state.done.max() ?? 1
        if done > state.next {
            state.next = done
            isAppendable = false
        }
        if !isAppendable {
            let segment: JournalSegment
            if let free = state.free.popLast() {
                segment = free
            } else {
                segment = try JournalSegment.create(path(folder, state.nextFile), size: limits.segmentSize)
                state.nextFile += 1
            }
            segment.begin(with: state.next)
            state.segments.append(segment)
        }
        return (state, findings)
    }

    /// The segments of a folder.
    struct Segments {
        /// By the numbers of their entries.
        var inUse: [JournalSegment] = []
        /// One at most.
        var free: [JournalSegment] = []
        /// The number of the next file.
        var nextFile = 1
        /// What was wrong, for people.
        var findings: [String] = []
        /// Files of which nothing could be read.
        var unreadable = 0
    }

    /// Maps the segments that are there. Of free ones one of this size is kept. A file that makes no sense is kept under another
    /// name for whoever looks into it.
    ///
    /// - Throws: `StoreError.Kind.unusable` if the system does not let us have one: what is in it is not lost.
    static func segments(in folder: String, size: Int) throws(StoreError) -> Segments {
        var found = Segments()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasSuffix(suffix + JournalSegment.unfinished) { unlink("\(folder)/\(name)") }
        for name in names.filter({ $0.hasSuffix(suffix) }).sorted() {
            let path = "\(folder)/\(name)"
            found.nextFile = max(found.nextFile, (Int(name.dropLast(suffix.count)) ?? 0) + 1)
            let segment = try JournalSegment.open(existing: path)
            let header = segment?.readHeader() ?? .damaged
            switch (segment, header) {
            case (let segment?, .inUse), (let segment?, .mended):
                found.inUse.append(segment)
                if header == .mended { found.findings.append("\(path) had a damaged header, which is mended") }
                if segment.missing > 0 {
                    let what = "\(segment.missing) bytes shorter than it was"
                    found.findings.append("\(path) is \(what); entries may be lost")
                }
            case (let segment?, .free):
                if segment.bytes.count == size, found.free.isEmpty {
                    found.free.append(segment)
                } else {
                    unlink(path)
                }
            case (_, .damaged), (nil, _):
                rename(path, path + ".damaged")
                found.unreadable += 1
                let loss = "its entries are lost"
                found.findings.append("\(path) has a damaged header, and is now \(path).damaged; \(loss)")
            }
        }
        found.inUse.sort { $0.first < $1.first }
        return found
    }

    /// What damage to a segment has taken, for people.
    ///
    /// - Parameter needed: the first entry that somebody still needed.
    static func finding(_ damage: JournalScan.Damage, in path: String, needed: UInt64 = 0) -> String {
        let lost = damage.lost(from: needed)
        let what = damage.isAtEnd ? "ends in a torn or damaged entry" : "is damaged"
        let counted = lost == 0 ? "nothing that was needed is lost" : "\(lost) entries are lost"
        return "\(path) \(what) at byte \(damage.place): \(counted)"
    }

    /// - Returns: whether entries may be appended: the end is clean.
    private static func scan(
        _ segment: JournalSegment,
        _ readers: [JournalReader],
        into state: inout Journal.State,
        _ findings: inout [String]
    ) -> Bool {
        if segment.first > state.next {
            let lost = segment.first - state.next
            state.figures.damaged &+= lost
            findings.append("\(lost) entries before \(segment.path) are lost")
        }
        var scan = JournalScan(from: JournalSegment.headerSize, sequence: segment.first)
        while let entry = scan.next(segment.bytes) {
            for (index, reader) in readers.enumerated() {
                guard entry.kind == reader.kind.code, entry.sequence >= reader.done else { continue }
                state.pending[index] += 1
                if reader.kind == .login, let login = try? AgentLogin(encoded: Array(segment.bytes[entry.payload])) {
                    state.foundLogins.append(login)
                }
            }
            // Calls end in another order than they begin.
            if entry.kind == JournalKind.record.code,
                let record = try? CallDetailRecord(encoded: Array(segment.bytes[entry.payload]))
            {
                let numbers = [state.lastCallNumber, record.callNumber].compactMap(\.self)
                state.lastCallNumber = CallNumbers.last(among: numbers)
            }
        }
        segment.setEnd(scan.place)
        state.next = scan.sequence
        let needed = readers.map(\.done).min() ?? 0
        for damage in scan.damage {
            state.figures.damaged &+= damage.lost(from: needed)
            findings.append(finding(damage, in: segment.path, needed: needed))
        }
        return !scan.isTorn
    }
}
