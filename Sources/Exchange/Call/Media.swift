import CallCenter
import SIP

/// Announcements and hold music: legs to media servers (CALLS.md section 1, steps 3 and 5).
extension Exchange {
    /// Calls the announcement. An unanswered caller's own offer goes along; an answered one is joined by a re-INVITE.
    mutating func callMedia(_ purpose: Call.MediaLeg.Purpose, for call: Call) {
        let uri: String
        switch purpose {
        case .welcome: uri = call.flow.messageWelcome ?? ""
        case .hold: uri = holdURI(for: call)
        case .dissuading: uri = call.flow.dissuading?.message ?? ""
        case .overflow: uri = call.overflowTarget ?? ""
        }
        guard let leg = invite(uri, for: call) else {
            mediaFailed(purpose, of: call, status: 0)
            return
        }
        call.media = Call.MediaLeg(leg: leg, purpose: purpose)
        arm(.mediaAnswer, of: call, in: answerTimeout(for: purpose))
        if purpose.isAnnouncement { arm(.welcomeMax, of: call, in: configuration.welcomeMax) }
    }

    /// How long whoever is called may take to answer: a machine does at once, a human not.
    private func answerTimeout(for purpose: Call.MediaLeg.Purpose) -> Milliseconds {
        purpose == .overflow ? configuration.agentRingTimeout : configuration.mediaAnswerTimeout
    }

    /// Starts a leg of ours for the call: From is the caller, under the flow's prefix. An unanswered caller's own offer goes
    /// along. nil if the URI leads nowhere.
    mutating func invite(_ uri: String, for call: Call) -> LegID? {
        var offer: SessionDescription?
        if case .unanswered(let callers) = call.callerSide { offer = callers }
        branchOut(call)
        return invite(uri, for: call, offering: offer)
    }

    /// Each leg that may answer an unanswered caller first is a branch of its own to him, as behind a forking proxy.
    mutating func branchOut(_ call: Call) {
        guard !call.isAnswered else { return }
        if call.hasTriedFirstLeg { agent.renewTag(of: call.caller) }
        call.hasTriedFirstLeg = true
    }

    /// As above, with this offer or none.
    mutating func invite(
        _ uri: String,
        for call: Call,
        offering offer: SessionDescription?,
        adding headers: [ExtraHeader] = []
    ) -> LegID? {
        guard let target = URI(uri) else { return nil }
        var invitation = Invitation(
            target: target,
            fromURI: call.facts.callerURI,
            displayName: call.facts.displayName(prepending: call.flow.prependCID),
            offer: offer,
            owner: call.id.owner
        )
        invitation.maxForwards = call.facts.hopsLeft
        invitation.headers = call.facts.passedHeaders + addedHeaders(by: target) + headers
        guard let leg = agent.invite(invitation, now: now) else { return nil }
        call.callIDs.append(agent.callID(of: leg))
        return leg
    }

    private func holdURI(for call: Call) -> String {
        var parameters = ""
        if let name = configuration.queuePositionParameter {
            parameters += ";\(name)=\(center.position(of: call.ref) ?? 0)"
        }
        // Nothing where there is nobody to take the call: no number is right then.
        if let name = configuration.queueWaitParameter, let wait = center.estimatedWait(of: call.ref) {
            parameters += ";\(name)=\(wait / 1_000)"
        }
        guard !parameters.isEmpty else { return call.flow.messageQueue }
        // URI parameters stand before the headers (RFC 3261 section 19.1.1).
        let parts = call.flow.messageQueue.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let headers = parts.count > 1 ? "?\(parts[1])" : ""
        return "\(parts[0])\(parameters)\(headers)"
    }

    /// A caller who waits, or whose agent's phone rings, is never without music if it can be had.
    mutating func ensureHold(_ call: Call) {
        guard call.media == nil, !call.timers.isRunning(.holdRetry), call.talk == nil, !call.hasEnded else { return }
        callMedia(.hold, for: call)
    }

    /// Nobody can take the call now: it waits, with music (step 5).
    mutating func wait(_ call: Call) {
        guard case .queued = call.stage, !call.isWaiting else { return }
        call.isWaiting = true
        noteState(of: call)
        ensureHold(call)
        if !call.isAnswered {
            agent.progress(call.caller, status: 182, now: now)
            arm(.queuedReminder, of: call, in: FixedTimes.queuedReminder)
            if !call.timers.isRunning(.unansweredLimit) {
                arm(.unansweredLimit, of: call, in: 3 * configuration.mediaAnswerTimeout)
            }
        }
    }

    mutating func handleMedia(_ event: LegEvent, of call: Call) {
        guard let media = call.media else { return }
        switch event {
        case .progress(_, let status, let description):
            if media.purpose != .hold { relayProgress(status, description, from: media.leg, of: call) }
        case .answered(_, let description):
            disarm(.mediaAnswer, of: call)
            guard let description else {
                loseMedia(of: call, status: 488)
                return
            }
            mediaAnswered(description, of: call)
        case .refused(_, let status):
            call.media = nil
            disarm(.welcomeMax, of: call)
            mediaFailed(media.purpose, of: call, status: status)
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
        case .hungUp, .gone:
            mediaEnded(of: call)
        case .invited, .cancelled, .requested, .released:
            break
        }
    }

    private mutating func mediaAnswered(_ description: SessionDescription, of call: Call) {
        guard let media = call.media else { return }
        guard case .unanswered(let offer) = call.callerSide else {
            if media.offered != nil { agent.acknowledge(media.leg, relaying: nil, now: now) }
            join(media.leg, offer: description, isAgent: false, of: call)
            return
        }
        guard !isUnlike(description, offer) else { return loseMedia(of: call, status: 488) }
        call.media?.isUp = true
        answerCaller(of: call, with: description, from: media.leg, offer: offer)
        mediaIsUp(of: call)
    }

