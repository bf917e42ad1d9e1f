package import SIP

/// A rule that was broken.
package struct Finding: Sendable, Equatable {
    package let at: Milliseconds
    package let text: String
    /// Callers and agents whom it concerns, by name.
    package let about: [String]
}

/// What has happened, in words: bounded, the newest last. Kept only on demand, since words cost more than what they tell of.
package final class Trace {
    package struct Line: Sendable {
        let at: Milliseconds
        let about: [String]
        let text: String
    }

    private var lines: [Line] = []
    private var oldest = 0
    private let limit: Int

    package init(limit: Int) { self.limit = limit }

    func add(_ text: String, about: [String], at now: Milliseconds) {
        let line = Line(at: now, about: about, text: text)
        if lines.count < limit {
            lines.append(line)
        } else {
            lines[oldest] = line
            oldest = (oldest + 1) % limit
        }
    }

    /// The last so many lines about any of these; all lines count if none are named. What concerns nobody concerns all.
    package func lines(about names: [String], last count: Int) -> [String] {
        let ordered = lines[oldest...] + lines[..<oldest]
        let chosen = ordered.filter { line in
            names.isEmpty || line.about.isEmpty || line.about.contains(where: names.contains)
        }
        return chosen.suffix(count).map { "\(seconds($0.at))  \($0.text)" }
    }
}

/// Since the world began, with thousandths.
package func seconds(_ moment: Milliseconds) -> String {
    let elapsed = moment - World.beginning
    let thousandths = String(1_000 + elapsed % 1_000).dropFirst()
    return "\(elapsed / 1_000).\(thousandths)"
}
