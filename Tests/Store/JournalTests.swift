import Patience
import CallCenter
import Foundation
import Testing

@testable import Store

/// A journal of small segments.
func journal(_ folder: String, segments: Int = 8, segmentSize: Int = 4_096) throws -> Journal {
    var limits = Journal.Limits()
    limits.segmentSize = segmentSize
    limits.segments = segments
    limits.interval = .milliseconds(5)
    return try Journal(folder: folder + "/journal", limits: limits)
}

@Suite("The journal")
struct JournalTests {
    private func payload(_ number: Int, size: Int = 100) -> [UInt8] {
        Array("\(number) ".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: size)
    }

    private func number(_ entry: JournalReader.Entry) -> Int {
        Int(String(decoding: entry.payload.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)) ?? -1
    }

    /// Everything that is left to read.
    private func drain(_ journal: Journal) -> [Int] {
        var numbers: [Int] = []
        while true {
            let entries = journal.records.read(atMost: 7)
            guard let last = entries.last else {
                // What one reader has not passed is kept, also if there is nothing for it.
                #expect(journal.logins.read(atMost: 1).isEmpty)
                return numbers
            }
            numbers += entries.map(number)
            journal.records.settle(through: last.sequence, count: entries.count, callNumber: Int32(numbers.count))
        }
    }

    /// The files as another process would find them if this one died now.
    private func crash(_ folder: String) throws -> String {
        let copy = folder + "/crash-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        try copyWhileInUse(folder + "/journal", to: copy + "/journal")
        return copy
    }

