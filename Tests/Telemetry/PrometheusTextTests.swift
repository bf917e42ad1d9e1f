import CallCenter
import Foundation
import Testing

@testable import Telemetry

@Suite("Prometheus text")
struct PrometheusTextTests {
    @Test("has one contiguous family a statistic, and no series twice")
    func families() throws {
        let exposition = try Exposition(PrometheusText.render(Sample.snapshot))
        #expect(exposition.families.map(\.name) == Catalogue.statistics.map(\.metric))
        let series = exposition.families.flatMap(\.samples).map(\.series)
        #expect(Set(series).count == series.count)
    }

    @Test("writes times in seconds, percent as ratios, labels escaped, histograms cumulative")
    func lines() throws {
        let text = String(decoding: PrometheusText.render(Sample.snapshot), as: UTF8.self)
        let lines = Set(text.split(separator: "\n"))
        for line in [
            "# HELP callcenter_calls_total Calls accepted for a flow.",
            "# TYPE callcenter_calls_total counter",
            "callcenter_calls_total 10001",
            "callcenter_average_wait_seconds 10057.123",
            "callcenter_load_ratio 0.625",
            #"callcenter_flow_estimated_wait_seconds{flow="a_b"} 2057.5"#,
            #"callcenter_flow_calls_total{flow="quote\"back\\slash\nline"} 5001"#,
            #"callcenter_failed_calls_total{cause="max_wait"} 10011"#,
            #"callcenter_flow_failed_calls_total{flow="b-c",cause="operator"} 3013"#,
            #"callcenter_agent_refusals_total{agent="ann",cause="busy"} 110"#,
            "# TYPE callcenter_flow_wait_seconds histogram",
            #"callcenter_flow_wait_seconds_bucket{flow="a",le="1"} 0"#,
            #"callcenter_flow_wait_seconds_bucket{flow="a",le="2"} 2"#,
            #"callcenter_flow_wait_seconds_bucket{flow="a",le="10"} 3"#,
            #"callcenter_flow_wait_seconds_bucket{flow="a",le="3600"} 3"#,
            #"callcenter_flow_wait_seconds_bucket{flow="a",le="+Inf"} 4"#,
            #"callcenter_flow_wait_seconds_sum{flow="a"} 4012.5"#,
            #"callcenter_flow_wait_seconds_count{flow="a"} 4"#,
            #"callcenter_loop_delay_seconds_bucket{le="0.0001"} 1"#,
            #"callcenter_loop_delay_seconds_bucket{le="1"} 2"#,
            "callcenter_loop_delay_seconds_sum 3.0002",
            #"callcenter_build_info{version="1.2.3"} 1"#,
            "callcenter_start_time_seconds 1790000000.123",
        ] as [Substring] {
            #expect(lines.contains(line), "\(line)")
        }
        #expect(!text.contains(#"agent="ann",cause="no_answer""#))
    }

    @Test("OpenMetrics has families without _total and _info, units, canonical bounds, and an end")
    func openMetrics() throws {
        let text = String(decoding: PrometheusText.render(Sample.snapshot, as: .openMetrics), as: UTF8.self)
        let lines = Set(text.split(separator: "\n"))
        for line in [
            "# HELP callcenter_calls Calls accepted for a flow.", "# TYPE callcenter_calls counter",
            "callcenter_calls_total 10001", "# TYPE callcenter_load_ratio gauge", "# UNIT callcenter_load_ratio ratio",
            "# TYPE callcenter_flow_wait_seconds histogram", "# UNIT callcenter_flow_wait_seconds seconds",
            #"callcenter_flow_wait_seconds_bucket{flow="a",le="2.0"} 2"#,
            #"callcenter_flow_wait_seconds_bucket{flow="a",le="+Inf"} 4"#,
            #"callcenter_loop_delay_seconds_bucket{le="0.0001"} 1"#, "# TYPE callcenter_build info",
            #"callcenter_build_info{version="1.2.3"} 1"#,
            #"callcenter_flow_calls_total{flow="quote\"back\\slash\nline"} 5001"#,
        ] as [Substring] {
            #expect(lines.contains(line), "\(line)")
        }
        #expect(text.hasSuffix("\n# EOF\n"))
        #expect(!text.contains("# TYPE callcenter_calls_total"))
    }

    @Test("no two families of OpenMetrics have the same name, nor one that samples of another have")
    func openMetricsNames() {
        let names = Catalogue.statistics.map(\.openMetricsFamily)
        #expect(Set(names).count == names.count)
        for statistic in Catalogue.statistics where statistic.kind == .distribution {
            for suffix in ["_bucket", "_sum", "_count", "_created"] {
                #expect(!names.contains(statistic.metric + suffix))
            }
        }
    }

