import CallCenter
import Testing

@testable import Telemetry

@Suite("CALLCENTERD-MIB and the objects that are served")
struct MIBTests {
    private let mib: MIBModule

    init() throws { mib = try MIBModule.read() }

    @Test("every object of the catalogue has a number that will stay")
    func numbers() {
        let unnumbered =
            ManagedNumbers.scalars.unnumbered + ManagedNumbers.flows.unnumbered + ManagedNumbers.agents.unnumbered
        #expect(
            unnumbered == [],
            "add them to the end of the list in Telemetry/MIB/ManagedNumbers.swift, and to mibs/CALLCENTERD-MIB.txt"
        )
    }

    @Test("the MIB has the objects that are served, by the same names and numbers, and no others")
    func same() {
        var served: [String: [UInt32]] = [:]
        for entry in ManagedNumbers.scalars.entries {
            served[entry.object.name] = ManagedSectionNumber.scalars.name + [entry.number]
        }
        for entry in ManagedNumbers.flows.entries {
            served[entry.object.name] = ManagedSectionNumber.flows.name + [1, entry.number]
        }
        for entry in ManagedNumbers.agents.entries {
            served[entry.object.name] = ManagedSectionNumber.agents.name + [1, entry.number]
        }
        for (name, oid) in served.sorted(by: { $0.key < $1.key }) {
            #expect(mib.objects[name]?.oid == oid, "\(name) is served as \(oid): put it into mibs/CALLCENTERD-MIB.txt")
        }
        let readable = mib.objects.values.filter { $0.access == "read-only" }.map(\.name)
        #expect(Set(readable).subtracting(served.keys) == [], "nobody serves these")
        #expect(mib.objects["ccgNotifiedBound"]?.oid.appending(0) == Alarm.bound)
    }

    @Test(
        "each statistic has a description that names it, the type of its figure, and a unit",
        arguments: Catalogue.statistics
    )
    func types(statistic: Statistic) throws {
        for (name, part, syntax) in expectations(statistic) {
            let object = try #require(mib.objects[name], "no \(name)")
            #expect(object.syntax == syntax, "\(name)")
            let suffix = ["ccg": "", "ccf": "_<flow>", "cca": "_<agent>"][name.prefix(3)] ?? ""
            #expect(object.description.contains("Statistic \(statistic.name)\(part)\(suffix)"), "\(name)")
            let isNumber = ["Counter64", "Gauge32"].contains(syntax)
            #expect((object.units != nil) == isNumber, "\(name)")
        }
    }

    @Test("every value served is one of the type that the MIB says")
    func syntaxes() throws {
        let tree = ManagedTree(Sample.snapshot)
        let objects = Dictionary(mib.objects.values.map { ($0.oid, $0) }) { first, _ in first }
        var seen = 0
        var instance = tree.next(after: ManagedTree.base)
        while let here = instance {
            let length = ManagedTree.base.count + (here.name[ManagedTree.base.count + 1] == 1 ? 3 : 4)
            let object = try #require(objects[Array(here.name.prefix(length))])
            seen += 1
            if !object.allows(here.value) { Issue.record("\(object.name): \(object.syntax) is not \(here.value)") }
            instance = tree.next(after: here.name)
        }
        #expect(seen > 100)
    }

    @Test("the MIB has the notifications that are sent, with the objects that go along and without Counter64")
    func notifications() throws {
        var sent: [String: (oid: [UInt32], objects: [String])] = [:]
        for alarm in Alarm.all {
            let isLevel = ["ccfWaitTooLong", "ccfQueueTooLong", "ccgBacklogTooLong"].contains(alarm.name)
            let objects = alarm.objects + (isLevel ? ["ccgNotifiedBound"] : [])
            sent[alarm.name] = (ManagedTree.base + [0, alarm.number], objects)
            if let end = alarm.endName { sent[end] = (ManagedTree.base + [0, alarm.number + 1], objects) }
        }
        #expect(Set(mib.notifications.map(\.name)) == Set(sent.keys))
        #expect(Set(sent.values.map(\.oid)).count == sent.count, "each has a number of its own")
        for notification in mib.notifications {
            #expect(sent[notification.name]?.oid == notification.oid, "\(notification.name)")
            #expect(sent[notification.name]?.objects == notification.objects, "\(notification.name)")
            for object in notification.objects {
                #expect(try #require(mib.objects[object]).syntax != "Counter64", "\(object) of \(notification.name)")
            }
        }
    }

    /// Name, what follows the name of the statistic, and SYNTAX of each object of a statistic, worked out here once more.
    private func expectations(_ statistic: Statistic) -> [(name: String, part: String, syntax: String)] {
        let figure: Figure? =
            switch statistic.source {
            case .global(let read): read(Sample.snapshot)
            case .flow(let read): Sample.snapshot.center.flows.first.map(read)
            case .agent(let read): Sample.snapshot.center.agents.first.map(read)
            }
        let name = statistic.objectName
        switch figure {
        case .count: return [(name, "", "Counter64")]
        case .time, .percent: return [(name, "", "Gauge32")]
        case .date: return [(name, "", "DateAndTime")]
        case .gauge where statistic.states.isEmpty: return [(name, "", "Gauge32")]
        case .gauge:
            let words = statistic.states.enumerated().map { "\($0.element)(\($0.offset))" }.joined(separator: ", ")
            return [(name, "", "INTEGER { \(words) }")]
        case .times, .delays: return [(name + "Count", "_count", "Counter64"), (name + "Sum", "_sum", "Counter64")]
        case .counts where statistic.parts.isEmpty: return [(name, "", "SnmpAdminString")]
        case .counts:
            return statistic.parts.map { part in
                var words = ""
                for word in part.replacing("-", with: "minus_").split(separator: "_") {
                    words += word.prefix(1).uppercased() + word.dropFirst()
                }
                return (name + words, "_" + part, "Counter64")
            }
        case nil: return []
        }
    }
}

extension MIBModule.Object {
    fileprivate func allows(_ value: ManagedValue) -> Bool {
        switch value {
        case .integer(let number):
            syntax == "Integer32" || syntax == "TruthValue" && (1...2).contains(number)
                || syntax.hasPrefix("INTEGER") && syntax.contains("(\(number))")
        case .gauge: syntax == "Gauge32"
        case .counter64: syntax == "Counter64"
        case .ticks: syntax == "TimeTicks"
        case .timeStamp: syntax == "TimeStamp"
        case .octets(let octets):
            syntax == "DateAndTime" ? octets.count == 11 : syntax == "SnmpAdminString" && octets.count <= 255
        }
    }
}

extension Array {
    fileprivate func appending(_ element: Element) -> [Element] { self + [element] }
}
