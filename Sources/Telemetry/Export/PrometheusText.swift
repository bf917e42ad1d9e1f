import CallCenter

/// The catalogue as Prometheus reads it, in either format. Times are seconds, percentages ratios.
///
/// One family after the other, each with HELP and TYPE; a flow or an agent is a label. What does not change from one
/// rendering to the next is prepared once: the head of each family for good, the labels of each flow and agent once a
/// rendering.
package enum PrometheusText {
    package static func render(
        _ snapshot: Snapshot,
        as format: ExpositionFormat = .text,
        filter: MetricFilter = MetricFilter()
    ) -> [UInt8] {
        let flows = Subjects("flow", snapshot.center.flows, only: filter.flows, id: \.id)
        let agents = Subjects("agent", snapshot.center.agents, only: filter.agents, id: \.id)
        let wanted = families.filter { filter.accepts($0.statistic) }
        var text = TextWriter(
            capacity: filter.names.isEmpty ? 32_768 + 5_120 * flows.count + 1_024 * agents.count : 32_768
        )
        for family in wanted {
            text.append(family.head(format))
            switch family.statistic.source {
            case .global(let read):
                family.append(read(snapshot), labels: [], as: format, to: &text)
            case .flow(let read):
                flows.forEach { flow, labels in family.append(read(flow), labels: labels, as: format, to: &text) }
            case .agent(let read):
                agents.forEach { agent, labels in family.append(read(agent), labels: labels, as: format, to: &text) }
            }
        }
        if format == .openMetrics { text.append("# EOF\n") }
        return text.bytes
    }

    private static let families = Catalogue.statistics.map(Family.init)
}

/// Flows or agents with their labels, `flow="support"`, escaped, in one piece of memory.
private struct Subjects<Subject> {
    private var subjects: [Subject]
    private var bytes: [UInt8] = []
    /// Where the label of each ends.
    private var ends: [Int] = []

    var count: Int { subjects.count }

    init(_ label: String, _ all: [Subject], only wanted: [String], id: (Subject) -> String) {
        subjects = wanted.isEmpty ? all : all.filter { wanted.contains(id($0)) }
        ends.reserveCapacity(subjects.count)
        for subject in subjects {
            bytes.append(contentsOf: label.utf8)
            bytes.append(contentsOf: "=\"".utf8)
            TextWriter.appendEscaped(id(subject), to: &bytes)
            bytes.append(UInt8(ascii: "\""))
            ends.append(bytes.count)
        }
    }

    func forEach(_ body: (Subject, ArraySlice<UInt8>) -> Void) {
        var start = 0
        for (index, end) in ends.enumerated() {
            body(subjects[index], bytes[start..<end])
            start = end
        }
    }
}
