/// A pattern for URIs and header values: `*` is any run of bytes, `{flow}` a run of at least one that names the flow.
///
/// Matching looks at each byte of the text at most once a literal of the pattern, from left to right without going back:
/// strangers choose the text, so nothing here may take longer than that.
package struct RoutePattern: Sendable, Equatable {
    private enum Part: Sendable, Equatable {
        case literal([UInt8])
        case anything
        case flow
    }

    private let parts: [Part]

    /// Whether a match names the flow.
    package var capturesFlow: Bool { parts.contains(.flow) }

    /// What is wrong with a pattern, for people.
    package enum Problem: Error, Equatable {
        case empty
        case twoFlows
        case adjacentWildcards

        package var description: String {
            switch self {
            case .empty: "a pattern cannot be empty; expected text in which * is any run and {flow} the flow ID"
            case .twoFlows: "{flow} may stand in a pattern only once"
            case .adjacentWildcards: "two wildcards side by side cannot be told apart; put text between them"
            }
        }
    }

    package init(_ text: String) throws(Problem) {
        guard !text.isEmpty else { throw .empty }
        var parts: [Part] = []
        var literal: [UInt8] = []
        var rest = text[...]
        while let first = rest.first {
            let wildcard: Part?
            if first == "*" {
                wildcard = .anything
                rest = rest.dropFirst()
            } else if rest.hasPrefix("{flow}") {
                wildcard = .flow
                rest = rest.dropFirst(6)
            } else {
                wildcard = nil
                literal.append(contentsOf: String(first).utf8)
                rest = rest.dropFirst()
            }
            guard let wildcard else { continue }
            if !literal.isEmpty {
                parts.append(.literal(literal))
                literal = []
            } else if !parts.isEmpty {
                throw .adjacentWildcards
            }
            if wildcard == .flow, parts.contains(.flow) { throw .twoFlows }
            parts.append(wildcard)
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        self.parts = parts
    }

    /// What a match found.
    package struct Match: Equatable {
        /// The bytes that `{flow}` stood for; nil if the pattern has none.
        package let flow: ArraySlice<UInt8>?
    }

    /// nil if the whole of `text` does not match. Comparison is by bytes; case matters.
    package func match(_ text: ArraySlice<UInt8>) -> Match? {
        var position = text.startIndex
        var flow: ArraySlice<UInt8>?
        var openWildcard: Part?
        for (index, part) in parts.enumerated() {
            guard case .literal(let literal) = part else {
                openWildcard = part
                continue
            }
            let isLast = index == parts.count - 1
            let found: Int
            if let wildcard = openWildcard {
                let minimum = position + (wildcard == .flow ? 1 : 0)
                // The last literal is anchored at the end; an earlier one is where it comes first.
                let place =
                    isLast
                    ? (text.endIndex - literal.count >= minimum && text.hasSuffix(literal)
                        ? text.endIndex - literal.count : nil)
                    : text.firstOccurrence(of: literal, from: minimum)
                guard let place else { return nil }
                if wildcard == .flow { flow = text[position..<place] }
                found = place
            } else {
                guard text[position...].starts(with: literal) else { return nil }
                found = position
            }
            position = found + literal.count
            openWildcard = nil
        }
        switch openWildcard {
        case .flow:
            guard position < text.endIndex else { return nil }
            flow = text[position...]
        case .anything: break
        default: guard position == text.endIndex else { return nil }
        }
        return Match(flow: flow)
    }
}

extension ArraySlice<UInt8> {
    fileprivate func hasSuffix(_ literal: [UInt8]) -> Bool {
        count >= literal.count && self[(endIndex - literal.count)...].elementsEqual(literal)
    }

    fileprivate func firstOccurrence(of literal: [UInt8], from start: Int) -> Int? {
        guard start >= startIndex, endIndex - literal.count >= start else { return nil }
        return (start...(endIndex - literal.count)).first { self[$0...].starts(with: literal) }
    }
}