    /// The caller hears it: what he heard before is not needed any more.
    mutating func mediaIsUp(of call: Call) {
        dropPreviousMedia(of: call)
        if case .leaving(let target) = call.stage { transferred(call, to: target) }
        call.handedOnTo = nil
    }

    /// The first leg that answers gives the caller his 200.
    mutating func answerCaller(
        of call: Call,
        with description: SessionDescription,
        from leg: LegID,
        offer: SessionDescription?
    ) {
        if call.early != nil { noteEarlyMedia(from: leg, of: call) }
        agent.accept(call.caller, relaying: description, now: now)
        if offer == nil {
            call.awaitsCallersAnswer = leg
        } else {
            agent.acknowledge(leg, relaying: nil, now: now)
        }
        call.callerSide = .answered
        call.connected = leg
        disarm(.queuedReminder, of: call)
        disarm(.unansweredLimit, of: call)
        arm(.maxDuration, of: call, in: configuration.maxCallDuration)
    }

    /// A media server's BYE: the end of a welcome, the failure of music that must never end.
    private mutating func mediaEnded(of call: Call) {
        guard let media = call.media else { return }
        forget(media.leg, of: call)
        call.media = nil
        disarm(.mediaAnswer, of: call)
        disarm(.welcomeMax, of: call)
        switch media.purpose {
        case .welcome: welcomeOver(of: call)
        case .hold: mediaFailed(.hold, of: call, status: 200)
        case .dissuading: dissuadingOver(of: call)
        case .overflow: overflowEnded(of: call)
        }
    }

    /// We end it: it was no use, or has had its time.
    mutating func loseMedia(of call: Call, status: Int) {
        guard let media = call.media else { return }
        dropCurrentMedia(of: call)
        mediaFailed(media.purpose, of: call, status: status)
    }

    /// We end it: it is not needed any more.
    mutating func dropMedia(of call: Call) {
        dropPreviousMedia(of: call)
        dropCurrentMedia(of: call)
    }

    mutating func dropCurrentMedia(of call: Call) {
        guard let media = call.media else { return }
        forget(media.leg, of: call)
        call.media = nil
        disarm(.mediaAnswer, of: call)
        disarm(.welcomeMax, of: call)
        agent.hangUp(media.leg, status: 480, now: now)
    }

    /// A leg goes: nothing of the call may refer to it any more.
    mutating func forget(_ leg: LegID, of call: Call) {
        if let join = call.join, join.leg == leg {
            call.join = nil
            withdraw(join.reinvite, of: call.caller)
        }
        if call.connected == leg { call.connected = nil }
        if call.rejoin?.leg == leg { call.rejoin = nil }
        if call.withdrawn?.leg == leg { call.withdrawn = nil }
        if call.awaitsCallersAnswer == leg { call.awaitsCallersAnswer = nil }
        guard let relay = call.relay, relay.to == leg || relay.from == leg else { return }
        call.relay = nil
        switch (relay.from == leg, relay.awaitsAnswerInACK) {
        // The caller's offer has nobody left who could answer it.
        case (true, true): agent.acknowledge(relay.to, relaying: nil, now: now)
        case (true, false):
            // What becomes of the caller's own is seen by its not being that of a hand-over.
            if relay.to != call.caller {
                call.withdrawn = relay.reinvite.map { Call.OwnReinvite(leg: relay.to, id: $0) }
            }
            withdraw(relay.reinvite, of: relay.to)
        case (false, false): refuseRelayed(from: relay.from, status: 491, of: call)
        case (false, true): break
        }
    }

    private mutating func withdraw(_ reinvite: ReinviteID?, of leg: LegID) {
        guard let reinvite else { return }
        agent.withdrawReinvite(reinvite, of: leg, now: now)
    }

    private mutating func mediaFailed(_ purpose: Call.MediaLeg.Purpose, of call: Call, status: Int) {
        counters.mediaFailures += 1
        disarm(.mediaAnswer, of: call)
        let uri: String? =
            switch purpose {
            case .welcome: call.flow.messageWelcome
            case .hold: call.flow.messageQueue
            case .dissuading: call.flow.dissuading?.message
            case .overflow: call.overflowTarget
            }
        note(.mediaFailed(number: call.facts.number, uri: uri ?? "", sipStatus: status))
        // What the caller heard before he goes on hearing.
        if call.media == nil, let previous = call.previousMedia {
            call.previousMedia = nil
            call.media = previous
        }
        switch purpose {
        case .welcome:
            welcomeOver(of: call)
        case .dissuading:
            dissuadingOver(of: call)
        case .overflow:
            overflowFailed(of: call, status: status)
        case .hold:
            guard call.media == nil else { return }
            if call.scenario.holdMediaFailure == .end, case .queued = call.stage {
                return fail(call, cause: .media, status: 480)
            }
            let pause = FixedTimes.holdRetry.lowerBound << min(call.holdFailures, 5)
            call.holdFailures += 1
            arm(.holdRetry, of: call, in: min(pause, FixedTimes.holdRetry.upperBound))
        }
    }

    private mutating func welcomeOver(of call: Call) {
        disarm(.welcomeMax, of: call)
        // It may be the welcome of a flow that the call has left, which went on since the new flow's could not be had.
        guard case .welcome = call.stage else { return restoreMusic(call) }
        distribute(call)
    }
}