    @Test("both formats have the same series with the same values")
    func formatsAgree() {
        func samples(_ format: ExpositionFormat) -> [Substring] {
            String(decoding: PrometheusText.render(Sample.snapshot, as: format), as: UTF8.self)
                .split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.contains("_bucket{") }
        }
        #expect(samples(.text) == samples(.openMetrics))
        #expect(samples(.text).count > 100)
    }

    @Test("a filter picks metrics by name or beginning, flows and agents by ID")
    func filters() throws {
        func names(_ filter: MetricFilter) throws -> [String] {
            try Exposition(PrometheusText.render(Sample.snapshot, filter: filter)).families.map(\.name)
        }
        #expect(try names(MetricFilter(names: ["callcenter_calls_total"])) == ["callcenter_calls_total"])
        #expect(try names(MetricFilter(names: ["callcenter_calls"])) == ["callcenter_calls_total"])
        let global = try names(MetricFilter(names: ["callcenter_load*", "callcenter_awt"]))
        #expect(global == ["callcenter_load_ratio"])
        #expect(try names(MetricFilter(flows: ["a"])) == Catalogue.statistics.map(\.metric))
        let one = try Exposition(PrometheusText.render(Sample.snapshot, filter: MetricFilter(flows: ["a"])))
        let flows = one.families.flatMap(\.samples).flatMap(\.labels).filter { $0.name == "flow" }
        #expect(Set(flows.map(\.value)) == ["a"])
        #expect(
            MetricFilter(names: ["callcenter_calls", "callcenter_agent_*", "ccg_incalls"]).unknownName == "ccg_incalls"
        )
    }

    @Test("is complete without flows and agents")
    func empty() throws {
        let snapshot = Snapshot(center: CenterSnapshot(), process: ProcessFigures())
        let exposition = try Exposition(PrometheusText.render(snapshot))
        #expect(exposition.families.count == Catalogue.statistics.count)
        #expect(try exposition.family("callcenter_calls_total").samples.map(\.value) == [0])
        #expect(try exposition.family("callcenter_flow_calls_total").samples.isEmpty)
    }

    @Test("counts add up to what the center counted")
    func live() throws {
        var center = Center(policy: Policy(rejectOnNoAgents: false), now: 0)
        var out: [CenterEffect] = []
        let flow = FlowDefinition(id: "support", skill: "help", messageQueue: "sip:queue@media")
        _ = center.provision(Provisioning(flows: [flow], agents: []), now: 0, out: &out)
        for number in 1...5 as ClosedRange<Int32> {
            let ref = try #require(center.flow(named: "support"))
            let call = try center.admit(
                flow: ref,
                number: number,
                owner: UInt64(number),
                callerUser: "",
                callerDisplayName: "",
                now: 0
            )
            if number > 2 { center.callerLeft(call, now: 1_500, out: &out) }
        }
        let exposition = try Exposition(
            PrometheusText.render(Snapshot(center: center.snapshot(now: 2_000), process: ProcessFigures()))
        )
        func value(_ name: String) throws -> Double? { try exposition.family(name).samples.first?.value }
        #expect(try value("callcenter_flow_calls_total") == 5)
        #expect(try value("callcenter_flow_abandoned_calls_total") == 3)
        #expect(try value("callcenter_onhold_calls") == 2)
        #expect(try value("callcenter_longest_wait_seconds") == 2)
        #expect(try value("callcenter_average_wait_seconds") == 1.5)
    }

    @Test("is what promtool wants", .enabled(if: FileManager.default.isExecutableFile(atPath: promtool)))
    func promtoolIsContent() throws {
        let (input, output) = (Pipe(), Pipe())
        let process = Process()
        process.executableURL = URL(fileURLWithPath: promtool)
        process.arguments = ["check", "metrics"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(PrometheusText.render(Sample.snapshot)))
        try input.fileHandleForWriting.close()
        let findings = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(String(decoding: findings, as: UTF8.self) == "")
        #expect(process.terminationStatus == 0)
    }
}

private let promtool = "/usr/bin/promtool"

@Suite("Numbers as text")
struct TextWriterTests {
    @Test(
        "whole numbers",
        arguments: [
            (0, "0"), (9, "9"), (10, "10"), (-305, "-305"), (Int64.max, "9223372036854775807"),
            (Int64.min, "-9223372036854775808"),
        ]
    )
    func whole(number: Int64, text: String) {
        var writer = TextWriter(capacity: 0)
        writer.append(number)
        #expect(writer.bytes == Array(text.utf8))
    }

    @Test(
        "thousandths",
        arguments: [
            (0, 1, "0"), (1, 1, "0.001"), (1_500, 1, "1.5"), (60_000, 1, "60"), (-250, 1, "-0.25"), (100, 2, "0.0001"),
            (2_000_001, 2, "2.000001"),
        ]
    )
    func thousandths(number: Int64, power: Int, text: String) {
        var writer = TextWriter(capacity: 0)
        writer.append(number, thousandthsOf: power)
        #expect(writer.bytes == Array(text.utf8))
    }
}
