internal import SIP

/// Who has how many of the connections that peers make: no single one may have them all, nor strangers together.
struct ConnectionShares {
    /// What a connection counts against.
    struct Share: Equatable {
        /// A trusted address, or the network of a stranger.
        let place: IPAddress
        let isStrangers: Bool
    }

    private var byPlace: [IPAddress: Int] = [:]
    private var ofStrangers = 0
    private var all = 0

    /// Counts one more connection; nil if there is none left for this peer.
    mutating func take(for peer: IPAddress, isTrusted: Bool, of settings: StreamSettings) -> Share? {
        let share = Share(place: isTrusted ? peer : peer.network, isStrangers: !isTrusted)
        guard all < settings.maximumAccepted, byPlace[share.place, default: 0] < settings.maximumFromOneAddress,
            isTrusted || ofStrangers < settings.maximumFromStrangers
        else { return nil }
        byPlace[share.place, default: 0] += 1
        all += 1
        if share.isStrangers { ofStrangers += 1 }
        return share
    }

    /// The connection is gone.
    mutating func giveBack(_ share: Share) {
        all -= 1
        if share.isStrangers { ofStrangers -= 1 }
        let others = byPlace[share.place, default: 0] - 1
        byPlace[share.place] = others > 0 ? others : nil
    }
}
