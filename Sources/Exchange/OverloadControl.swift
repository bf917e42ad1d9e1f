package import SIP

/// When new calls are refused so that those in progress go on, and whom a flood is taken from. Measures come in, decisions come
/// out; it holds no call and sends nothing.
///
/// Overload begins at its bound and ends well below it, a while later: otherwise it would flicker.
package struct OverloadControl: Sendable {
    package struct Limits: Sendable, Equatable {
        /// Transactions alive at which new calls are refused.
        package var transactions = 360_000
        /// How late the loop may be; 0: as late as it likes.
        package var loopDelay: Milliseconds = 1_000
        /// New requests a second of one trusted address; 0: as many as it likes. Others get a fiftieth, and all of them together as
        /// many as one that is trusted.
        package var requestsPerSource = 5_000

        package init() {}
    }

    /// Why new calls are refused.
    package enum Reason: String, Sendable {
        case transactions
        case loopDelay = "loop delay"
    }

    /// nil: they are not.
    package private(set) var reason: Reason?
    private var since: Milliseconds = 0
    /// The last measures: one late wake-up says little, several in a row do.
    private var delays: [Milliseconds] = []
    /// Of the sources that were heard last, and of those before them: a table that is full becomes the one before.
    private var recent: [IPAddress: RequestBucket] = [:]
    private var older: [IPAddress: RequestBucket] = [:]
    /// Of all strangers together: whoever makes up addresses is as many sources as he likes.
    private var strangers: RequestBucket?

    private static let measures = 3
    private static let shortest: Milliseconds = 2_000
    /// Sources in one of the two tables.
    private static let sources = 4_096
    /// Buckets hold what comes into them in a second.
    private static let refill: Milliseconds = 1_000

    package init() {}

    /// The loop was so late to what was due.
    package mutating func measured(loopDelay: Milliseconds) {
        if delays.count == Self.measures { delays.removeFirst() }
        delays.append(loopDelay)
    }

    /// Looks at the measures. True if overload has begun or ended.
    package mutating func observe(transactions: Int, limits: Limits, now: Milliseconds) -> Bool {
        let delay = delays.count == Self.measures ? delays.min() ?? 0 : 0
        let watchesDelay = limits.loopDelay > 0
        if reason == nil {
            if transactions >= limits.transactions {
                reason = .transactions
            } else if watchesDelay, delay >= limits.loopDelay {
                reason = .loopDelay
            } else {
                return false
            }
            since = now
            return true
        }
        let isOver = transactions < limits.transactions / 4 * 3 && (!watchesDelay || delay < limits.loopDelay / 2)
        guard isOver, now - since >= Self.shortest else { return false }
        reason = nil
        return true
    }

    /// Whether a source may send one more new request, or one more datagram that is none.
    package mutating func admits(_ source: IPAddress, isTrusted: Bool, limits: Limits, now: Milliseconds) -> Bool {
        guard limits.requestsPerSource > 0 else { return true }
        let rate = isTrusted ? limits.requestsPerSource : max(1, limits.requestsPerSource / 50)
        let name = isTrusted ? source : source.network
        let known = recent[name] ?? older[name]
        var bucket = known ?? RequestBucket(most: rate, now: now)
        let isWithinItsRate = bucket.take(rate: rate, most: rate, now: now)
        guard isTrusted || !isWithinItsRate else {
            let together = limits.requestsPerSource
            var all = strangers ?? RequestBucket(most: together, now: now)
            let isHeard = all.take(rate: together, most: together, now: now)
            strangers = all
            // Who is not heard leaves nothing behind.
            if isHeard || known != nil { remember(bucket, of: name) }
            return isHeard
        }
        remember(bucket, of: name)
        return isWithinItsRate
    }

    private mutating func remember(_ bucket: RequestBucket, of source: IPAddress) {
        if recent.count >= Self.sources, recent[source] == nil {
            older = recent
            recent = [:]
        }
        recent[source] = bucket
    }

    /// Forgets sources that have been silent for so long that they may send as much as if nothing were known of them.
    package mutating func giveBackMemory(now: Milliseconds) {
        recent = recent.filter { now - $0.value.lastAsked < Self.refill }
        older = older.filter { now - $0.value.lastAsked < Self.refill }
    }

    /// Sources that something is known of.
    package var sourcesKnown: Int { recent.count + older.count }
}
