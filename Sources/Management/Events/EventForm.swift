package import CallCenter
import Glibc
package import Telemetry

extension CenterEvent {
    /// `agent` or `call`: the type of the server-sent event.
    package var kind: String {
        switch body {
        case .agent, .agentLoggedOff: "agent"
        case .call: "call"
        }
    }

    /// The fields, in the spelling of the reference's agent report where it has them. Times of day are whole seconds
    /// since 1970, as there, and `time` with milliseconds.
    package var json: JSONValue {
        var members: [JSONValue.Member] = [.init("time", .string(Self.timestamp(time)))]
        func add(_ name: String, _ value: JSONValue?) {
            if let value { members.append(.init(name, value)) }
        }
        switch body {
        case .agent(let report):
            add("agent_id", .string(report.agentID))
            add("state", .string(report.state.rawValue))
            add("wrapup_ends", report.wrapupEnds.map { .integer($0 / 1_000) })
            add("flow_id", report.flowID.map(JSONValue.string))
            add("previous_state", .string(report.previous.rawValue))
            add("logged_in", .bool(report.isLoggedIn))
        case .agentLoggedOff(let agentID, let cause):
            add("agent_id", .string(agentID))
            add("state", "logged_off")
            add("cause", .string(cause.rawValue))
        case .call(let report):
            add("call_id", .count(report.number))
            add("state", .string(report.stateName))
            add("flow_id", .string(report.flowID))
            add("agent_id", report.agentID.map(JSONValue.string))
            switch report.step {
            case .arrived(let uuid, let caller):
                add("call_uuid", .string(uuid))
                add("caller", .string(caller))
            case .state, .answered: break
            case .refused(let cause, let sipStatus):
                add("cause", .string(cause.rawValue))
                add("sip_status", .count(sipStatus))
            case .ended(let cause, let who):
                add("cause", .string(cause))
                add("by", .string(who.rawValue))
            }
        }
        return .object(members)
    }

    /// RFC 3339, UTC, milliseconds: `2026-11-25T19:45:16.123Z`.
    package static func timestamp(_ time: Milliseconds) -> String {
        var seconds = time_t(time / 1_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = "\(parts.tm_year + 1_900)-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        let clock = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(clock).\(padded(max(0, time % 1_000), 3))Z"
    }

    private static func padded(_ number: some BinaryInteger, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

extension CallReport {
    /// `state` of a call event: those of the lists, and the moments between them.
    fileprivate var stateName: String {
        switch step {
        case .arrived: "arrived"
        case .state(let state): state.rawValue
        case .answered: "answered"
        case .refused: "refused"
        case .ended: "ended"
        }
    }
}

extension NumberedEvent {
    /// The fields of the event, its number first.
    package var json: JSONValue {
        guard case .object(let members) = event.json else { return event.json }
        return .object([.init("number", .count(number))] + members)
    }
}

extension EventSubscription {
    /// What a reader who was too slow is told before he is cut off.
    static func lossReport(_ count: UInt64) -> JSONValue {
        ["missed": .count(count), "reason": "you read too slowly; ask again, and look at the lists for what is now"]
    }
}
