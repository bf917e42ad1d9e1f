import CallCenter
import Testing

@testable import Telemetry

/// GET and GETNEXT against one ordered table of everything that is there, made from the text of the MIB.
@Suite("The tree that SNMP shows")
struct ManagedTreeTests {
    private static let base = ManagedTree.base

    /// The names of all instances of a snapshot, in the order of SNMP: object by object as the MIB has them, and in each
    /// by index.
    private func table(of snapshot: Snapshot) throws -> [[UInt32]] {
        let flows = snapshot.center.flows.map { RowIndex.octets(of: $0.id).map(UInt32.init) }
        let agents = snapshot.center.agents.map { RowIndex.octets(of: $0.id).map(UInt32.init) }
        return try MIBModule.read().objects.values.filter { $0.access == "read-only" }
            .flatMap { object in
                switch object.name.prefix(3) {
                case "ccf": flows.map { object.oid + $0 }
                case "cca": agents.map { object.oid + $0 }
                default: [object.oid + [0]]
                }
            }
            .sorted { $0.lexicographicallyPrecedes($1) }
    }

    @Test(
        "a walk meets every instance once, in order, and GET gives each the same value",
        arguments: [Sample.snapshot, Snapshot(center: CenterSnapshot(), process: ProcessFigures())]
    )
    func walk(snapshot: Snapshot) throws {
        let tree = ManagedTree(snapshot)
        var walked: [[UInt32]] = []
        var here: [UInt32] = []
        while let instance = tree.next(after: here) {
            walked.append(instance.name)
            if tree.get(instance.name) != .value(instance.value)
                || tree.next(after: instance.name, inclusive: true) != instance
            {
                Issue.record("\(instance.name)")
            }
            here = instance.name
        }
        #expect(walked == (try table(of: snapshot)))
    }

