import Foundation
import Testing

@testable import Telemetry

/// `packaging/doc/statistics.md`: every statistic with its three names, made from the catalogue.
@Suite("The table of statistics")
struct StatisticsTableTests {
    private static let file = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("packaging/doc/statistics.md")

    @Test("in the documentation is that of the catalogue")
    func isCurrent() throws {
        let made = Self.document
        // Writes it anew, after a change of the catalogue: STATISTICS_TABLE=write swift test --filter StatisticsTableTests
        if ProcessInfo.processInfo.environment["STATISTICS_TABLE"] == "write" {
            try Data(made.utf8).write(to: Self.file)
        }
        let shipped = try String(contentsOf: Self.file, encoding: .utf8)
        let (old, new) = (shipped.split(separator: "\n"), made.split(separator: "\n"))
        #expect(new.filter { !old.contains($0) } == [], "missing; STATISTICS_TABLE=write writes it anew")
        #expect(old.filter { !new.contains($0) } == [], "no longer true; STATISTICS_TABLE=write writes it anew")
        #expect(shipped == made)
    }

    @Test("names objects that are in the MIB", arguments: Catalogue.statistics)
    func objects(statistic: Statistic) {
        #expect(!Self.objects(of: statistic).isEmpty)
    }

    private static var document: String {
        let sections = [
            ("The whole centre", "", Catalogue.global), ("A flow", "_FLOW", Catalogue.flow),
            ("An agent", "_AGENT", Catalogue.agent),
        ]
        let tables = sections.map { title, suffix, statistics in
            let rows = statistics.map { row(of: $0, suffix: suffix) }
            let head =
                "## \(title)\n\n| get_statistics | /metrics | CALLCENTERD-MIB | kind | meaning |\n|---|---|---|---|---|\n"
            return head + rows.joined(separator: "\n") + "\n"
        }
        return """
            # Every statistic, by its three names

            Made from the catalogue (Sources/Telemetry/Catalogue); a test compares both. *get_statistics* (`ccctl stats NAME`) has whole
            seconds and percent, */metrics* (Prometheus) seconds and ratios, the MIB milliseconds and percent. *counter*: only rises,
            except for a restart and `cc_reset_stats`; *gauge*: as it is at this moment; *histogram*: in /metrics with buckets,
            elsewhere as number and sum. Words in braces are labels; by name they follow as `_VALUE`.


            """ + tables.joined(separator: "\n")
    }

    private static func row(of statistic: Statistic, suffix: String) -> String {
        let part = statistic.label.map { "_" + $0.uppercased() } ?? ""
        let numbers = statistic.kind == .distribution ? ["_count", "_sum"] : [""]
        let names = ([statistic.name] + statistic.aliases).flatMap { name in
            numbers.map { "`\(name)\($0)\(part)\(suffix)`" }
        }
        var labels = statistic.label.map { [$0] } ?? []
        if suffix == "_FLOW" { labels.insert("flow", at: 0) }
        if suffix == "_AGENT" { labels.insert("agent", at: 0) }
        let metric = statistic.metric + (labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}")
        let objects = objects(of: statistic)
        let shown =
            objects.count > 3
            ? "`\(objects[0])` … `\(objects[objects.count - 1])` (\(objects.count))"
            : objects.map { "`\($0)`" }.joined(separator: ", ")
        let kind = [Statistic.Kind.counter: "counter", .realtime: "gauge", .distribution: "histogram"][statistic.kind]
        let states = statistic.states.enumerated().map { "\($0) \($1)" }.joined(separator: ", ")
        let help = statistic.help.replacing("|", with: "\\|") + (states.isEmpty ? "" : " (\(states))")
        return "| \(names.joined(separator: ", ")) | `\(metric)` | \(shown) | \(kind ?? "") | \(help) |"
    }

    /// The objects of the MIB that show it.
    private static func objects(of statistic: Statistic) -> [String] {
        let all: [String] =
            switch statistic.source {
            case .global: ManagedNumbers.scalars.entries.map(\.object.name)
            case .flow: ManagedNumbers.flows.entries.map(\.object.name)
            case .agent: ManagedNumbers.agents.entries.map(\.object.name)
            }
        let name = statistic.objectName
        let parts = statistic.parts.map { Statistic.objectName(name, part: $0) }
        let wanted = [name, name + "Count", name + "Sum"] + parts
        return all.filter { wanted.contains($0) }.sorted {
            wanted.firstIndex(of: $0) ?? 0 < wanted.firstIndex(of: $1) ?? 0
        }
    }
}
