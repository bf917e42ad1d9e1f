package import CallCenter

/// One entry of the catalogue: what a statistic means, what it is called on each way out, and where its value comes
/// from.
package struct Statistic: Sendable {
    /// How the value moves.
    package enum Kind: Sendable {
        /// Only rises, except for a restart and `cc_reset_stats`; `counter` in the reference manual and in Prometheus.
        case counter
        /// The state of this moment; `realtime` in the reference manual, `gauge` in Prometheus.
        case realtime
        /// Counts by size; `histogram` in Prometheus, a number and a sum by name.
        case distribution
    }

    /// What there is one of for each, and how to read it.
    package enum Source: Sendable {
        case global(@Sendable (Snapshot) -> Figure)
        case flow(@Sendable (CenterSnapshot.Flow) -> Figure)
        case agent(@Sendable (CenterSnapshot.Agent) -> Figure)
    }

    /// The name in the reference manual, or of ours in its style: `ccg_incalls`, `ccf_incalls` (the flow's ID follows),
    /// `cca_att` (the agent's).
    package let name: String
    /// Other spellings of `name` that are taken.
    package let aliases: [String]
    package let kind: Kind
    /// The name of the Prometheus metric.
    package let metric: String
    /// What it means, for people: HELP of Prometheus.
    package let help: String
    /// For figures of several numbers, the label that tells them apart.
    package let label: String?
    /// The values of that label, all there can be: each is an object of its own in the MIB. Empty where they are not
    /// known beforehand; the MIB then has the values as text.
    package let parts: [String]
    /// For a figure that stands for a state, the words for 0, 1 and so on: an enumeration in the MIB.
    package let states: [String]
    /// Prometheus gets only the numbers that are not 0: where most always are, and there are thousands.
    package let isSparse: Bool
    package let source: Source

    package init(
        _ name: String,
        aliases: [String] = [],
        _ kind: Kind,
        metric: String,
        label: String? = nil,
        parts: [String] = [],
        states: [String] = [],
        isSparse: Bool = false,
        help: String,
        _ source: Source
    ) {
        self.name = name
        self.aliases = aliases
        self.kind = kind
        self.metric = metric
        self.label = label
        self.parts = parts
        self.states = states
        self.isSparse = isSparse
        self.help = help
        self.source = source
    }

    /// The descriptor of the object in the MIB: `ccgIncalls`, `ccfIncalls`, `ccaAtt`.
    package var objectName: String {
        let scope =
            switch source {
            case .global: "ccg"
            case .flow: "ccf"
            case .agent: "cca"
            }
        return name.split(separator: "_").dropFirst().reduce(scope) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
    }
}

/// The value of a statistic, in the units inside: milliseconds and percent. Each way out converts it.
package enum Figure: Sendable, Equatable {
    case count(UInt64)
    case gauge(Int)
    case time(Milliseconds)
    /// A moment: milliseconds since 1970, UTC.
    case date(Milliseconds)
    case percent(Double)
    /// A number for each value of the statistic's label.
    case counts([NamedCount])
    case times(Histogram)
    case delays(DelayHistogram)
}
