import SIP

/// Session timers (RFC 4028): stations refresh what is theirs to refresh, most of them; they hang up when the core does not, and say so
/// if it had no excuse.
extension Station {
    /// What an INVITE or UPDATE says of them.
    func wish(of session: Session) -> [UInt8] {
        guard session.hasTimer else { return [] }
        return [UInt8]("Supported: timer\r\nSession-Expires: 120\r\n")
    }

    /// What a 2xx says of them: who asked refreshes, or we do.
    func agreement(with request: Message, of session: Session) -> [UInt8] {
        guard session.hasTimer, let interval = request.sessionExpires else { return [] }
        let clientRefreshes = interval.clientRefreshes ?? world.random.happens(50)
        // When the core has this 2xx shows when its ACK comes; that to an UPDATE has none.
        agree(on: interval.seconds, isOurs: !clientRefreshes, of: session)
        if request.method == .invite {
            session.agreement.awaitsACK = true
        } else if world.plan.weather.isPunctual {
            agreementIsHeard(of: session)
        }
        var extra = [UInt8]("Require: timer\r\nSession-Expires: ")
        extra.append(number: interval.seconds)
        extra.append(clientRefreshes ? ";refresher=uac\r\n" : ";refresher=uas\r\n")
        return extra
    }

    /// What the 2xx to a request of ours says.
    func agree(on response: Message, of session: Session) {
        session.agreement = Agreement(number: session.agreement.number + 1)
        guard session.hasTimer, let interval = response.sessionExpires else { return }
        guard let clientRefreshes = interval.clientRefreshes else {
            return complain("a 2xx does not say who refreshes the session", about: session)
        }
        agree(on: interval.seconds, isOurs: clientRefreshes, of: session)
        agreementIsHeard(of: session)
    }

    private func agree(on seconds: Int, isOurs: Bool, of session: Session) {
        let number = session.agreement.number + 1
        session.agreement = Agreement(number: number, interval: Milliseconds(seconds) * 1_000, isOurs: isOurs)
        if isOurs {
            guard !session.forgetsToRefresh else { return expectEnd(of: session) }
            world.after(session.agreement.interval / 2) { [self] in
                if session.agreement.number == number { refresh(session) }
            }
        } else {
            world.after(session.agreement.patience) { [self] in
                guard session.agreement.number == number, session.phase == .up else { return }
                hangUp(session)
            }
        }
    }

    /// The core knows of the agreement, since then at the latest: at half of the interval it is to refresh the session, and so it is
    /// ten seconds later where an INVITE that was under way has kept it from doing so.
    func agreementIsHeard(of session: Session) {
        session.agreement.awaitsACK = false
        guard !session.agreement.isOurs else { return }
        let number = session.agreement.number
        let due = world.now + session.agreement.interval / 2
        let limit = due + 12_000
        guard limit - world.now <= session.agreement.patience else { return }
        world.after(limit - world.now) { [self] in
            guard session.agreement.number == number, session.phase == .up, areAlive(session), session.isQuiet,
                session.busyUntil < due - 1_000, !session.hasSeenRestart, session.lastAttempt < due - 1_000
            else { return }
            complain("the core does not refresh the session", about: session)
        }
    }

    /// Nobody will have refreshed the session by then: it is the core's to end it, whose BYE may take its time. A core that has begun
    /// meanwhile counts from then.
    private func expectEnd(of session: Session) {
        let number = session.agreement.number
        world.after(session.agreement.interval + 35_000) { [self] in
            guard session.agreement.number == number, session.phase == .up, areAlive(session), !session.hasSeenRestart
            else { return }
            complain("the session was not refreshed, and goes on", about: session)
        }
    }

    private func refresh(_ session: Session) {
        guard session.phase == .up else { return }
        guard session.isQuiet else { return world.after(2_000) { [self] in refresh(session) } }
        if world.random.happens(50) {
            update(session, body: nil)
        } else {
            reinvite(session, holding: session.isHolding, withOffer: true)
        }
    }
}

/// What both sides of a session have agreed on (RFC 4028).
struct Agreement {
    /// Tells one from another.
    var number = 0
    var interval: Milliseconds = 0
    var isOurs = true
    /// Whether the core knows of it will show when it acknowledges a 2xx.
    var awaitsACK = false

    /// How long the side that does not refresh waits for the other (section 10).
    var patience: Milliseconds { interval - min(32_000, interval / 3) }
}

extension Weather {
    /// What is sent arrives soon, whatever it is.
    var isPunctual: Bool { loss == 0 && reordering == 0 && partition == 0 }
}

extension Message {
    /// Session-Expires, and who refreshes, if it says so.
    fileprivate var sessionExpires: (seconds: Int, clientRefreshes: Bool?)? {
        guard let value = bytes.value(of: "Session-Expires"),
            let seconds = value.prefix(while: \.isDigit).number(behind: 0)
        else { return nil }
        let refresher = value.suffix(3)
        return (
            seconds,
            refresher.elementsEqual([UInt8]("uac")) ? true : refresher.elementsEqual([UInt8]("uas")) ? false : nil
        )
    }
}
