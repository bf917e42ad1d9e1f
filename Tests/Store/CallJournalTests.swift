import Patience
import CallCenter
import Foundation
import Testing

@testable import Store

@Suite("The journal of calls")
struct CallJournalTests {
    private func journal(_ folder: String, segments: Int = 8, segmentSize: Int = 4_096) throws -> CallJournal {
        var limits = CallJournal.Limits()
        limits.segmentSize = segmentSize
        limits.segments = segments
        limits.interval = .milliseconds(5)
        return try CallJournal(folder: folder + "/calls", limits: limits)
    }

    /// As a call begins; `step` tells what became of it.
    private func call(_ number: Int32, step: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(UInt8(1))
        writer.write("key-\(number)")
        writer.write("uuid-\(number)")
        writer.write(number)
        writer.write(Int32(step))
        writer.write(bytes: [UInt8](repeating: 0x78, count: 200))
        return writer.bytes
    }

    private func agent(_ id: String, step: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(UInt8(1))
        writer.write(id)
        writer.write(Int32(step))
        return writer.bytes
    }

    /// The files as another process would find them if this one died now.
    private func crash(_ folder: String) throws -> String {
        let copy = folder + "/crash-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        try copyWhileInUse(folder + "/calls", to: copy + "/calls")
        return copy
    }

