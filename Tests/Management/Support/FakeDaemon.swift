import CallCenter
import Management
import Synchronization
import Telemetry

/// A daemon that answers from a fixed centre and remembers what it was told to do.
final class FakeDaemon: Sendable {
    struct Order: Equatable, Sendable {
        var what: String
        var requester: Requester
    }

    private struct State {
        var center = FakeDaemon.sampleCenter
        var orders: [Order] = []
        var isHung = false
        var readiness = Health.good
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var orders: [Order] { state.withLock { $0.orders } }

    /// So many more agents.
    func hire(_ count: Int) {
        let agents = (0..<count).map {
            CenterSnapshot.Agent(id: "temp-\($0)", location: "sip:temp@192.0.2.9", skills: [])
        }
        state.withLock { $0.center.agents += agents }
    }

    /// It lives, but wants no calls.
    func refuseCalls(because reason: String) { state.withLock { $0.readiness = .bad(reason: reason) } }

    /// From now on nothing is answered, as by a call loop that hangs.
    func hang() { state.withLock { $0.isHung = true } }

    /// Somebody has asked and has no answer yet.
    var isWaitedFor: Bool { state.withLock { !$0.waiting.isEmpty } }

    /// Answers everything, what was asked meanwhile included.
    func recover() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            state.isHung = false
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    private func answering() async {
        await withCheckedContinuation { continuation in
            let isHung = state.withLock { state in
                if state.isHung { state.waiting.append(continuation) }
                return state.isHung
            }
            if !isHung { continuation.resume() }
        }
    }

    private func note(_ what: String, _ requester: Requester) {
        state.withLock { $0.orders.append(Order(what: what, requester: requester)) }
    }

    var control: Control {
        Control(
            snapshot: { [self] in
                await answering()
                return Self.snapshot(state.withLock { $0.center })
            },
            reload: { [self] requester in
                await answering()
                note("reload", requester)
                var report = ProvisioningReport()
                report.addedFlows = ["support"]
                report.removedAgents = ["zoe", "max"]
                report.refused = [.init(table: "cc_flows", id: "x", reason: "priority is -1, expected 0 or more")]
                report.doubtful = [.init(table: "cc_flows", id: "y", reason: "overflow_uri: there is no flow \"z\"")]
                return .success(report)
            },
            perform: { [self] order, requester in
                await answering()
                switch order {
                case .setLogin(let agentID, let isLoggedIn):
                    note("\(agentID) \(isLoggedIn ? "in" : "off")", requester)
                    return agentID == "nobody" ? .failure(.unknownAgent(agentID)) : .success("OK")
                case .resetStatistics:
                    note("reset", requester)
                    return .success("OK")
                case .setDispatching(let isOn):
                    note("dispatching \(isOn ? "on" : "off")", requester)
                    return .success("OK")
                case .dispatch(let call, let agentID):
                    note("\(call) to \(agentID)", requester)
                    return .failure(ControlError(code: 403, message: "calls are dispatched internally"))
                case .freeAgent(let agentID):
                    note("free \(agentID)", requester)
                    return .success("OK")
                case .endCall(let call):
                    note("end \(call)", requester)
                    return .success("OK")
                case .moveCall(let call, let position):
                    note("\(call) to place \(position)", requester)
                    return .success(position > 9 ? "OK: at place 9, the last" : "OK")
                case .endWrapup(let agentID):
                    note("end the wrap-up of \(agentID)", requester)
                    return .success("OK")
                }
            },
            health: { [self] in
                await answering()
                return .good
            },
            readiness: { [self] in
                await answering()
                return state.withLock { $0.readiness }
            }
        )
    }

    var bounded: BoundedControl { BoundedControl(control) }

    /// With so little patience that a test of a hung loop is quick.
    var impatient: BoundedControl {
        var patience = BoundedControl.Patience()
        patience.health = .milliseconds(20)
        patience.command = .milliseconds(20)
        patience.reload = .milliseconds(20)
        return BoundedControl(control, patience: patience, limit: 4)
    }
}
