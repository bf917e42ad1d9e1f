import Foundation
import Testing

@testable import Telemetry

@Suite("The files for Prometheus and Grafana")
struct PackagedFilesTests {
    private static let packaging = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("packaging")

    @Test(
        "name only series that exist",
        arguments: ["prometheus/alerts.yml", "grafana/callcenterd.json"]
    )
    func series(file: String) throws {
        let text = try String(contentsOf: Self.packaging.appendingPathComponent(file), encoding: .utf8)
        var known: Set<String> = []
        for statistic in Catalogue.statistics {
            if statistic.kind == .distribution {
                known.formUnion(["_bucket", "_sum", "_count"].map { statistic.metric + $0 })
            } else {
                known.insert(statistic.metric)
            }
        }
        let named = Set(text.matches(of: /callcenter_[a-z_]+/).map { String($0.0) })
        #expect(named.count >= 8, "they were found")
        #expect(named.subtracting(known).isEmpty)
    }

    @Test("each alert has a test for promtool, of when it comes and when it does not")
    func alertsAreTested() throws {
        func read(_ path: String) throws -> String {
            let top = Self.packaging.deletingLastPathComponent()
            return try String(contentsOf: top.appendingPathComponent(path), encoding: .utf8)
        }
        let rules = try read("packaging/prometheus/alerts.yml")
        let tests = try read("Tests/Prometheus/alerts.yml")
        let alerts = rules.matches(of: /- alert: (\w+)/).map { String($0.output.1) }
        #expect(alerts.count >= 8)
        for alert in alerts {
            let cases = tests.components(separatedBy: "alertname: \(alert)\n").dropFirst()
            #expect(cases.contains { $0.drop { $0 == " " }.hasPrefix("exp_alerts: []") }, "\(alert)")
            #expect(cases.contains { !$0.drop { $0 == " " }.hasPrefix("exp_alerts: []") }, "\(alert)")
        }
    }
}
