package import NIOCore
package import SIP

/// Finds out where names lead (RFC 3263), with answers kept as long as they hold. On the call loop only; it never waits: what
/// is not known is asked by a resolver on another thread.
///
///     if let targets = locator.known(hop) { … } else { locator.search(hop) { targets in … } }
package final class Locator {
    private struct Entry {
        let records: [DNSRecord]
        let expires: Milliseconds
    }

    /// Somebody who waits for targets.
    private final class Search {
        var machine: TargetSearch
        let done: ([Endpoint]) -> Void

        init(_ machine: TargetSearch, done: @escaping ([Endpoint]) -> Void) {
            self.machine = machine
            self.done = done
        }
    }

    private let eventLoop: any EventLoop
    private let resolver: NameResolver
    private let transports: [TransportProtocol]
    private let domains: DomainNames
    private var random: SeededGenerator
    private var cache: [DNSQuestion: Entry] = [:]
    /// Who waits for the answer to a question that has been asked.
    private var waiting: [DNSQuestion: [Search]] = [:]

    /// Answers kept at a time; when there are more, those that have expired go, then all.
    private static let capacity = 8_192
    /// Questions without an answer at a time: far more than there are names in any provisioning. Whoever comes beyond that finds
    /// nothing, as if there were no name server; the call that it was for is told so.
    private static let mostOpen = 4_096
    /// How long what does not exist is not asked for again, in milliseconds.
    private static let negativeLifetime: Milliseconds = 10_000
    /// The same where nobody has answered.
    private static let failureLifetime: Milliseconds = 2_000
    /// Bounds of what a zone may say of its own answers.
    private static let lifetime: ClosedRange<Milliseconds> = 1_000...86_400_000

    /// - Parameters:
    ///   - transports: those that we have, in our order of preference.
    ///   - servers: name servers; empty: those of /etc/resolv.conf.
    ///   - domains: where names of TLS peers are numbered.
    package init(
        eventLoop: any EventLoop,
        transports: [TransportProtocol],
        servers: [Endpoint],
        domains: DomainNames,
        random: SeededGenerator
    ) throws {
        self.eventLoop = eventLoop
        self.transports = transports
        self.domains = domains
        self.random = random
        resolver = try NameResolver(servers: servers)
    }

    package func stop() { resolver.stop() }

    /// The targets of a hop, if everything that leads to them is known.
    package func known(_ hop: Hop) -> [Endpoint]? {
        var machine = TargetSearch(hop, transports: transports, random: SeededGenerator(from: &random))
        return advance(&machine) ? named(machine.targets, hop) : nil
    }

    /// Finds the targets of a hop, which are told on the call loop: none if there are none.
    package func search(_ hop: Hop, done: @escaping ([Endpoint]) -> Void) {
        let machine = TargetSearch(hop, transports: transports, random: SeededGenerator(from: &random))
        proceed(Search(machine) { targets in done(self.named(targets, hop)) })
    }

    /// A TLS peer must show a certificate for the name that was asked for, not for those that records have led to (RFC 5922
    /// section 7.1).
    private func named(_ targets: [Endpoint], _ hop: Hop) -> [Endpoint] {
        targets.compactMap { target in
            guard target.transport == .tls else { return target }
            var target = target
            guard let number = domains.number(of: hop.host) else { return nil }
            target.domain = number
            return target
        }
    }

    private func proceed(_ search: Search) {
        guard !advance(&search.machine) else { return search.done(search.machine.targets) }
        let new = search.machine.questions.count { waiting[$0] == nil }
        guard waiting.count + new <= Self.mostOpen else { return search.done([]) }
        for question in search.machine.questions {
            if waiting[question] == nil { ask(question) }
            if waiting[question]?.contains(where: { $0 === search }) == false { waiting[question]?.append(search) }
        }
    }

    /// Answers what can be answered from memory. True if the search is over.
    private func advance(_ machine: inout TargetSearch) -> Bool {
        let now = now
        while let question = machine.questions.first(where: { cache[$0].map { $0.expires > now } ?? false }),
            let entry = cache[question]
        {
            machine.receive(entry.records, to: question)
        }
        return machine.questions.isEmpty
    }

    private var now: Milliseconds { Milliseconds(NIODeadline.now().uptimeNanoseconds / 1_000_000) }

    private func ask(_ question: DNSQuestion) {
        waiting[question] = []
        let own = NIOLoopBound(self, eventLoop: eventLoop)
        resolver.ask(question) { [eventLoop] answers in
            eventLoop.execute { own.value.receive(answers, to: question) }
        }
    }

    private func receive(_ answers: [DNSMessage.Answer]?, to question: DNSQuestion) {
        let now = now
        if cache.count >= Self.capacity {
            cache = cache.filter { $0.value.expires > now }
            if cache.count >= Self.capacity { cache.removeAll(keepingCapacity: true) }
        }
        let lifetime: Milliseconds
        if let answers {
            let shortest = answers.map(\.timeToLive).min().map { Milliseconds($0) * 1_000 }
            lifetime =
                shortest.map { min(max($0, Self.lifetime.lowerBound), Self.lifetime.upperBound) }
                ?? Self.negativeLifetime
        } else {
            lifetime = Self.failureLifetime
        }
        cache[question] = Entry(records: answers?.map(\.record) ?? [], expires: now + lifetime)
        for search in waiting.removeValue(forKey: question) ?? [] { proceed(search) }
    }
}
