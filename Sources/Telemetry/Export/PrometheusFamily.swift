import CallCenter

/// One metric family with the bytes that never change.
struct Family: Sendable {
    let statistic: Statistic
    /// The lines HELP and TYPE.
    let head: [UInt8]
    private let name: [UInt8]
    private let label: [UInt8]

    init(_ statistic: Statistic) {
        let type =
            switch statistic.kind {
            case .counter: "counter"
            case .realtime: "gauge"
            case .distribution: "histogram"
            }
        let help = statistic.help.map { $0 == "\\" ? "\\\\" : $0 == "\n" ? "\\n" : String($0) }.joined()
        self.statistic = statistic
        head = Array("# HELP \(statistic.metric) \(help)\n# TYPE \(statistic.metric) \(type)\n".utf8)
        name = Array(statistic.metric.utf8)
        label = Array((statistic.label ?? "").utf8)
    }

    /// - Parameter labels: of the flow or agent, without braces; empty for global figures.
    func append(_ figure: Figure, labels: ArraySlice<UInt8>, to text: inout TextWriter) {
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
            append(Self.timeBounds, times.buckets, labels, &text)
            start(labels, &text, suffix: "_sum")
            text.append(Int64(clamping: times.sum), thousandthsOf: 1)
            text.endLine()
            start(labels, &text, suffix: "_count")
            text.append(times.count)
        case .delays(let delays):
            append(Self.delayBounds, delays.buckets, labels, &text)
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
        _ buckets: [UInt64],
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

    private static let timeBounds = Histogram.bounds.map { decimal($0, thousandthsOf: 1) } + [Array("+Inf".utf8)]
    private static let delayBounds =
        DelayHistogram.bounds.map { decimal(Int64(clamping: $0), thousandthsOf: 2) } + [Array("+Inf".utf8)]

    private static func decimal(_ value: Int64, thousandthsOf power: Int) -> [UInt8] {
        var text = TextWriter(capacity: 16)
        text.append(value, thousandthsOf: power)
        return text.bytes
    }
}
