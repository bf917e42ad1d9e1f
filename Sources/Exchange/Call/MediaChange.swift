import SIP

/// From one announcement to the next without a gap: what an answered caller hears stays until the next is joined to him
/// (CALLS.md section 1, step 6).
extension Exchange {
    /// Makes room for other media. What the caller hears goes on until they are up; what was only being called is dropped.
    mutating func setMediaAside(of call: Call) {
        guard let media = call.media else { return }
        guard media.isUp, call.isAnswered else {
            dropCurrentMedia(of: call)
            return
        }
        disarm(.mediaAnswer, of: call)
        disarm(.welcomeMax, of: call)
        dropPreviousMedia(of: call)
        call.media = nil
        call.previousMedia = media
    }

    mutating func dropPreviousMedia(of call: Call) {
        guard let previous = call.previousMedia else { return }
        call.previousMedia = nil
        forget(previous.leg, of: call)
        agent.hangUp(previous.leg, status: 480, now: now)
    }

    /// The leg that the caller still hears while another is being called.
    mutating func handlePreviousMedia(_ event: LegEvent, of call: Call) {
        switch event {
        case .offered(let leg, let description):
            relayOffer(description, from: leg, to: call.connected == leg ? call.caller : nil, of: call)
        case .offerCancelled(let leg):
            relayCancellation(from: leg, of: call)
        case .modified(let leg, let reinvite, let description):
            relayAnswer(description, to: reinvite, from: leg, of: call)
        case .modificationRefused(let leg, let reinvite, let status):
            relayRefusal(status, of: reinvite, from: leg, of: call)
        case .acknowledged(let leg, let description):
            relayAcknowledgement(description, from: leg, of: call)
        case .hungUp(let leg, _), .gone(let leg):
            forget(leg, of: call)
            call.previousMedia = nil
        case .invited, .cancelled, .progress, .answered, .refused, .requested, .released:
            break
        }
    }
}
