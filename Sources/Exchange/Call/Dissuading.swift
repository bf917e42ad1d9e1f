import CallCenter
import SIP

/// The message that waiting may be in vain (CALLS.md section 3, dissuading).
extension Exchange {
    /// The distribution has taken the call out of the queue for as long as the message plays.
    mutating func dissuade(_ call: Call, isFinal: Bool) {
        guard case .queued = call.stage else {
            found("call \(call.facts.number) was to be dissuaded in state \(call.state.rawValue)")
            center.dissuaded(call.ref, now: now, out: &distribution)
            return
        }
        // A reload may have brought the rule after the call had come: there is no message then, and nobody is sent away without.
        guard call.flow.dissuading != nil else {
            center.dissuaded(call.ref, now: now, out: &distribution)
            return
        }
        call.stage = .dissuading(isFinal: isFinal)
        noteState(of: call)
        stopWaiting(call)
        setMediaAside(of: call)
        callMedia(.dissuading, for: call)
    }

    /// The message is over or could not be had.
    mutating func dissuadingOver(of call: Call) {
        disarm(.welcomeMax, of: call)
        guard case .dissuading(let isFinal) = call.stage else { return restoreMusic(call) }
        if isFinal {
            fail(call, cause: .dissuaded, status: 480)
        } else {
            call.stage = .queued
            center.dissuaded(call.ref, now: now, out: &distribution)
        }
    }

    /// What only a call in the queue does.
    mutating func stopWaiting(_ call: Call) {
        disarm(.queuedReminder, of: call)
        disarm(.unansweredLimit, of: call)
        disarm(.holdRetry, of: call)
    }
}
