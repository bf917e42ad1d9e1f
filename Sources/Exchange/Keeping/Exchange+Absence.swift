import SIP

/// What a time without any process does to calls: whoever waits for minutes for a sign of ours waits no longer.
extension Exchange {
    /// How long a caller who is not answered, and hears no more of us, is thought to wait: so long a proxy on the way lets him
    /// (timer C, RFC 3261 section 16.6).
    private static var patience: Milliseconds { 180_000 }

    /// When a call ended while nobody was there, on our clock; nil: as far as is known it goes on, and whether its peers are alive
    /// will show.
    ///
    /// - Parameter lastAlive: when the earlier process was last known to live, time of day.
    func end(of kept: KeptCall, lastAlive: Milliseconds?) -> Milliseconds? {
        var ends: [Milliseconds] = []
        if let end = kept.maxDuration { ends.append(end) }
        if let lastAlive {
            for leg in [kept.caller, kept.counterpart].compactMap(\.self) {
                if leg.phase == .invited {
                    ends.append(lastAlive + Self.patience)
                } else if let session = leg.session {
                    // Nobody can have refreshed it: the peer has hung up (RFC 4028 section 10).
                    ends.append(lastAlive + Milliseconds(session.interval) * 1_000)
                }
            }
        }
        guard let end = ends.min(), end <= now + wallOffset else { return nil }
        return end - wallOffset
    }
}

extension KeptCall {
    /// Whom the caller talks to. Music is nobody: if that has ended it is called again.
    fileprivate var counterpart: KeptLeg? {
        switch course.stage {
        case .talking: leg(.agent)
        case .transferred: leg(.media)
        case .welcome, .queued, .dissuading, .offering, .leaving: nil
        }
    }
}
