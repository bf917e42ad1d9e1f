import SIP

/// A header field that the scenario adds to the INVITE to an agent: a name, and text with pseudo-variables.
package struct HeaderTemplate: Sendable, Equatable {
    package enum Variable: String, Sendable, CaseIterable {
        /// The flow's ID.
        case flow = "cc_flow"
        /// The call's UUID, as in `cc_cdrs`.
        case call = "cc_call"
        /// Whole seconds since the INVITE.
        case wait = "cc_wait"
        /// How many calls of the flow are ahead.
        case position = "cc_position"
        /// As `cc_list_calls` shows it.
        case state = "cc_state"
        /// The skill that the flow asks for.
        case skill = "cc_skill"
        /// The agent's ID.
        case agent = "cc_agent"
    }

    private enum Part: Sendable, Equatable {
        case text([UInt8])
        case variable(Variable)
    }

    /// What is wrong with the text of a value.
    package enum Problem: Error, Equatable {
        /// The name behind the `$`.
        case unknownVariable(String)
        /// A line end or another control character.
        case controlCharacter
    }

    package let name: String
    private let parts: [Part]

    /// `$$` is a dollar sign.
    package init(name: String, value: String) throws(Problem) {
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { throw .controlCharacter }
        var parts: [Part] = []
        var text: [UInt8] = []
        var rest = value[...]
        while let character = rest.first {
            rest = rest.dropFirst()
            guard character == "$" else {
                text.append(contentsOf: String(character).utf8)
                continue
            }
            if rest.first == "$" {
                rest = rest.dropFirst()
                text.append(UInt8(ascii: "$"))
                continue
            }
            let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            guard let variable = Variable(rawValue: String(word)) else { throw .unknownVariable(String(word)) }
            rest = rest.dropFirst(word.count)
            if !text.isEmpty { parts.append(.text(text)) }
            text = []
            parts.append(.variable(variable))
        }
        if !text.isEmpty { parts.append(.text(text)) }
        self.name = name
        self.parts = parts
    }

    /// The header field with every variable replaced. What would break a line is left out: IDs come from databases.
    func field(_ value: (Variable) -> String) -> ExtraHeader {
        var text: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let bytes): text += bytes
            case .variable(let variable): text += value(variable).utf8.filter { $0 >= 0x20 && $0 != 0x7F }
            }
        }
        return ExtraHeader(name: Array(name.utf8), value: text)
    }
}
