/// What Prometheus and its relatives read.
package enum ExpositionFormat: Int, Sendable, CaseIterable {
    /// The text exposition format, version 0.0.4.
    case text
    /// OpenMetrics text, version 1.0.0.
    case openMetrics

    /// For the Content-Type header.
    package var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}

/// Which part of the catalogue somebody wants; what is empty means all.
package struct MetricFilter: Sendable, Equatable {
    /// Metrics by name, with or without `_total`; a `*` at the end stands for any rest.
    package var names: [String] = []
    /// Of the series with the label `flow`, those of these flows.
    package var flows: [String] = []
    /// Of the series with the label `agent`, those of these agents.
    package var agents: [String] = []

    package init(names: [String] = [], flows: [String] = [], agents: [String] = []) {
        self.names = names
        self.flows = flows
        self.agents = agents
    }

    /// The first of `names` that no metric has.
    package var unknownName: String? {
        names.first { name in !Catalogue.statistics.contains { Self.matches($0, name) } }
    }

    func accepts(_ statistic: Statistic) -> Bool {
        names.isEmpty || names.contains { Self.matches(statistic, $0) }
    }

    private static func matches(_ statistic: Statistic, _ name: String) -> Bool {
        guard name.hasSuffix("*") else { return name == statistic.metric || name == statistic.openMetricsFamily }
        return statistic.metric.hasPrefix(name.dropLast())
    }
}
