import CallCenter

/// The catalogue as Prometheus reads it: the text exposition format, version 0.0.4. Times are seconds, percentages
/// ratios.
///
/// One family after the other, each with HELP and TYPE; a flow or an agent is a label. What does not change from one
/// rendering to the next is prepared once: the head of each family for good, the labels of each flow and agent once a
/// rendering.
package enum PrometheusText {
    /// For the Content-Type header.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package static func render(_ snapshot: Snapshot) -> [UInt8] {
        let flows = Labels("flow", of: snapshot.center.flows.lazy.map(\.id))
        let agents = Labels("agent", of: snapshot.center.agents.lazy.map(\.id))
        var text = TextWriter(
            capacity: 32_768 + 4_096 * snapshot.center.flows.count + 1_024 * snapshot.center.agents.count
        )
        for family in families {
            text.append(family.head)
            switch family.statistic.source {
            case .global(let read):
                family.append(read(snapshot), labels: [], to: &text)
            case .flow(let read):
                for (index, flow) in snapshot.center.flows.enumerated() {
                    family.append(read(flow), labels: flows[index], to: &text)
                }
            case .agent(let read):
                for (index, agent) in snapshot.center.agents.enumerated() {
                    family.append(read(agent), labels: agents[index], to: &text)
                }
            }
        }
        return text.bytes
    }

    private static let families = Catalogue.statistics.map(Family.init)
}

/// `flow="support"` of every flow, escaped, in one piece of memory.
private struct Labels {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    init(_ name: String, of values: some Sequence<String>) {
        for value in values {
            bytes.append(contentsOf: name.utf8)
            bytes.append(contentsOf: "=\"".utf8)
            TextWriter.appendEscaped(value, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
            ends.append(bytes.count)
        }
    }

    subscript(index: Int) -> ArraySlice<UInt8> {
        bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }
}