    private func segments(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder + "/calls").filter { $0.hasSuffix(".segment") }
            .sorted()
    }

    @Test("gives the next process the last of each call and agent, and the number of the last call")
    func merging() async throws {
        try await withFolder { folder in
            let journal = try journal(folder)
            for step in 1...20 {
                for number in Int32(1)...5 { #expect(journal.append(.call, call(number, step: step))) }
                #expect(journal.append(.agent, agent("anna", step: step)))
            }
            #expect(journal.appendEnd(ofCall: "key-5", number: 5))
            #expect(journal.appendEnd(ofCall: "key-2", number: 2))
            let next = try self.journal(try crash(folder))
            #expect(next.found.calls == [1, 3, 4].map { [call($0, step: 20)] })
            #expect(next.found.agents == [agent("anna", step: 20)])
            #expect(next.found.findings == [])
            #expect(next.lastCallNumber(after: 0) == 5)
            #expect(next.lastCallNumber(after: 9) == 9)
            #expect(next.append(.call, call(6, step: 1)), "and goes on")
            next.close()
            journal.close()
        }
    }

    @Test("gives back what has changed of a call behind its last whole entry; changes without that are nothing")
    func changes() async throws {
        try await withFolder { folder in
            let journal = try journal(folder, segmentSize: 65_536)
            func change(_ number: Int32, step: Int) -> [UInt8] {
                var writer = ByteWriter()
                writer.write(UInt8(1))
                writer.write("key-\(number)")
                writer.write(number)
                writer.write(Int32(step))
                return writer.bytes
            }
            #expect(journal.append(.callChange, change(9, step: 1)))
            #expect(journal.append(.call, call(1, step: 1)))
            #expect(journal.append(.callChange, change(1, step: 2)))
            #expect(journal.append(.call, call(2, step: 1)))
            #expect(journal.append(.call, call(1, step: 3)))
            #expect(journal.append(.callChange, change(1, step: 4)))
            #expect(journal.append(.callChange, change(1, step: 5)))
            let next = try self.journal(try crash(folder), segmentSize: 65_536)
            #expect(
                next.found.calls == [
                    [call(1, step: 3), change(1, step: 4), change(1, step: 5)], [call(2, step: 1)],
                ]
            )
            #expect(next.found.findings == [])
            next.close()
            journal.close()
        }
    }

    @Test("uses its files again when everything that is alive has been appended once more")
    func passes() async throws {
        try await withFolder { folder in
            let journal = try journal(folder)
            #expect(journal.append(.call, call(1, step: 0)))
            var passes = 0
            for step in 1...400 {
                try await eventually("room in the journal") { journal.append(.call, call(2, step: step)) }
                guard journal.wantsPass else { continue }
                passes += 1
                journal.beginPass()
                #expect(journal.append(.call, call(1, step: passes)))
                #expect(journal.append(.call, call(2, step: step)))
                journal.endPass()
            }
            #expect(passes > 5)
            let next = try self.journal(try crash(folder))
            #expect(Set(next.found.calls) == [[call(1, step: passes)], [call(2, step: 400)]])
            #expect(next.found.findings == [])
            #expect(try segments(folder).count <= 8)
            next.close()
            journal.close()
        }
    }

    @Test(
        "looks for room when several times as much is in use as is alive, sooner where that is much or room is scarce",
        arguments: [(0, 2), (1, 5), (10, 50), (11, 54), (100, 232), (300, 135), (400, 10), (500, 2)]
    )
    func rhythm(kept: Int, expected: Int) {
        let limits = CallJournal.Limits()
        #expect(limits.bytesBeforePass(after: kept * limits.segmentSize) == expected * limits.segmentSize)
    }

    @Test("finds room in time where what is alive takes a third of all that there may be")
    func passesInLittleRoom() async throws {
        try await withFolder { folder in
            let journal = try journal(folder, segments: 14)
            let all = Int32(1)...64
            for number in all { #expect(journal.append(.call, call(number, step: 0))) }
            var passes = 0
            for step in 1...1_000 {
                #expect(journal.append(.call, call(1, step: step)))
                guard journal.wantsPass else { continue }
                passes += 1
                journal.beginPass()
                for number in all {
                    #expect(journal.append(.call, call(number, step: number == 1 ? step : passes)))
                }
                journal.endPass()
                journal.sync()
            }
            #expect(passes > 5)
            #expect(journal.figures.refused == 0)
            let next = try self.journal(try crash(folder), segments: 14)
            #expect(Set(next.found.calls) == Set(all.map { [call($0, step: $0 == 1 ? 1_000 : passes)] }))
            next.close()
            journal.close()
        }
    }

    @Test("refuses what has no room, keeps what is there, and lets no pass drop what could not be replaced")
    func full() async throws {
        try await withFolder { folder in
            let journal = try journal(folder, segments: 2)
            #expect(journal.append(.call, call(1, step: 1)))
            journal.beginPass()
            var step = 1
            while journal.append(.call, call(2, step: step)) { step += 1 }
            #expect(!journal.append(.call, call(1, step: 2)))
            journal.endPass()
            #expect(journal.figures.refused == 2)
            let next = try self.journal(try crash(folder), segments: 2)
            #expect(next.found.calls == [[call(1, step: 1)], [call(2, step: step - 1)]])
            next.close()
            journal.close()
        }
    }

    @Test("leaves out a torn end and says what damage has taken", arguments: [1, 30, 120, 233])
    func damage(distance: Int) async throws {
        try await withFolder { folder in
            let journal = try journal(folder, segmentSize: 65_536)
            for number in Int32(1)...6 { #expect(journal.append(.call, call(number, step: 1))) }
            let copy = try crash(folder)
            journal.close()
            let file = "\(copy)/calls/" + (try #require(try segments(copy).first))
            var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
            // An entry is a header of 24 bytes and its payload, padded to 8.
            let size = 24 + (call(1, step: 1).count + 7) & ~7
            bytes[64 + 2 * size + distance % size] ^= 0x40
            bytes[64 + 5 * size + distance % size] ^= 0x40
            try bytes.write(to: URL(fileURLWithPath: file))
            let next = try self.journal(copy, segmentSize: 65_536)
            #expect(next.found.calls == [1, 2, 4, 5].map { [call($0, step: 1)] })
            #expect(next.found.findings.count == 2)
            #expect(next.append(.call, call(7, step: 1)))
            next.close()
        }
    }

    @Test(
        "says when the process before was last alive, and for that one its own life counts from when it has taken over"
    )
    func lastAlive() async throws {
        try await withFolder { folder in
            let journal = try journal(folder)
            #expect(journal.found.lastAlive == nil)
            let begin = CivilTime.now
            #expect(journal.append(.call, call(1, step: 1)))
            journal.close()
            let second = try self.journal(folder)
            #expect(second.found.lastAlive == nil, "the first had not taken over")
            second.takenOver()
            second.close()
            let third = try self.journal(folder)
            let lastAlive = try #require(third.found.lastAlive)
            #expect((begin...CivilTime.now).contains(lastAlive))
            third.close()
            let fourth = try self.journal(folder)
            #expect(fourth.found.lastAlive == lastAlive, "the third has died too early")
            fourth.close()
        }
    }

    @Test("belongs to one process at a time")
    func lock() async throws {
        try await withFolder { folder in
            let journal = try journal(folder)
            #expect(throws: StoreError.self) { try self.journal(folder) }
            journal.close()
            #expect(!journal.append(.call, call(1, step: 1)))
            let next = try self.journal(folder)
            next.close()
        }
    }
}
