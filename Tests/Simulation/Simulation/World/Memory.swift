import Exchange
import SIP

/// What the core has had kept for the next process: the journal of calls without its files (DESIGN.md section 2).
struct Memory {
    private struct Entry<Value> {
        var value: Value
        /// The pass over everything in which it was kept.
        let pass: Int
    }

    /// Of each call the whole of it, as it was kept last, and what has changed since.
    private var calls: [String: Entry<[[UInt8]]>] = [:]
    private var agents: [String: Entry<[UInt8]>] = [:]
    /// Of all calls that were ever kept or recorded.
    private(set) var lastNumber: Int32 = 0
    private var pass = 0
    /// Of a call of which something was kept that builds on nothing; there is to be none.
    private(set) var fault: String?

    mutating func keep(_ kept: [Keeping]) {
        for keeping in kept {
            switch keeping {
            case .call(let key, let number, let encoded):
                calls[key] = Entry(value: [encoded], pass: pass)
                lastNumber = max(lastNumber, number)
            case .callChanged(let key, let number, let encoded):
                if calls[key] == nil { fault = "a change of call \(number) is kept, and nothing that it is one of" }
                calls[key]?.value.append(encoded)
                lastNumber = max(lastNumber, number)
            case .callEnded(let key, let number):
                calls[key] = nil
                lastNumber = max(lastNumber, number)
            case .agent(let agent): agents[agent.id] = Entry(value: agent.encoded, pass: pass)
            }
        }
    }

    mutating func noteRecord(ofCall number: Int32) { lastNumber = max(lastNumber, number) }

    /// Everything is about to be kept anew.
    mutating func beginPass() { pass += 1 }

    /// That is done: what is older is not needed any more.
    mutating func endPass() {
        calls = calls.filter { $0.value.pass == pass }
        agents = agents.filter { $0.value.pass == pass }
    }

    func read() throws -> (calls: [KeptCall], agents: [KeptAgent]) {
        // In an order of their own: nothing may depend on that of a dictionary.
        (
            try calls.sorted { $0.key < $1.key }.map { try KeptCall(entries: $0.value.value) },
            try agents.sorted { $0.key < $1.key }.map { try KeptAgent(encoded: $0.value.value) }
        )
    }
}
