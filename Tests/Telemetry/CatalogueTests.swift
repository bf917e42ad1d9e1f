import CallCenter
import Testing

@testable import Telemetry

@Suite("The catalogue")
struct CatalogueTests {
    @Test("has every statistic of the reference manual, in its order and by its names")
    func reference() {
        let names = Catalogue.reference.map(\.name)
        let expected = """
            ccg_incalls ccg_awt ccg_load ccg_distributed_incalls ccg_answered_incalls ccg_abandonned_incalls \
            ccg_onhold_calls ccg_free_agents \
            ccf_incalls ccf_dist_incalls ccf_answ_incalls ccf_aban_incalls ccf_onhold_incalls ccf_queued_calls \
            ccf_free_agents ccf_etw ccf_awt ccg_load \
            cca_dist_incalls cca_answ_incalls cca_aban_incalls cca_att
            """
        #expect(names == expected.split(separator: " ").map(String.init))
        let realtime = Catalogue.reference.filter { $0.kind == .realtime }.map(\.metric)
        #expect(
            realtime == [
                "callcenter_average_wait_seconds", "callcenter_load_ratio", "callcenter_onhold_calls",
                "callcenter_free_agents", "callcenter_flow_queued_calls", "callcenter_flow_free_agents",
                "callcenter_flow_estimated_wait_seconds", "callcenter_flow_average_wait_seconds",
                "callcenter_flow_load_ratio", "callcenter_agent_average_talk_seconds",
            ]
        )
    }

    @Test("gives each statistic a name of its own on each way out")
    func uniqueNames() {
        let statistics = Catalogue.statistics
        #expect(Set(statistics.map(\.metric)).count == statistics.count)
        #expect(Set(statistics.map(\.objectName)).count == statistics.count)
        #expect(Set(statistics.map { "\($0.name) \($0.objectName.prefix(3))" }).count == statistics.count)
        #expect(statistics.filter { $0.help.isEmpty || !$0.help.hasSuffix(".") }.map(\.name) == [])
    }

    @Test("makes MIB descriptors from the names")
    func objectNames() {
        #expect(
            Catalogue.reference.map(\.objectName).filter { $0.hasSuffix("Load") || $0.hasSuffix("Incalls") } == [
                "ccgIncalls", "ccgLoad", "ccgDistributedIncalls", "ccgAnsweredIncalls", "ccgAbandonnedIncalls",
                "ccfIncalls", "ccfDistIncalls", "ccfAnswIncalls", "ccfAbanIncalls", "ccfOnholdIncalls", "ccfLoad",
                "ccaDistIncalls", "ccaAnswIncalls", "ccaAbanIncalls",
            ]
        )
    }

    @Test(
        "shows each statistic by its reference name and as a metric, with the same value",
        arguments: Catalogue.statistics
    )
    func agrees(statistic: Statistic) throws {
        let family = try Exposition(PrometheusText.render(Sample.snapshot)).family(statistic.metric)
        let values = ReferenceStatistics.find(names: [], in: Sample.snapshot).values
        let suffixes = subjects(of: statistic)
        var expected = 0
        for (suffix, label) in suffixes {
            for (part, figure) in numbers(statistic, of: label) {
                expected += 1
                let name = statistic.name + part + suffix
                let value = try #require(values.first { $0.name == name }?.value, "no \(name)")
                #expect(value == Int64(figure.reference), "\(name)")
                let sample = family.samples.first { sample in
                    sample.name == family.name + figure.suffix
                        && sample.labels.allSatisfy {
                            $0.name == statistic.label ? part == "_" + $0.value : $0.value == label
                        }
                        && (label == nil || sample.labels.contains { $0.value == label })
                }
                if statistic.isSparse, value == 0 {
                    #expect(sample == nil)
                } else {
                    #expect(sample?.value == figure.prometheus, "\(name)")
                }
            }
        }
        #expect(expected > 0)
        let type = [Statistic.Kind.counter: "counter", .realtime: "gauge", .distribution: "histogram"][statistic.kind]
        #expect(family.type == type)
        #expect(family.help == statistic.help)
    }

    /// The end of the reference name and the label of each flow or agent.
    private func subjects(of statistic: Statistic) -> [(suffix: String, label: String?)] {
        switch statistic.source {
        case .global: [("", nil)]
        case .flow: Sample.flowIDs.map { ("_" + $0, $0) }
        case .agent: Sample.agentIDs.map { ("_" + $0, $0) }
        }
    }

    /// What the value should be, converted here once more.
    private func numbers(
        _ statistic: Statistic,
        of label: String?
    ) -> [(part: String, (reference: Double, prometheus: Double, suffix: String))] {
        let figure: Figure? =
            switch statistic.source {
            case .global(let read): read(Sample.snapshot)
            case .flow(let read): Sample.snapshot.center.flows.first { $0.id == label }.map(read)
            case .agent(let read): Sample.snapshot.center.agents.first { $0.id == label }.map(read)
            }
        switch figure {
        case nil: return []
        case .count(let count): return [("", (Double(count), Double(count), ""))]
        case .gauge(let value): return [("", (Double(value), Double(value), ""))]
        case .time(let time), .date(let time):
            return [("", ((Double(time) / 1_000).rounded(.down), Double(time) / 1_000, ""))]
        case .percent(let percent): return [("", (percent.rounded(.down), percent / 100, ""))]
        case .counts(let counts): return counts.map { ("_" + $0.name, (Double($0.count), Double($0.count), "")) }
        case .times(let times):
            let sum = Double(times.sum) / 1_000
            return [
                ("_count", (Double(times.count), Double(times.count), "_count")),
                ("_sum", (sum.rounded(.down), sum, "_sum")),
            ]
        case .delays(let delays):
            let sum = Double(delays.sum) / 1_000_000
            return [
                ("_count", (Double(delays.count), Double(delays.count), "_count")),
                ("_sum", (sum.rounded(.down), sum, "_sum")),
            ]
        }
    }
}

extension Statistic: CustomTestStringConvertible {
    package var testDescription: String { metric }
}
