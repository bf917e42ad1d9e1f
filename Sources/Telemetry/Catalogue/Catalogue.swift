/// Every statistic there is, once (CALLS.md section 4). Prometheus text, `get_statistics` and the MIB are made from
/// this table, so that adding a statistic is one entry.
package enum Catalogue {
    /// In the order in which the ways out show them.
    package static let statistics = reference + center + process + network

    static let global = statistics.filter { if case .global = $0.source { true } else { false } }
    static let flow = statistics.filter { if case .flow = $0.source { true } else { false } }
    static let agent = statistics.filter { if case .agent = $0.source { true } else { false } }
}
