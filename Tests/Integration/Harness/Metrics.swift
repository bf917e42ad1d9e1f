/// One scrape of /metrics.
struct Metrics: Sendable {
    /// Name with labels as printed, for instance `callcenter_flow_calls_total{flow="sales"}`.
    let samples: [String: Double]

    init(_ text: String) {
        var samples: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let gap = line.lastIndex(of: " "), let value = Double(line[line.index(after: gap)...]) else {
                continue
            }
            samples[String(line[..<gap])] = value
        }
        self.samples = samples
    }

    /// The sum of all samples with this name, whatever their labels; nil if there is none.
    subscript(name: String) -> Int? {
        let values = samples.filter { $0.key == name || $0.key.hasPrefix(name + "{") }.values
        return values.isEmpty ? nil : Int(values.reduce(0, +))
    }
}
