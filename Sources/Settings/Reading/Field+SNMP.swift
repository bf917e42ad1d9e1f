extension Field {
    /// `unix:/run/agentx/master` or `tcp:127.0.0.1:705`.
    func agentXSocket() -> String? {
        let text = scalar ?? ""
        // sockaddr_un holds 107 bytes and the zero at the end.
        let isPath = text.hasPrefix("unix:/") && text.utf8.count <= 5 + 107 && !text.contains("\0")
        guard isPath || text.hasPrefix("tcp:") && Self.socket(text.dropFirst(4)) != nil else {
            return complain(not: "an AgentX socket", expected: "unix:/run/agentx/master or tcp:127.0.0.1:705")
        }
        return text
    }

    /// `snmp.notify.flows`: `{support: {longest_wait: 60, queue_length: 10}}`.
    func flowBounds() -> [String: Configuration.FlowBounds]? {
        if isNull { return [:] }
        guard let entries = entries(expected: "{FLOW: {longest_wait: SECONDS, queue_length: CALLS}}") else {
            return nil
        }
        var flows: [String: Configuration.FlowBounds] = [:]
        for (flow, field) in entries {
            let section = Section(field, known: ["longest_wait", "queue_length"])
            var bounds = Configuration.FlowBounds()
            section.read("longest_wait", into: &bounds.longestWait) { $0.optional { $0.waitBound() } }
            section.read("queue_length", into: &bounds.queueLength) { $0.optional { $0.queueBound() } }
            flows[flow] = bounds
        }
        return flows
    }

    func waitBound() -> Configuration.Milliseconds? { seconds(1_000...604_800_000) }

    func queueBound() -> Int? { whole(1...1_000_000) }
}
