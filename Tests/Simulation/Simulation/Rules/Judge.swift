import CallCenter
import Exchange
import SIP

/// The rules that hold after every event (CALLS.md sections 1 to 5), those that are looked at now and then, and those at the end.
struct Judge {
    /// What was broken, at most a handful: the first one counts.
    private(set) var findings: [Finding] = []
    var shadow: Shadow
    var refusals = 0
    private(set) var calls = 0
    private(set) var events = 0
    /// Legs whose call is over.
    var orphans: [LegID: Orphan] = [:]

    struct Orphan {
        /// When its call ended.
        var since: Milliseconds
        /// What it waits for.
        var debt: LegDebt
        /// From when on its 64 x T1 are counted.
        var limitSince: Milliseconds
    }

    /// The longest time by which a leg has outlived its call, as far as was looked.
    var longestAfterlife: Milliseconds = 0
    let limits: ExchangeConfiguration
    /// What had been counted when the core of now began, whose own counters began at 0.
    var base = Counts()

    struct Counts {
        var calls = 0
        var outcomes = [0, 0, 0, 0]
    }

    /// When deadlines are looked at next.
    var nextLook: Milliseconds = 0
    init(shadow: Shadow, limits: ExchangeConfiguration) {
        self.shadow = shadow
        self.limits = limits
    }

    mutating func complain(_ what: String, about: [String] = [], at now: Milliseconds) {
        if findings.count < 8 { findings.append(Finding(at: now, text: what, about: about)) }
    }

    // MARK: After every event

    mutating func hear(_ effects: Effects, of exchange: inout Exchange, at now: Milliseconds, after cause: Cause) {
        events += 1
        var found: [(String, [String])] = []
        // A call may come, be refused and end within one input; records and notices are told apart from each other.
        for notice in effects.notices {
            guard case .callArrived = notice else { continue }
            calls += 1
            shadow.hear(notice, now: now) { found.append(($0, $1)) }
        }
        for record in effects.records {
            check(record, now: now) { found.append(($0, $1)) }
            if record.wait < 0 || record.pickup < 0 || record.talk < 0 {
                found.append(("a time below 0: \(record)", []))
            }
            if record.offerNumber != 0, record.callType == .answered {
                if shadow.handedOver.removeValue(forKey: Int(record.callNumber)) == nil {
                    found.append(("call \(record.callNumber) has a record of a talk that goes on", [record.caller]))
                }
            } else if record.offerNumber != 0 {
                shadow.recorded(refusal: Int(record.callNumber))
            } else if shadow.recorded(final: Int(record.callNumber), rejected: record.refusals) != 1 {
                found.append(("call \(record.callNumber) has two final records, or never came", [record.caller]))
            }
        }
        for notice in effects.notices {
            if case .callArrived = notice { continue }
            shadow.hear(notice, now: now) { found.append(($0, $1)) }
            switch notice {
            case .callEnded(let number, _, _, _, _):
                let call = shadow.call(number)
                if call?.finals != 1 { found.append(("call \(number) ended without a record", [call?.caller ?? ""])) }
                if call?.refusals != call?.rejected {
                    found.append(("call \(number): wrong number of refusals in its record", [call?.caller ?? ""]))
                }
                if call?.refusals != call?.refusalRecords {
                    found.append(("call \(number) was refused more often than recorded", [call?.caller ?? ""]))
                }
            case .refused: refusals += 1
            case .agentLoggedInByCall(let agentID, _):
                if case .message(let station) = cause, station.label == agentID { break }
                found.append(("\(agentID) is logged in or off by somebody else's call", [agentID]))
            case .repaired(let what): found.append(("repaired: \(what)", []))
            case .unreadable(let error, let source):
                if source.address.low >> 20 & 0xF != UInt64(Station.Kind.stranger.rawValue) {
                    found.append(("the core could not read a message: \(error)", []))
                }
            default: break
            }
        }
        if !effects.notices.isEmpty { shadow.checkAfterInput(now: now) { found.append(($0, $1)) } }
        for broken in exchange.checkTouched() { found.append((broken, caller(in: broken))) }
        for (what, about) in found { complain("\(what) (after \(cause))", about: about, at: now) }
        if events % 1_000 == 0 { look(at: &exchange, now: now) }
        if now >= nextLook {
            lookAtDeadlines(now: now)
            nextLook = now + 2_000
        }
    }

    /// CALLS.md section 5: what the row says is what was seen to happen.
    private func check(_ record: CallDetailRecord, now: Milliseconds, complain: (String, [String]) -> Void) {
        guard let call = shadow.handedOver[Int(record.callNumber)] ?? shadow.call(record.callNumber) else { return }
        var wrong: [String] = []
        func expect(_ holds: Bool, _ name: String) { if !holds { wrong.append(name) } }
        expect(record.flowID == "f\(call.flow)", "flow_id")
        expect(record.caller == call.caller, "caller")
        if record.offerNumber == 0 || record.callType == .answered {
            if call.state == .talking {
                expect(record.callType == .answered, "call_type")
                expect(record.wait == call.since - call.received, "wait_time")
                expect(record.talk == now - call.since, "talk_time")
                expect(record.agentID == call.agent.map { "a\($0)" }, "agent_id")
            } else if record.callType != .answered {
                expect(record.talk == 0, "talk_time")
            }
        } else {
            expect(record.callType == .refused && record.talk == 0, "call_type")
            expect(record.refusals == call.refusalRecords, "rejected")
        }
        if !wrong.isEmpty { complain("call \(record.callNumber): wrong \(wrong) in \(record)", [call.caller]) }
    }

    // MARK: Restarts

    /// The core has died, and another goes on.
    mutating func restart(with policy: Policy, now: Milliseconds) {
        base = Counts(calls: calls, outcomes: outcomes)
        orphans = [:]
        shadow.restart(with: policy, now: now)
    }

    /// Offers, and how calls ended.
    var outcomes: [Int] { [shadow.offers, shadow.answered, shadow.abandoned, shadow.failed] }

    /// `call 17: …` as the core's own invariants name it.
    func caller(in text: String) -> [String] {
        guard text.hasPrefix("call "), let number = Int(text.dropFirst(5).prefix { $0.isNumber }),
            number < shadow.calls.count, let call = shadow.calls[number]
        else { return [] }
        return [call.caller]
    }
}

/// What the core was told.
enum Cause: CustomStringConvertible {
    case message(of: Station)
    case timer
    case login, reload, configuration, operation, restart

    /// Nobody but the core has seen it.
    var isFromOutside: Bool {
        switch self {
        case .message, .timer: true
        case .login, .reload, .configuration, .operation, .restart: false
        }
    }

    var description: String {
        switch self {
        case .message(let station): "a message of \(station.label)"
        case .timer: "a timer"
        case .login: "a log-in or log-off"
        case .reload: "a reload"
        case .configuration: "another configuration"
        case .operation: "an operation"
        case .restart: "a restart"
        }
    }
}
