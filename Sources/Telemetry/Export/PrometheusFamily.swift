import CallCenter

/// One metric family with the bytes that never change.
///
/// A class, because it is gone through for every number: a copy would count references to all that it holds.
final class Family: Sendable {
    let statistic: Statistic
    /// The lines HELP and TYPE of the text format.
    private let textHead: [UInt8]
    /// The lines HELP, TYPE and UNIT of OpenMetrics.
    private let openHead: [UInt8]
    /// Of its samples, before the suffixes of histograms; the same in both formats.
    private let name: [UInt8]
    private let label: [UInt8]

    init(_ statistic: Statistic) {
        self.statistic = statistic
        name = Array(statistic.metric.utf8)
        label = Array((statistic.label ?? "").utf8)
        let help = statistic.help.map { $0 == "\\" ? "\\\\" : $0 == "\n" ? "\\n" : String($0) }.joined()
        let type =
            switch statistic.kind {
            case .counter: "counter"
            case .realtime: "gauge"
            case .distribution: "histogram"
            }
        textHead = Array("# HELP \(statistic.metric) \(help)\n# TYPE \(statistic.metric) \(type)\n".utf8)
        let family = statistic.openMetricsFamily
        // "A MetricFamily of type Info": the only one of ours whose samples end in _info.
        let openType = statistic.metric.hasSuffix("_info") ? "info" : type
        let unit = ["seconds", "ratio"].first { family.hasSuffix("_\($0)") }
        let unitLine = unit.map { "# UNIT \(family) \($0)\n" } ?? ""
        let openHelp = help.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"")
        openHead = Array("# HELP \(family) \(openHelp)\n# TYPE \(family) \(openType)\n\(unitLine)".utf8)
    }

    /// Of one flow or agent; 0 where most are left out.
    var samples: Int {
        if statistic.isSparse { return 0 }
        return statistic.kind == .distribution ? Histogram.bounds.count + 3 : max(1, statistic.parts.count)
    }

    /// About as many bytes as a sample has besides the labels of its flow or agent: braces, spaces, some digits, a label of its own.
    var sampleSize: Int { name.count + (statistic.kind == .distribution ? 32 : label.isEmpty ? 10 : 32) + label.count }

    func head(_ format: ExpositionFormat) -> [UInt8] { format == .text ? textHead : openHead }

    /// - Parameter labels: of the flow or agent, without braces; empty for global figures.
    func append(_ figure: Figure, labels: ArraySlice<UInt8>, as format: ExpositionFormat, to text: inout TextWriter) {
        switch figure {
        case .count(let count):
            start(labels, &text)
            text.append(count)
        case .gauge(let value):
            start(labels, &text)
            text.append(value)
        case .time(let time), .date(let time):
            start(labels, &text)
            text.append(time, thousandthsOf: 1)
        case .percent(let percent):
            start(labels, &text)
            text.append(percent / 100)
        case .counts(let counts):
            for count in counts where count.count > 0 || !statistic.isSparse { append(count, labels, &text) }
            return
        case .times(let times):
            append(Self.timeBounds[format.rawValue], times.buckets, labels, &text)
            start(labels, &text, suffix: "_sum")
            text.append(Int64(clamping: times.sum), thousandthsOf: 1)
            text.endLine()
            start(labels, &text, suffix: "_count")
            text.append(times.count)
        case .delays(let delays):
            append(Self.delayBounds[format.rawValue], delays.buckets, labels, &text)
            start(labels, &text, suffix: "_sum")
            text.append(Int64(clamping: delays.sum), thousandthsOf: 2)
            text.endLine()
            start(labels, &text, suffix: "_count")
            text.append(delays.count)
        }
        text.endLine()
    }

    /// `name{labels} `
    private func start(_ labels: ArraySlice<UInt8>, _ text: inout TextWriter, suffix: StaticString = "") {
        text.append(name)
        text.append(suffix)
        if !labels.isEmpty {
            text.append("{")
            text.append(labels)
            text.append("}")
        }
        text.append(" ")
    }

    /// `name{labels,label="value"} count`
    private func append(_ count: NamedCount, _ labels: ArraySlice<UInt8>, _ text: inout TextWriter) {
        text.append(name)
        text.append("{")
        if !labels.isEmpty {
            text.append(labels)
            text.append(",")
        }
        text.append(label)
        text.append("=\"")
        text.appendEscaped(count.name)
        text.append("\"} ")
        text.append(count.count)
        text.endLine()
    }

    /// `name_bucket{labels,le="bound"} count`, cumulative.
    private func append(
        _ bounds: [[UInt8]],
        _ buckets: some Sequence<UInt64>,
        _ labels: ArraySlice<UInt8>,
        _ text: inout TextWriter
    ) {
        var sum: UInt64 = 0
        for (bound, count) in zip(bounds, buckets) {
            sum &+= count
            text.append(name)
            text.append("_bucket{")
            if !labels.isEmpty {
                text.append(labels)
                text.append(",")
            }
            text.append("le=\"")
            text.append(bound)
            text.append("\"} ")
            text.append(sum)
            text.endLine()
        }
    }

    /// By `ExpositionFormat.rawValue`.
    private static let timeBounds = ExpositionFormat.allCases.map { bounds(Histogram.bounds, thousandthsOf: 1, $0) }
    private static let delayBounds = ExpositionFormat.allCases.map {
        bounds(DelayHistogram.bounds.map { Int64(clamping: $0) }, thousandthsOf: 2, $0)
    }

    /// OpenMetrics wants whole numbers as `1.0`.
    private static func bounds(_ values: [Int64], thousandthsOf power: Int, _ format: ExpositionFormat) -> [[UInt8]] {
        values.map { value in
            var text = TextWriter(capacity: 16)
            text.append(value, thousandthsOf: power)
            if format == .openMetrics, !text.bytes.contains(UInt8(ascii: ".")) { text.append(".0") }
            return text.bytes
        } + [Array("+Inf".utf8)]
    }
}

extension Statistic {
    /// The family in OpenMetrics, where `_total` and `_info` belong to the samples.
    package var openMetricsFamily: String {
        for suffix in ["_total", "_info"] where metric.hasSuffix(suffix) {
            return String(metric.dropLast(suffix.count))
        }
        return metric
    }
}
