package import Telemetry

/// One command of the management interface: all that is known of it, in one value. Registering it is all it takes for
/// every way in to have it.
package struct Command: Sendable {
    /// The plain name, such as `cc_list_flows`; `call_center:list_flows` follows from it.
    package var name: String
    /// One line for people.
    package var summary: String
    /// In positional order.
    package var parameters: [Parameter]
    /// Whether it changes anything; if so, it needs the scope `control`, and the log says who asked.
    package var changesState: Bool
    package var run: @Sendable (Arguments, Invocation) async throws(RPCError) -> JSONValue

    package init(
        name: String,
        summary: String,
        parameters: [Parameter] = [],
        changesState: Bool = false,
        run: @escaping @Sendable (Arguments, Invocation) async throws(RPCError) -> JSONValue
    ) {
        self.name = name
        self.summary = summary
        self.parameters = parameters
        self.changesState = changesState
        self.run = run
    }

    /// A command that is one order to the daemon and answers what that says: `OK`, or `OK: …`.
    package init(
        name: String,
        summary: String,
        parameters: [Parameter] = [],
        order: @escaping @Sendable (Arguments) throws(RPCError) -> Order
    ) {
        self.init(name: name, summary: summary, parameters: parameters, changesState: true) {
            arguments,
            invocation throws(RPCError) in
            .string(try await invocation.perform(try order(arguments)))
        }
    }

    /// `cc_agent_login agent_id state`, optional parameters in brackets.
    package var usage: String {
        ([name] + parameters.map { $0.isOptional ? "[\($0.name)]" : $0.name }).joined(separator: " ")
    }
}

/// What a command takes.
package struct Parameter: Sendable {
    package enum Kind: Sendable {
        /// A string that is not empty.
        case text
        /// 0 or 1; a string of that digit is taken too, as tools without types send it.
        case flag
        /// A whole number in this range; a string of digits is taken too.
        case number(ClosedRange<Int>)
        /// One of these words.
        case choice([String])
        /// Strings: an array of them, or, as the last by position, all that follow.
        case texts
    }

    package var name: String
    package var kind: Kind
    package var isOptional: Bool

    package init(_ name: String, _ kind: Kind, isOptional: Bool = false) {
        self.name = name
        self.kind = kind
        self.isOptional = isOptional
    }

    /// For error messages.
    var expectation: String {
        switch kind {
        case .text: "a string"
        case .flag: "0 or 1"
        case .number(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let words): words.joined(separator: ", ")
        case .texts: "strings"
        }
    }
}

/// The surroundings of one call of a command.
package struct Invocation: Sendable {
    package var control: BoundedControl
    package var requester: Requester
    /// All commands, for those that tell of others.
    package var registry: CommandRegistry
    /// Where the connection can carry events: subscribes it, and says false if too many watch already.
    package var watch: (@Sendable (EventFilter) -> Bool)?

    package init(
        control: BoundedControl,
        requester: Requester,
        registry: CommandRegistry,
        watch: (@Sendable (EventFilter) -> Bool)? = nil
    ) {
        self.control = control
        self.requester = requester
        self.registry = registry
        self.watch = watch
    }

    /// A snapshot taken after the request came.
    package func snapshot() async throws(RPCError) -> Snapshot {
        try await RPCError.orDomainError { () async throws(ControlError) in try await control.snapshot() }
    }

    /// Has the daemon do it; its refusal becomes the error of the reply.
    @discardableResult
    package func perform(_ order: Order) async throws(RPCError) -> String {
        try await RPCError.orDomainError { () async throws(ControlError) in
            try await control.perform(order, for: requester)
        }
    }
}
