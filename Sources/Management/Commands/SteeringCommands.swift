package import CallCenter
import Telemetry

extension CommandRegistry {
    /// Dispatching from outside, and an operator's repairs (CALLS.md section 6). Calls are named by the `id` of the lists.
    package mutating func registerSteeringCommands() {
        registerDispatching()
        let agent = Parameter("agent_id", .text)
        register(
            Command(
                name: "cc_free_agent",
                summary: "Makes an agent free: a call that rings goes back to its place, a talk or a wrap-up ends.",
                parameters: [agent]
            ) { arguments throws(RPCError) in .freeAgent(agentID: try arguments.text("agent_id")) }
        )
        register(
            Command(name: "cc_end_call", summary: "Ends a call.", parameters: [.call]) { arguments throws(RPCError) in
                .endCall(call: try arguments.call())
            }
        )
        register(
            Command(
                name: "cc_move_call",
                summary: "Puts a waiting call at a place among those of its flow, 0 being the first.",
                parameters: [.call, Parameter("position", .number(0...1_000_000))]
            ) { arguments throws(RPCError) in
                .moveCall(call: try arguments.call(), position: arguments.optionalNumber("position") ?? 0)
            }
        )
        register(
            Command(name: "cc_end_wrapup", summary: "Ends an agent's wrap-up now.", parameters: [agent]) {
                arguments throws(RPCError) in .endWrapup(agentID: try arguments.text("agent_id"))
            }
        )
    }

    private mutating func registerDispatching() {
        register(
            Command(
                name: "internal_call_dispatching",
                summary: "Has calls go to agents by the rules (1) or by command only (0), and says which it is.",
                parameters: [Parameter("dispatching", .flag, isOptional: true)],
                changesState: true
            ) { arguments, invocation throws(RPCError) in
                if let isOn = arguments.optionalFlag("dispatching") {
                    try await invocation.perform(.setDispatching(isOn))
                }
                let isOn = try await invocation.snapshot().center.isDispatchingInternally
                return ["dispatching": .integer(isOn ? 1 : 0)]
            }
        )
        register(
            Command(
                name: "dispatch_call_to_agent",
                summary: "Offers a waiting call to a free agent, while internal dispatching is off.",
                parameters: [.call, Parameter("agent_id", .text)]
            ) { arguments throws(RPCError) in
                .dispatch(call: try arguments.call(), agentID: try arguments.text("agent_id"))
            }
        )
    }
}

extension Parameter {
    /// `id` of the lists: 31 bits.
    fileprivate static let call = Parameter("call_id", .number(1...Int(Int32.max)))
}

extension Arguments {
    fileprivate func call() throws(RPCError) -> Int32 {
        guard let number = optionalNumber("call_id").flatMap(Int32.init(exactly:)) else {
            throw .invalidParams("call_id is missing, expected the id of a call")
        }
        return number
    }
}

extension ControlError {
    /// What the core says to a command that it cannot carry out, with the codes of the reference.
    package init(_ error: SteeringError) {
        switch error {
        case .internalDispatching:
            self.init(
                code: 403,
                message: "calls are dispatched internally; internal_call_dispatching 0 changes that"
            )
        case .unknownCall(let number):
            self.init(code: 404, message: "no call \(number)")
        case .unknownAgent(let id):
            self = .unknownAgent(id)
        case .unsuitable(let reason):
            self.init(code: 488, message: reason)
        }
    }
}
