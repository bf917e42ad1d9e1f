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
        // A page a family. Each flow and each agent is looked at once, for all its pages: to copy one out of the snapshot costs
        // more than to print a number of it.
        var pages = wanted.map { family in
            var page = TextWriter(capacity: 4_096)
            page.append(family.head(format))
            if case .global(let read) = family.statistic.source {
                family.append(read(snapshot), labels: [], as: format, to: &page)
            }
            return page
        }
        fill(&pages, wanted, from: flows, as: format) { if case .flow(let read) = $0 { read } else { nil } }
        fill(&pages, wanted, from: agents, as: format) { if case .agent(let read) = $0 { read } else { nil } }
        var text = TextWriter(capacity: pages.reduce(16) { $0 + $1.bytes.count })
        for page in pages { text.append(page.bytes) }
        if format == .openMetrics { text.append("# EOF\n") }
        return text.bytes
    }

    /// - Parameter reading: how the figure of such a subject is read; nil if a family is of others.
    private static func fill<Subject>(
        _ pages: inout [TextWriter],
        _ families: [Family],
        from subjects: Subjects<Subject>,
        as format: ExpositionFormat,
        _ reading: (Statistic.Source) -> ((Subject) -> Figure)?
    ) {
        let columns = families.enumerated().compactMap { page, family in
            reading(family.statistic.source).map { (page: page, family: family, read: $0) }
        }
        guard !columns.isEmpty else { return }
        subjects.forEach { subject, labels in
            for column in columns {
                column.family.append(column.read(subject), labels: labels, as: format, to: &pages[column.page])
            }
        }
    }

    private static let families = Catalogue.statistics.map(Family.init)
}

/// Flows or agents with their labels, `flow="support"`, escaped, in one piece of memory.
private struct Subjects<Subject> {
    private var subjects: [Subject]
    private var bytes: [UInt8] = []
    /// Where the label of each ends.
    private var ends: [Int] = []

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