    private func segments(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder + "/journal").filter { $0.hasSuffix(".segment") }
            .sorted()
    }

    @Test("gives back what was appended, in order, over many segments, which it uses again")
    func order() async throws {
        try await withFolder { folder in
            let journal = try journal(folder)
            var next = 1
            for _ in 0..<50 {
                for _ in 0..<40 {
                    #expect(journal.append(.record, payload(next)))
                    next += 1
                }
                #expect(journal.pending(.record) == 40)
                #expect(drain(journal) == Array(next - 40..<next))
                #expect(journal.pending(.record) == 0)
                // About 31 entries a segment; what is done with is freed by the thread of its own.
                try await eventually("a free segment") { try segments(folder).count <= 4 }
            }
            #expect(journal.figures.refused == 0)
            journal.close()
        }
    }

    @Test("loses nothing in a crash of the process, and goes on where the reader was done")
    func crashes() async throws {
        try await withFolder { folder in
            var place = folder
            var written = 0
            var read: [Int] = []
            for _ in 0..<6 {
                let journal = try journal(place, segments: 32)
                #expect(journal.findings.isEmpty)
                for _ in 0..<70 {
                    written += 1
                    #expect(journal.append(.record, payload(written)))
                }
                let entries = journal.records.read(atMost: 50)
                let done = entries[29]
                journal.records.settle(through: done.sequence, count: 30, callNumber: Int32(number(done)))
                read += entries[..<30].map(number)
                #expect(journal.pending(.record) == written - read.count)
                place = try crash(place)
            }
            let journal = try journal(place, segments: 32)
            #expect(journal.pending(.record) == written - read.count)
            #expect(journal.records.callNumber == Int32(read.count))
            read += drain(journal)
            #expect(read == Array(1...written))
            journal.close()
        }
    }

    @Test("at its bound keeps what is there, refuses what is new, and takes it again when there is room")
    func full() async throws {
        try await withFolder { folder in
            let journal = try journal(folder, segments: 3)
            var taken = 0
            while journal.append(.record, payload(taken + 1)) { taken += 1 }
            #expect((60...100).contains(taken))
            #expect(!journal.append(.record, payload(0)))
            #expect(journal.figures.refused == 2)
            #expect(journal.figures.bytes == 3 * 4_096)
            #expect(drain(journal) == Array(1...taken))
            try await eventually("room") { journal.append(.record, payload(taken + 1)) }
            #expect(drain(journal) == [taken + 1])
            journal.close()
            #expect(!journal.append(.record, payload(0)))
        }
    }

    @Test("a torn end is reported and left out; what comes later is read after what was there before")
    func torn() async throws {
        try await withFolder { folder in
            let first = try journal(folder)
            for number in 1...10 { #expect(first.append(.record, payload(number))) }
            let copy = try crash(folder)
            let path = "\(copy)/journal/\(try #require(try segments(copy).first))"
            // The last of ten entries of 128 bytes, and the mark of the end.
            let file = try #require(FileHandle(forUpdatingAtPath: path))
            try file.seek(toOffset: UInt64(JournalSegment.headerSize + 9 * 128 + 60))
            try file.write(contentsOf: Data(repeating: 0, count: 128))
            try file.close()
            let second = try journal(copy)
            let place = JournalSegment.headerSize + 9 * 128
            let finding = "\(path) ends in a torn or damaged entry at byte \(place): 1 entries are lost"
            #expect(second.findings == [finding])
            #expect(second.figures.damaged == 1)
            #expect(second.append(.record, payload(11)))
            #expect(drain(second) == Array(1...9) + [11])
            second.close()
            first.close()
        }
    }

    /// Changes bytes of the only segment of a crashed journal, and opens that.
    private func damaged(_ folder: String, _ change: (inout Data) -> Void) throws -> (Journal, path: String) {
        let copy = try crash(folder)
        let path = "\(copy)/journal/\(try #require(try segments(copy).first))"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        change(&bytes)
        try bytes.write(to: URL(fileURLWithPath: path))
        return (try journal(copy), path)
    }

    @Test("damage to what was done with costs nothing that comes behind it, and counts for nothing")
    func damagedBeforeTheReader() async throws {
        try await withFolder { folder in
            let first = try journal(folder)
            for number in 1...2 { #expect(first.append(.record, payload(number))) }
            #expect(drain(first) == [1, 2])
            for number in 3...4 { #expect(first.append(.record, payload(number))) }
            let (second, _) = try damaged(folder) { $0[JournalSegment.headerSize + 128 + 40] ^= 1 }
            #expect(second.findings.count == 1)
            #expect(second.figures.damaged == 0)
            #expect(drain(second) == [3, 4])
            #expect(second.pending(.record) == 0)
            second.close()
            first.close()
        }
    }

    @Test("a damaged header costs nothing: the first entry says what it said", arguments: [0, 7, 8, 13, 16, 19])
    func damagedHeader(byte: Int) async throws {
        try await withFolder { folder in
            let first = try journal(folder)
            for number in 1...10 { #expect(first.append(.record, payload(number))) }
            let (second, path) = try damaged(folder) { $0[byte] ^= 0x10 }
            #expect(second.findings == ["\(path) had a damaged header, which is mended"])
            #expect(second.figures.damaged == 0)
            #expect(drain(second) == Array(1...10))
            second.close()
            first.close()
        }
    }

    @Test("a file whose end is gone is reported, and so is one of which nothing can be read")
    func shortened() async throws {
        try await withFolder { folder in
            let first = try journal(folder)
            for number in 1...10 { #expect(first.append(.record, payload(number))) }
            let (second, path) = try damaged(folder) { $0 = $0.prefix(JournalSegment.headerSize + 4 * 128) }
            let missing = 4_096 - JournalSegment.headerSize - 4 * 128
            #expect(second.findings == ["\(path) is \(missing) bytes shorter than it was; entries may be lost"])
            #expect(drain(second) == Array(1...4))
            second.close()
            let (third, _) = try damaged(folder) { $0 = Data() }
            #expect(third.figures.damaged == 1)
            #expect(third.findings.count == 1)
            third.close()
            first.close()
        }
    }

    @Test("a file that the system does not let us have is not taken for damaged: there is no journal then")
    func unreachable() async throws {
        try await withFolder { folder in
            let first = try journal(folder)
            first.close()
            let path = folder + "/journal/00000007.segment"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            #expect(throws: StoreError.self) { try journal(folder) }
            #expect(FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("damage in the middle costs what it hit, and is counted")
    func damaged() async throws {
        try await withFolder { folder in
            let first = try journal(folder)
            for number in 1...10 { #expect(first.append(.record, payload(number))) }
            let copy = try crash(folder)
            let path = "\(copy)/journal/\(try #require(try segments(copy).first))"
            let file = try #require(FileHandle(forUpdatingAtPath: path))
            let place = JournalSegment.headerSize + 3 * 128
            try file.seek(toOffset: UInt64(place))
            try file.write(contentsOf: Data(repeating: 0, count: 200))
            try file.close()
            let second = try journal(copy)
            #expect(second.findings == ["\(path) is damaged at byte \(place): 2 entries are lost"])
            #expect(second.figures.damaged == 2)
            #expect(second.append(.record, payload(11)))
            #expect(drain(second) == [1, 2, 3, 6, 7, 8, 9, 10, 11])
            second.close()
            first.close()
        }
    }

    @Test("a damaged place of the reader means that all is read again; a damaged header that a file is set aside")
    func damagedFiles() async throws {
        try await withFolder { folder in
            let first = try journal(folder)
            for number in 1...40 { #expect(first.append(.record, payload(number))) }
            let entries = first.records.read(atMost: 5)
            first.records.settle(through: entries[4].sequence, count: 5, callNumber: 5)
            let copy = try crash(folder)
            try Data(repeating: 7, count: 4_096).write(to: URL(fileURLWithPath: copy + "/journal/records.cursor"))
            let second = try journal(copy)
            #expect(second.findings.count == 1)
            #expect(drain(second) == Array(1...40))
            second.close()
            let other = try crash(folder)
            let header = "\(other)/journal/\(try #require(try segments(other).first))"
            let file = try #require(FileHandle(forUpdatingAtPath: header))
            // With its first entry.
            try file.write(contentsOf: Data(repeating: 1, count: JournalSegment.headerSize + 64))
            try file.close()
            let third = try journal(other)
            #expect(third.findings.first?.hasPrefix("\(header) has a damaged header") == true)
            #expect(third.figures.damaged > 0)
            let left = drain(third)
            #expect(!left.isEmpty && left == Array((left.first ?? 0)...40))
            third.close()
            first.close()
        }
    }

    @Test("belongs to one process at a time")
    func lock() async throws {
        try await withFolder { folder in
            let first = try journal(folder)
            let error = try #require(throws: StoreError.self) { try journal(folder) }
            #expect(error.problem == "is in use by another callcenterd; give each a state_directory")
            first.close()
        }
    }

    @Test("many may append while one reads")
    func concurrent() async throws {
        try await withFolder { folder in
            let journal = try journal(folder, segments: 1_000)
            let read = await withTaskGroup(of: [Int].self) { group in
                for thread in 0..<4 {
                    group.addTask {
                        for index in 0..<500 { _ = journal.append(.record, payload(thread * 1_000 + index)) }
                        return []
                    }
                }
                group.addTask {
                    var read: [Int] = []
                    while read.count < 2_000, !Task.isCancelled {
                        read += drain(journal)
                        await Task.yield()
                    }
                    return read
                }
                return await group.reduce(into: []) { $0 += $1 }
            }
            #expect(read.count == 2_000)
            for thread in 0..<4 {
                #expect(read.filter { $0 / 1_000 == thread } == (0..<500).map { thread * 1_000 + $0 })
            }
            journal.close()
        }
    }
}
