import CallCenter

/// The catalogue as Prometheus reads it, in either format. Times are seconds, percentages ratios.
///
/// One family after the other, each with HELP and TYPE; a flow or an agent is a label. What does not change from one
/// rendering to the next is prepared once: the head of each family for good, the labels of each flow and agent once a
/// rendering.
package enum PrometheusText {
    /// All pages in one piece.
    package static func render(
        _ snapshot: Snapshot,
        as format: ExpositionFormat = .text,
        filter: MetricFilter = MetricFilter()
    ) -> [UInt8] {
        let pages = pages(snapshot, as: format, filter: filter)
        var text: [UInt8] = []
        text.reserveCapacity(pages.reduce(0) { $0 + $1.count })
        for page in pages { text += page }
        return text
    }

    /// A page a family, to be sent one after the other: of a big centre they are megabytes, dear to put together.
    package static func pages(
        _ snapshot: Snapshot,
        as format: ExpositionFormat = .text,
        filter: MetricFilter = MetricFilter()
    ) -> [[UInt8]] {
        let flows = Subjects("flow", snapshot.center.flows, only: filter.flows)
        let agents = Subjects("agent", snapshot.center.agents, only: filter.agents)
        let wanted = families.filter { filter.accepts($0.statistic) }
        var line = TextWriter(capacity: 4_096)
        // Each flow and each agent is looked at once, for all its pages: to copy one out of the snapshot costs more than to
        // print a number of it.
        var pages = wanted.map { family in
            var page = family.head(format)
            switch family.statistic.source {
            case .global(let read):
                family.append(read(snapshot), labels: [], as: format, to: &line)
                line.move(to: &page)
            case .flow: page.reserveCapacity(page.count + flows.size(of: family))
            case .agent: page.reserveCapacity(page.count + agents.size(of: family))
            }
            return page
        }
        fill(&pages, wanted, from: flows, as: format, by: &line)
        fill(&pages, wanted, from: agents, as: format, by: &line)
        if format == .openMetrics { pages.append(Array("# EOF\n".utf8)) }
        return pages
    }

    /// - Parameter line: empty, and left empty.
    private static func fill<Item: Subject>(
        _ pages: inout [[UInt8]],
        _ families: [Family],
        from subjects: Subjects<Item>,
        as format: ExpositionFormat,
        by line: inout TextWriter
    ) {
        let columns = families.indices.filter { Item.isSubject(of: families[$0].statistic.source) }
        guard !columns.isEmpty else { return }
        for position in subjects.items.indices {
            let (subject, labels) = (subjects.items[position], subjects.labels(position))
            for column in columns {
                let family = families[column]
                guard let figure = subject.figure(family.statistic.source) else { continue }
                family.append(figure, labels: labels, as: format, to: &line)
                line.move(to: &pages[column])
            }
        }
    }

    private static let families = Catalogue.statistics.map(Family.init)
}

/// What there are many of, each with a series in families of its kind.
///
/// A protocol, not a closure that reads one of any kind: that would copy the whole for each number.
private protocol Subject {
    var id: String { get }
    static func isSubject(of source: Statistic.Source) -> Bool
    /// nil if the source is of others.
    func figure(_ source: Statistic.Source) -> Figure?
}

extension CenterSnapshot.Flow: Subject {
    fileprivate static func isSubject(of source: Statistic.Source) -> Bool {
        if case .flow = source { true } else { false }
    }

    fileprivate func figure(_ source: Statistic.Source) -> Figure? {
        if case .flow(let read) = source { read(self) } else { nil }
    }
}

extension CenterSnapshot.Agent: Subject {
    fileprivate static func isSubject(of source: Statistic.Source) -> Bool {
        if case .agent = source { true } else { false }
    }

    fileprivate func figure(_ source: Statistic.Source) -> Figure? {
        if case .agent(let read) = source { read(self) } else { nil }
    }
}

/// Flows or agents with their labels, `flow="support"`, escaped, in one piece of memory.
private struct Subjects<Item: Subject> {
    let items: [Item]
    private var bytes: [UInt8] = []
    /// Where the label of each ends.
    private var ends: [Int] = []

    init(_ label: String, _ all: [Item], only wanted: [String]) {
        items = wanted.isEmpty ? all : all.filter { wanted.contains($0.id) }
        ends.reserveCapacity(items.count)
        let label = Array(label.utf8)
        var text = TextWriter(capacity: 256)
        for item in items {
            text.append(label)
            text.append("=\"")
            text.appendEscaped(item.id)
            text.append("\"")
            text.move(to: &bytes)
            ends.append(bytes.count)
        }
    }

    func labels(_ position: Int) -> ArraySlice<UInt8> {
        bytes[(position > 0 ? ends[position - 1] : 0)..<ends[position]]
    }

    /// About as many bytes as the samples of a family take: a page that has to grow is copied each time.
    func size(of family: Family) -> Int {
        family.samples * (bytes.count + items.count * family.sampleSize)
    }
}
