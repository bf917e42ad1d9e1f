import Testing

/// What a Prometheus text says, read by the rules of the format and by nothing of ours.
struct Exposition {
    struct Family {
        var name: String
        var help = ""
        var type = ""
        var samples: [Sample] = []
    }

    struct Sample {
        var name: String
        var labels: [(name: String, value: String)] = []
        var value: Double

        /// What makes a series one of its own.
        var series: String { name + labels.map { "\u{1}\($0.name)\u{2}\($0.value)" }.sorted().joined() }
    }

    var families: [Family] = []

    init(_ bytes: [UInt8]) throws {
        let text = try #require(String(validating: bytes, as: UTF8.self))
        #expect(text.hasSuffix("\n"))
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line.hasPrefix("# HELP ") {
                let parts = line.dropFirst(7).split(separator: " ", maxSplits: 1)
                families.append(Family(name: String(parts[0]), help: String(parts[1])))
            } else if line.hasPrefix("# TYPE ") {
                let parts = line.dropFirst(7).split(separator: " ")
                let last = try #require(families.indices.last)
                #expect(families[last].name == parts[0])
                families[last].type = String(parts[1])
            } else {
                let last = try #require(families.indices.last)
                let sample = try Self.sample(line)
                #expect(sample.name.hasPrefix(families[last].name), "\(sample.name) is not of \(families[last].name)")
                families[last].samples.append(sample)
            }
        }
    }

    func family(_ name: String) throws -> Family {
        try #require(families.first { $0.name == name }, "no family \(name)")
    }

    private static func sample(_ line: Substring) throws -> Sample {
        let name = line.prefix { $0 != "{" && $0 != " " }
        var sample = Sample(name: String(name), value: 0)
        var rest = line.dropFirst(name.count)
        if rest.first == "{" {
            rest = rest.dropFirst()
            while rest.first != "}" {
                let label = rest.prefix { $0 != "=" }
                rest = rest.dropFirst(label.count)
                #expect(rest.hasPrefix("=\""))
                rest = rest.dropFirst(2)
                var value = ""
                while let character = rest.popFirst(), character != "\"" {
                    guard character == "\\" else {
                        value.append(character)
                        continue
                    }
                    let next = rest.popFirst()
                    let escaped = try #require(next)
                    value.append(try #require(["n": "\n", "\\": "\\", "\"": "\""][escaped] as Character?))
                }
                sample.labels.append((String(label), value))
                if rest.first == "," { rest = rest.dropFirst() }
            }
            rest = rest.dropFirst()
        }
        sample.value = try #require(Double(rest.dropFirst()), "no number in \(line)")
        return sample
    }
}
