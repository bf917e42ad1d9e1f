import CallCenter
import Testing

@testable import Telemetry

@Suite("Statistics by their reference names")
struct ReferenceStatisticsTests {
    struct Case: CustomTestStringConvertible {
        var name: String
        var value: Int64?

        init(_ name: String, _ value: Int64?) {
            self.name = name
            self.value = value
        }

        var testDescription: String { name }
    }

    @Test(
        "are found by every spelling, and by no other",
        arguments: [
            Case("ccg_incalls", 10_001),
            Case("call_center:ccg_incalls", 10_001),
            Case("ccg_abandonned_incalls", 10_005),
            Case("ccg_abandoned_incalls", 10_005),
            Case("ccg_awt", 10_057),
            Case("ccg_load", 62),
            Case("ccg_load_a", 33),
            Case("ccf_load_a", 33),
            Case("ccf_load-b-c", 33),
            Case("ccf_incalls_a", 1_001),
            Case("ccf_incalls_a_b", 2_001),
            Case("ccf_incalls-a_b", 2_001),
            Case("call_center:ccf_incalls-b-c", 3_001),
            Case("ccf_incalls_caf\u{E9}", 4_001),
            Case("ccf_onhold_incalls_a", 1_006),
            Case("ccf_etw_a", 1_057),
            Case("cca_att_ann", 100),
            Case("cca_att_ann_b", 200),
            Case("cca_att-b-ob", 300),
            Case("cca_refusals_busy_ann_b", 210),
            Case("cca_refusals_busy-ann", 110),
            Case("cca_refusals_no_answer_ann_b", 0),
            Case("ccg_failed_incalls_max_wait", 10_011),
            Case("ccf_failed_incalls_max_wait_a_b", 2_011),
            Case("ccf_wait_time_count_a_b", 4),
            Case("ccg_handle_call_-3", 46),
            Case("ccg_start_time", 1_790_000_000),
            Case("", nil),
            Case("ccg", nil),
            Case("ccg_incalls_", nil),
            Case("ccg_incalls_a", nil),
            Case("CCG_INCALLS", nil),
            Case("ccf_incalls", nil),
            Case("ccf_incalls_", nil),
            Case("ccf_incalls_nobody", nil),
            Case("ccf_incallsa", nil),
            Case("ccf_incalls_a_", nil),
            Case("cca_incalls_ann", nil),
            Case("cca_refusals_ann", nil),
            Case("cca_refusals_boredom_ann", nil),
            Case("ccg_failed_incalls", nil),
            Case("other:ccg_incalls", nil),
        ]
    )
    func find(_ test: Case) {
        let answer = ReferenceStatistics.find(names: [test.name], in: Sample.snapshot)
        if let value = test.value {
            #expect(answer == .init(values: [.init(name: test.name, value: value)]))
        } else {
            #expect(answer == .init(unknown: [test.name]))
        }
    }

    @Test("come in the order asked for, known and unknown apart")
    func order() {
        let answer = ReferenceStatistics.find(
            names: ["cca_att_ann", "nonsense", "ccg_incalls", "cca_att_ann"],
            in: Sample.snapshot
        )
        #expect(answer.values.map(\.name) == ["cca_att_ann", "ccg_incalls", "cca_att_ann"])
        #expect(answer.unknown == ["nonsense"])
    }

    @Test("a * at the end stands for any rest; a pattern that nothing fits is unknown")
    func patterns() {
        let all = ReferenceStatistics.values(names: [], in: Sample.snapshot)
        let answer = ReferenceStatistics.find(
            names: ["call_center:ccf_*", "*", "cca_att_a*", "cc*_"],
            in: Sample.snapshot
        )
        let flows = all.filter { $0.name.hasPrefix("ccf_") }
        #expect(flows.count > 3)
        let agents = [("cca_att_ann", 100), ("cca_att_ann_b", 200)].map {
            ReferenceStatistics.Value(name: $0, value: $1)
        }
        #expect(answer.values == flows + all + agents)
        #expect(answer.unknown == ["cc*_"])
        #expect(ReferenceStatistics.find(names: ["ccx_*"], in: Sample.snapshot) == .init(unknown: ["ccx_*"]))
    }

    @Test("all of them: each name once, and each found by its name", arguments: [[], ["call_center:"]])
    func all(names: [String]) {
        let all = ReferenceStatistics.values(names: names, in: Sample.snapshot)
        #expect(Set(all.map(\.name)).count == all.count)
        #expect(all.first == .init(name: "ccg_incalls", value: 10_001))
        let again = ReferenceStatistics.find(names: all.map(\.name), in: Sample.snapshot)
        #expect(again.values == all)
        #expect(again.unknown == [])
    }
}
