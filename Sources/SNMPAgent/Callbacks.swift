import CNetSNMP

// What the shim calls, on the agent's thread. Functions of a file, not closures: nothing here belongs to an actor.

func agentBegins(_ context: UnsafeMutableRawPointer?) {
    agent(context)?.begin()
}

func agentFinds(
    _ context: UnsafeMutableRawPointer?,
    _ mode: cnetsnmp_mode,
    _ name: UnsafePointer<UInt32>?,
    _ length: Int,
    _ isInclusive: CInt,
    _ instance: UnsafeMutablePointer<cnetsnmp_instance>?
) -> cnetsnmp_result {
    guard let agent = agent(context), let instance else { return CNETSNMP_END }
    let name = Array(UnsafeBufferPointer(start: name, count: length))
    return agent.find(mode, name, isInclusive: isInclusive != 0, into: &instance.pointee)
}

func agentSessionChanged(_ context: UnsafeMutableRawPointer?, _ isOpen: CInt) {
    agent(context)?.sessionChanged(isOpen: isOpen != 0)
}

func agentTicks(_ context: UnsafeMutableRawPointer?) {
    agent(context)?.ticked()
}

func agentLogs(_ context: UnsafeMutableRawPointer?, _ priority: CInt, _ line: UnsafePointer<CChar>?) {
    guard let line else { return }
    agent(context)?.log(priority: priority, String(cString: line))
}

private func agent(_ context: UnsafeMutableRawPointer?) -> SNMPAgent? {
    context.map { Unmanaged<SNMPAgent>.fromOpaque($0).takeUnretainedValue() }
}
