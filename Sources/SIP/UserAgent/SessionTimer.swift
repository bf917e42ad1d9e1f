/// The agreement of both sides of a leg that the session ends unless it is refreshed (RFC 4028).
struct SessionTimer: Equatable {
    /// Whole seconds.
    var interval: Int
    /// We refresh it; else the peer does, and we watch.
    var isOurs: Bool

    /// The smallest interval that anybody may ask for (section 5), and the Min-SE of ours.
    static let smallest = 90

    /// Half of the interval for the side that refreshes; the other waits until shortly before the end (section 10).
    var firstDeadline: Milliseconds {
        isOurs ? Milliseconds(interval) * 500 : Milliseconds(interval - min(32, interval / 3)) * 1_000
    }

    /// What is left at least, when the refresh is due, of the time after which the other side gives the session up: a few seconds less,
    /// for that refresh to get through. Never 0.
    var rest: Milliseconds {
        let patience = Milliseconds(interval - min(32, interval / 3)) * 1_000
        return max(1_000, patience - Milliseconds(interval) * 500 - 5_000)
    }

    /// When the session is over if nobody refreshes it.
    var end: Milliseconds { Milliseconds(interval) * 1_000 }

    /// Writes Session-Expires, of a request or a response of ours.
    func write(to writer: inout MessageWriter, inRequest: Bool) {
        writer.begin(.sessionExpires)
        writer.append(decimal: UInt64(clamping: interval))
        writer.append(isOurs == inRequest ? ";refresher=uac" : ";refresher=uas")
        writer.end()
    }
}

extension Message {
    /// Session-Expires in whole seconds; nil if there is none that can be read.
    var sessionInterval: Int? { number(.sessionExpires).map { Int($0) } }

    /// What Session-Expires says of who refreshes: true if it is the sender of the request; nil if it says nothing.
    var clientRefreshes: Bool? {
        guard let value = first(.sessionExpires), let semicolon = bytes[value].firstIndex(of: UInt8(ascii: ";")),
            let refresher = parameter("refresher", in: ByteRange(semicolon, Int(value.upper)))
        else { return nil }
        if spells(refresher, "uac") { return true }
        return spells(refresher, "uas") ? false : nil
    }

    var hasSessionTimers: Bool { lists("timer", in: .supported) || lists("timer", in: .require) }

    /// An interval that is too small, from a peer who can be told so (RFC 4028 section 9).
    var asksForTooShortSession: Bool {
        guard let interval = sessionInterval, interval < SessionTimer.smallest else { return false }
        return hasSessionTimers
    }
}
