import HTTPTypes
import Telemetry

/// What a client says it takes (RFC 9110 sections 12.5.1 and 12.5.3).
enum Negotiation {
    /// OpenMetrics if the client prefers it to plain text, or as much; else text.
    static func format(_ fields: HTTPFields) -> ExpositionFormat {
        var (open, text) = (0, 0)
        for range in ranges(fields, .accept) {
            switch range.name {
            case "application/openmetrics-text":
                // Without a version, the newest is meant.
                if (range.parameters.first { $0.name == "version" }?.value ?? "1.0.0") == "1.0.0" {
                    open = max(open, range.quality)
                }
            case "text/plain", "text/*": text = max(text, range.quality)
            default: break
            }
        }
        return open > 0 && open >= text ? .openMetrics : .text
    }

    /// Whether gzip is welcome.
    static func takesGzip(_ fields: HTTPFields) -> Bool {
        ranges(fields, .acceptEncoding).contains { ($0.name == "gzip" || $0.name == "x-gzip") && $0.quality > 0 }
    }

    private struct Range {
        var name: String
        var parameters: [(name: String, value: String)]
        /// 0 to 1000.
        var quality: Int
    }

    private static func ranges(_ fields: HTTPFields, _ name: HTTPField.Name) -> [Range] {
        fields[values: name].flatMap { $0.split(separator: ",") }.prefix(32).compactMap { element in
            let parts = element.split(separator: ";").map(trimmed)
            guard let name = parts.first else { return nil }
            var range = Range(name: name, parameters: [], quality: 1_000)
            for part in parts.dropFirst() {
                let pair = part.split(separator: "=", maxSplits: 1).map(trimmed)
                guard pair.count == 2 else { continue }
                if pair[0] == "q" {
                    let quality = Double(pair[1]) ?? 0
                    range.quality = quality >= 0 && quality <= 1 ? Int(quality * 1_000) : 0
                } else {
                    range.parameters.append((pair[0], pair[1]))
                }
            }
            return range
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        String(
            text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" || $0 == "\"" }.reversed()
        )
        .lowercased()
    }
}
