import CallCenter
import DequeModule
import Foundation
import Glibc

/// The files of the journal of calls as a process finds them.
struct CallJournalFiles {
    let folder: String
    let limits: CallJournal.Limits
    var state = CallJournal.State()
    private(set) var found = CallJournal.Found()
    /// Where what counts of each call is, and the last entry of each agent.
    private var calls: [String: Call] = [:]
    private var agents: [String: Place] = [:]

    private struct Call {
        /// They are given back in the order in which they were first seen.
        var order: Int
        var entries: [Place]
    }

    private struct Place {
        var segment: JournalSegment
        var payload: Range<Int>
        /// When it was seen.
        var order: Int
    }

    init(folder: String, limits: CallJournal.Limits) {
        self.folder = folder
        self.limits = limits
    }

    /// Maps what is there, finds what is alive, and sees to it that entries can be appended.
    mutating func open() throws(StoreError) {
        let segments = try JournalFiles.segments(in: folder, size: limits.segmentSize)
        state.segments = Deque(segments.inUse)
        state.free = segments.free
        state.nextFile = segments.nextFile
        found.findings += segments.findings
        found.lastAlive = state.segments.compactMap(\.lastAlive).max()
        state.next = state.segments.first?.first ?? 1
        var isAppendable = false
        for segment in state.segments { isAppendable = scan(segment) }
        for call in calls.values.sorted(by: { $0.order < $1.order }) { found.calls.append(call.entries.map(payload)) }
        for place in agents.values.sorted(by: { $0.order < $1.order }) { found.agents.append(payload(place)) }
        guard !isAppendable else { return }
        let segment: JournalSegment
        if let free = state.free.popLast() {
            segment = free
        } else {
            segment = try JournalSegment.create(
                JournalFiles.path(folder, state.nextFile),
                size: limits.segmentSize
            )
            state.nextFile += 1
        }
        segment.begin(with: state.next)
        state.segments.append(segment)
    }

    private func payload(_ place: Place) -> [UInt8] { Array(place.segment.bytes[place.payload]) }

    /// - Returns: whether entries may be appended: the end is clean.
    private mutating func scan(_ segment: JournalSegment) -> Bool {
        if segment.first > state.next {
            found.findings.append("\(segment.first - state.next) entries before \(segment.path) are lost")
        }
        var scan = JournalScan(from: JournalSegment.headerSize, sequence: segment.first)
        while let entry = scan.next(segment.bytes) { note(entry, in: segment) }
        segment.setEnd(scan.place)
        state.next = max(state.next, scan.sequence)
        for damage in scan.damage { found.findings.append(JournalFiles.finding(damage, in: segment.path)) }
        return !scan.isTorn
    }

    private mutating func note(_ entry: JournalScan.Entry, in segment: JournalSegment) {
        guard let kind = CallJournal.Kind(rawValue: entry.kind) else { return }
        // What they begin with is enough.
        let bytes = Array(segment.bytes[entry.payload.prefix(512)])
        guard let head = try? KeptEntry(kind, bytes) else {
            found.findings.append("\(segment.path): entry \(entry.sequence) makes no sense")
            return
        }
        let place = Place(segment: segment, payload: entry.payload, order: found.numbers.count + agents.count)
        switch kind {
        case .call:
            calls[head.key] = Call(order: calls[head.key]?.order ?? place.order, entries: [place])
            note(head.number)
        case .callChange:
            // Without its beginning it has been lost to damage, which was told of.
            calls[head.key]?.entries.append(place)
            note(head.number)
        case .callEnded:
            calls[head.key] = nil
            note(head.number)
        case .agent:
            agents[head.key] = place
        }
    }

    private mutating func note(_ number: Int32) {
        if found.numbers.last != number { found.numbers.append(number) }
    }
}

/// What the payloads of the journal of calls begin with.
struct KeptEntry {
    var key: String
    var number: Int32 = 0

    /// A call: version (1 byte), key, UUID, number. A change of it: the same without UUID. A call that has ended: key, number. An
    /// agent: version (1 byte), ID.
    init(_ kind: CallJournal.Kind, _ payload: [UInt8]) throws(ByteReader.Malformed) {
        var reader = ByteReader(payload)
        switch kind {
        case .call:
            _ = try reader.number(UInt8.self)
            key = try reader.text()
            _ = try reader.text()
            number = try reader.number()
        case .callChange:
            _ = try reader.number(UInt8.self)
            key = try reader.text()
            number = try reader.number()
        case .callEnded:
            key = try reader.text()
            number = try reader.number()
        case .agent:
            _ = try reader.number(UInt8.self)
            key = try reader.text()
        }
    }

    /// The payload for a call that has ended.
    static func ended(key: String, number: Int32) -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        writer.write(key)
        writer.write(number)
        return writer.bytes
    }
}

extension CallJournal {
    /// A call is over. As `append`.
    package func appendEnd(ofCall key: String, number: Int32) -> Bool {
        append(.callEnded, KeptEntry.ended(key: key, number: number))
    }
}