    @Test("GETNEXT from any OID gives what a search of the whole table gives")
    func anywhere() throws {
        var snapshot = Sample.snapshot
        snapshot.center.flows = Array(snapshot.center.flows.prefix(2))
        snapshot.center.agents = Array(snapshot.center.agents.prefix(2))
        let table = try table(of: snapshot)
        let tree = ManagedTree(snapshot)
        // Before, at, below and beside every instance and everything above it; and numbers as they come.
        var probes: Set<[UInt32]> = [[], [0], [1], [1, 3, 6], [2], Self.base, Self.base + [0], Self.base + [1]]
        for name in table {
            for length in (Self.base.count + 1)...name.count {
                let prefix = Array(name[..<length])
                let last = prefix[length - 1]
                probes.formUnion([
                    prefix, prefix + [0], prefix.dropLast() + [last &- 1], prefix.dropLast() + [last + 1],
                ])
            }
            probes.insert(name + [.max])
        }
        var random = SystemRandomNumberGenerator()
        for _ in 0..<1_000 {
            let length = Int.random(in: 0...8, using: &random)
            probes.insert(Self.base + (0..<length).map { _ in UInt32.random(in: 0...120, using: &random) })
        }
        var wrong: [[UInt32]] = []
        var position = 0
        for probe in probes.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            while position < table.count, table[position].lexicographicallyPrecedes(probe) { position += 1 }
            let isThere = position < table.count && table[position] == probe
            let at = position < table.count ? table[position] : nil
            let after = isThere ? (position + 1 < table.count ? table[position + 1] : nil) : at
            if tree.next(after: probe)?.name != after || tree.next(after: probe, inclusive: true)?.name != at {
                wrong.append(probe)
            }
        }
        #expect(wrong == [])
        #expect(probes.count > 2_000)
    }

    @Test("GET tells an object that is none from an instance that is not there")
    func absent() {
        let tree = ManagedTree(Sample.snapshot)
        let objects = Self.base + [1]
        let cases: [([UInt32], ManagedTree.Answer)] = [
            ([], .noSuchObject), ([1, 3], .noSuchObject), (Self.base, .noSuchObject), (objects, .noSuchObject),
            (objects + [1], .noSuchObject), (objects + [1, 1], .noSuchInstance),
            (objects + [1, 1, 1], .noSuchInstance),
            (objects + [1, 1, 0, 0], .noSuchInstance), (objects + [1, 0, 0], .noSuchObject),
            (objects + [1, .max, 0], .noSuchObject), (objects + [2], .noSuchObject), (objects + [2, 1], .noSuchObject),
            (objects + [2, 2, 2, 97], .noSuchObject), (objects + [2, 1, 1, 97], .noSuchObject),
            (objects + [2, 1, 2], .noSuchInstance), (objects + [2, 1, 2, 98], .noSuchInstance),
            (objects + [2, 1, 2, 97], .value(.octets([97]))), (objects + [2, 1, 2, 97 + 256], .noSuchInstance),
            (objects + [2, 1, 9_999, 97], .noSuchObject), (objects + [4, 1, 0], .noSuchObject),
            (objects + [.max], .noSuchObject), (Self.base + [0, 1], .noSuchObject),
        ]
        for (name, answer) in cases { #expect(tree.get(name) == answer, "\(name)") }
    }

    @Test("an ID is its index; one that cannot be gets another, and every flow still has its row")
    func indexes() throws {
        let long = String(repeating: "x", count: 65)
        let ids = [
            "", " ", "a", "a~b", String(repeating: "x", count: 64), long, long + "y", "caf\u{E9}", "n\0l", "z\n",
        ]
        let indexes = ids.map { String(decoding: RowIndex.octets(of: $0), as: UTF8.self) }
        #expect(
            indexes == [
                "~cbf29ce484222325", " ", "a", "a~b", String(repeating: "x", count: 64),
                String(repeating: "x", count: 47) + "~" + fnv(long),
                String(repeating: "x", count: 47) + "~" + fnv(long + "y"), "caf??~" + fnv("caf\u{E9}"),
                "n?l~" + fnv("n\0l"), "z?~" + fnv("z\n"),
            ]
        )
        var center = CenterSnapshot()
        center.flows = ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .map { CenterSnapshot.Flow(id: $0, priority: 0, skill: "") }
        let tree = ManagedTree(Snapshot(center: center, process: ProcessFigures()))
        let column = Self.base + [1, 2, 1, 2]
        var shown: [String] = []
        var here = column
        while let next = tree.next(after: here), next.name.starts(with: column) {
            if case .octets(let octets) = next.value { shown.append(String(decoding: octets, as: UTF8.self)) }
            here = next.name
        }
        #expect(shown.count == ids.count)
        #expect(Set(shown) == Set(ids))
    }

    /// 64-bit FNV-1a, sixteen digits.
    private func fnv(_ text: String) -> String {
        var hash: UInt64 = 14_695_981_039_346_656_037
        for octet in text.utf8 { hash = (hash ^ UInt64(octet)) &* 1_099_511_628_211 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    @Test("values are in the units of the MIB, and what does not fit is shown as the greatest value")
    func values() {
        #expect(ManagedValue.gauge(clamping: -1) == .gauge(0))
        #expect(ManagedValue.gauge(clamping: Int64.max) == .gauge(.max))
        #expect(ManagedValue.ticks(lasting: 12_345) == .ticks(1_234))
        #expect(ManagedValue.truth(true) == .integer(1))
        #expect(ManagedValue.truth(false) == .integer(2))
        let long = String(repeating: "\u{E9}", count: 128)
        #expect(ManagedValue.text(long) == .octets(Array(long.utf8.dropLast(2))))
        // 2026-11-25 19:45:16.2 UTC; the last moment of a leap year; the epoch.
        #expect(ManagedValue.date(1_795_635_916_234) == .octets([7, 234, 11, 25, 19, 45, 16, 2, 43, 0, 0]))
        #expect(ManagedValue.date(1_735_689_599_999) == .octets([7, 232, 12, 31, 23, 59, 59, 9, 43, 0, 0]))
        #expect(ManagedValue.date(0) == .octets([7, 178, 1, 1, 0, 0, 0, 0, 43, 0, 0]))
    }

    @Test("each statistic is shown with the value of its figure", arguments: Catalogue.statistics)
    func statistics(statistic: Statistic) throws {
        let mib = try MIBModule.read()
        let tree = ManagedTree(Sample.snapshot)
        let subjects: [(index: [UInt32], figure: Figure)] =
            switch statistic.source {
            case .global(let read): [([0], read(Sample.snapshot))]
            case .flow(let read):
                Sample.snapshot.center.flows.map { (RowIndex.octets(of: $0.id).map(UInt32.init), read($0)) }
            case .agent(let read):
                Sample.snapshot.center.agents.map { (RowIndex.octets(of: $0.id).map(UInt32.init), read($0)) }
            }
        func value(_ suffix: String, _ index: [UInt32]) throws -> ManagedTree.Answer {
            tree.get(try #require(mib.objects[statistic.objectName + suffix]).oid + index)
        }
        for (index, figure) in subjects {
            switch figure {
            case .count(let count): #expect(try value("", index) == .value(.counter64(count)))
            case .gauge(let gauge):
                let isState = !statistic.states.isEmpty
                #expect(try value("", index) == .value(isState ? .integer(Int32(gauge)) : .gauge(UInt32(gauge))))
            case .time(let time): #expect(try value("", index) == .value(.gauge(UInt32(time))))
            case .date(let date): #expect(try value("", index) == .value(.date(date)))
            case .percent(let percent): #expect(try value("", index) == .value(.gauge(UInt32(percent))))
            case .times(let times):
                #expect(try value("Count", index) == .value(.counter64(times.count)))
                #expect(try value("Sum", index) == .value(.counter64(times.sum)))
            case .delays(let delays):
                #expect(try value("Count", index) == .value(.counter64(delays.count)))
                #expect(try value("Sum", index) == .value(.counter64(delays.sum / 1_000)))
            case .counts(let counts) where statistic.parts.isEmpty:
                #expect(try value("", index) == .value(.text(counts.map(\.name).joined(separator: ","))))
            case .counts(let counts):
                for part in statistic.parts {
                    let name = Statistic.objectName("", part: part)
                    let expected = counts.first { $0.name == part }?.count ?? 0
                    #expect(try value(name, index) == .value(.counter64(expected)), "\(part)")
                }
                #expect(Set(counts.map(\.name)).isSubset(of: statistic.parts), "every part is known beforehand")
            }
        }
    }
}

extension Snapshot: CustomTestStringConvertible {
    package var testDescription: String { "\(center.flows.count) flows, \(center.agents.count) agents" }
}
