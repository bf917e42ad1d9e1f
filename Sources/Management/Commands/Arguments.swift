/// The parameters of one request, checked against what the command declares.
package struct Arguments: Sendable {
    private enum Value {
        case text(String)
        case flag(Bool)
        case number(Int)
        case texts([String])
    }

    private let usage: String
    private var values: [(name: String, value: Value)] = []

    /// Takes `params` of a request: by name (an object), by position (an array), or nil for none.
    ///
    /// - Throws: -32602, saying which parameter was wrong and what was expected.
    package init(_ params: JSONValue?, for command: Command) throws(RPCError) {
        usage = command.usage
        switch params {
        case nil: break
        case .array(let elements): try take(elements, for: command)
        case .object(let members): try take(members, for: command)
        case .some: throw .invalidRequest("params must be an array or an object")
        }
        for parameter in command.parameters where !parameter.isOptional && value(of: parameter.name) == nil {
            throw wrong("\(parameter.name) is missing, expected \(parameter.expectation)")
        }
    }

    private mutating func take(_ elements: [JSONValue], for command: Command) throws(RPCError) {
        var rest = elements[...]
        for parameter in command.parameters {
            guard let first = rest.first else { return }
            if case .texts = parameter.kind {
                // One array, or one string after the other.
                let given: JSONValue = if case .array = first, rest.count == 1 { first } else { .array(Array(rest)) }
                rest = []
                try take(given, as: parameter)
            } else {
                rest = rest.dropFirst()
                try take(first, as: parameter)
            }
        }
        guard rest.isEmpty else {
            throw wrong("\(elements.count) parameters given, expected at most \(command.parameters.count)")
        }
    }

    private mutating func take(_ members: [JSONValue.Member], for command: Command) throws(RPCError) {
        for member in members {
            guard let parameter = command.parameters.first(where: { $0.name == member.name }) else {
                throw wrong("there is no parameter \(JSONValue.string(String(member.name.prefix(64))).text)")
            }
            guard value(of: member.name) == nil else { throw wrong("\(member.name) is given twice") }
            try take(member.value, as: parameter)
        }
    }

    private mutating func take(_ given: JSONValue, as parameter: Parameter) throws(RPCError) {
        switch (parameter.kind, given) {
        case (.text, .string(let text)) where !text.isEmpty:
            values.append((parameter.name, .text(text)))
        case (.flag, 0), (.flag, "0"):
            values.append((parameter.name, .flag(false)))
        case (.flag, 1), (.flag, "1"):
            values.append((parameter.name, .flag(true)))
        case (.number(let range), .integer(let number)) where Int(exactly: number).map(range.contains) == true:
            values.append((parameter.name, .number(Int(number))))
        case (.number(let range), .string(let digits)) where Int(digits).map(range.contains) == true:
            values.append((parameter.name, .number(Int(digits) ?? range.lowerBound)))
        case (.choice(let words), .string(let word)) where words.contains(word):
            values.append((parameter.name, .text(word)))
        case (.texts, .array(let elements)):
            var texts: [String] = []
            for element in elements {
                guard case .string(let text) = element else { throw mismatch(parameter, element) }
                texts.append(text)
            }
            values.append((parameter.name, .texts(texts)))
        case (.texts, .string(let text)):
            values.append((parameter.name, .texts([text])))
        default:
            throw mismatch(parameter, given)
        }
    }

    // MARK: - Reading

    /// The string given; for parameters declared `.text` or `.choice` and not optional.
    package func text(_ name: String) throws(RPCError) -> String {
        guard case .text(let text) = value(of: name) else { throw undeclared(name) }
        return text
    }

    /// Whether 1 was given; for parameters declared `.flag` and not optional.
    package func flag(_ name: String) throws(RPCError) -> Bool {
        guard case .flag(let flag) = value(of: name) else { throw undeclared(name) }
        return flag
    }

    /// The string given, nil if the parameter was left out; for `.text` and `.choice`.
    package func optionalText(_ name: String) -> String? {
        guard case .text(let text) = value(of: name) else { return nil }
        return text
    }

    /// Whether 1 was given, nil if the parameter was left out.
    package func optionalFlag(_ name: String) -> Bool? {
        guard case .flag(let flag) = value(of: name) else { return nil }
        return flag
    }

    /// The number given, nil if the parameter was left out.
    package func optionalNumber(_ name: String) -> Int? {
        guard case .number(let number) = value(of: name) else { return nil }
        return number
    }

    /// The strings given, none if the parameter was left out.
    package func texts(_ name: String) -> [String] {
        guard case .texts(let texts) = value(of: name) else { return [] }
        return texts
    }

    private func value(of name: String) -> Value? { values.first { $0.name == name }?.value }

    // MARK: - Errors

    private func mismatch(_ parameter: Parameter, _ given: JSONValue) -> RPCError {
        let found =
            switch given {
            case .array, .object: given.kind
            default: String(given.text.prefix(64))
            }
        return wrong("\(parameter.name) is \(found), expected \(parameter.expectation)")
    }

    private func wrong(_ what: String) -> RPCError { .invalidParams("\(what); usage: \(usage)") }

    private func undeclared(_ name: String) -> RPCError {
        RPCError(code: RPCError.internalError, message: "the command reads \(name), which it does not declare")
    }
}
