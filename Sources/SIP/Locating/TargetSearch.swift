/// Finds the addresses of a name, best first (RFC 3263 section 4, with RFC 2782):
///
///     transport and port open ── NAPTR ──► services ──┐
///     transport named, port open ─────────────────────┴─ SRV ──► hosts ──┐
///     port named, or no SRV record ──────────────────────────────────────┴─ A, AAAA ──► targets
///
/// Questions come out in `questions`, answers go into `receive`; when nothing is left to be asked, `targets` says what was found.
/// An answer without records counts as none, whatever the reason.
package struct TargetSearch: Sendable {
    /// Bounds of what a zone can make us ask and keep.
    private static let most = (services: 8, hosts: 32, targets: 64)

    private struct Service {
        let name: String
        let transport: TransportProtocol
    }

    private struct Host {
        let name: String
        let port: UInt16
        let transport: TransportProtocol
    }

    private enum Stage {
        case naptr
        /// In order of preference; `isLastResort`: no NAPTR has named them.
        case srv([Service])
        case addresses([Host])
        case done
    }

    private let hop: Hop
    /// What we have sockets for, in our order of preference.
    private let transports: [TransportProtocol]
    private var random: SeededGenerator
    private var stage: Stage
    private var answers: [DNSQuestion: [DNSRecord]] = [:]
    private var open: [DNSQuestion] = []

    /// - Parameters:
    ///   - transports: those that we have.
    ///   - random: for the weights of SRV records.
    package init(_ hop: Hop, transports: [TransportProtocol], random: SeededGenerator) {
        self.hop = hop
        self.transports = hop.isSecure ? transports.filter { $0 == .tls } : transports
        self.random = random
        stage = .done
        if let port = hop.port {
            ask(hosts: [Host(name: hop.host, port: port, transport: hop.transport ?? defaultTransport)])
        } else if let transport = hop.transport {
            ask(services: [Service(name: Self.service(transport, of: hop.host), transport: transport)])
        } else {
            stage = .naptr
            open = [DNSQuestion(hop.host, .naptr)]
        }
    }

    private var defaultTransport: TransportProtocol { hop.isSecure ? .tls : .udp }

    private static func service(_ transport: TransportProtocol, of host: String) -> String {
        switch transport {
        case .udp: "_sip._udp.\(host)"
        case .tcp: "_sip._tcp.\(host)"
        case .tls: "_sips._tcp.\(host)"
        }
    }

    /// What is to be asked now; empty when `targets` is complete.
    package var questions: [DNSQuestion] { open }

    /// Best first; empty if there is none. Of one host, IPv6 comes before IPv4.
    package private(set) var targets: [Endpoint] = []

    /// Takes the answer to a question, without records if there was none.
    package mutating func receive(_ records: [DNSRecord], to question: DNSQuestion) {
        guard let index = open.firstIndex(of: question) else { return }
        open.remove(at: index)
        answers[question] = records
        // A stage can be over without any question for the next one.
        while open.isEmpty {
            switch stage {
            case .naptr: takeServices()
            case .srv(let services): takeHosts(services)
            case .addresses(let hosts): takeTargets(hosts)
            case .done: return
            }
        }
    }

    // MARK: Stages

    private mutating func takeServices() {
        let records = answers[DNSQuestion(hop.host, .naptr)] ?? []
        var found: [(order: UInt16, preference: UInt16, service: Service)] = []
        for case .naptr(let order, let preference, let flags, let service, let replacement) in records {
            guard flags.lowercased() == "s", let transport = Self.transport(ofService: service),
                transports.contains(transport), !replacement.isEmpty
            else { continue }
            found.append((order, preference, Service(name: replacement, transport: transport)))
        }
        found.sort { ($0.order, $0.preference) < ($1.order, $1.preference) }
        let services =
            found.isEmpty
            ? transports.map { Service(name: Self.service($0, of: hop.host), transport: $0) } : found.map(\.service)
        ask(services: Array(services.prefix(Self.most.services)))
    }

    private static func transport(ofService service: String) -> TransportProtocol? {
        switch service.uppercased() {
        case "SIP+D2U": .udp
        case "SIP+D2T": .tcp
        case "SIPS+D2T": .tls
        default: nil
        }
    }

    private mutating func ask(services: [Service]) {
        stage = .srv(services)
        for service in services { ask(DNSQuestion(service.name, .srv)) }
        // Without a transport there is nothing to be asked, and nothing to be found.
        if services.isEmpty { stage = .done }
    }

    private mutating func takeHosts(_ services: [Service]) {
        var hosts: [Host] = []
        var isRefused = false
        for service in services {
            let records = answers[DNSQuestion(service.name, .srv)] ?? []
            for (port, target) in order(records) {
                // A single dot: the service is decidedly not available (RFC 2782).
                if target.isEmpty {
                    isRefused = true
                } else {
                    hosts.append(Host(name: target, port: port, transport: service.transport))
                }
            }
        }
        if hosts.isEmpty, !isRefused {
            let transport = hop.transport ?? defaultTransport
            hosts = [Host(name: hop.host, port: transport.defaultPort, transport: transport)]
        }
        ask(hosts: Array(hosts.prefix(Self.most.hosts)))
    }

    /// By priority, and within one priority by chance, weighted (RFC 2782).
    private mutating func order(_ records: [DNSRecord]) -> [(port: UInt16, target: String)] {
        var rest: [(priority: UInt16, weight: UInt64, port: UInt16, target: String)] = []
        for case .srv(let priority, let weight, let port, let target) in records {
            rest.append((priority, UInt64(weight), port, target))
        }
        var ordered: [(port: UInt16, target: String)] = []
        while let priority = rest.map(\.priority).min() {
            // Those without weight first, so that they have a small chance.
            let candidates = rest.indices.filter { rest[$0].priority == priority }
                .sorted { (rest[$0].weight, $0) < (rest[$1].weight, $1) }
            let total = candidates.reduce(0) { $0 + rest[$1].weight }
            var ticket = random.next() % (total + 1)
            var chosen = candidates[0]
            for candidate in candidates {
                chosen = candidate
                if ticket <= rest[candidate].weight { break }
                ticket -= rest[candidate].weight
            }
            ordered.append((rest[chosen].port, rest[chosen].target))
            rest.remove(at: chosen)
        }
        return ordered
    }

    private mutating func ask(hosts: [Host]) {
        let usable = hosts.filter { transports.contains($0.transport) }
        stage = usable.isEmpty ? .done : .addresses(usable)
        for host in usable { ask(DNSQuestion(host.name, .address)) }
    }

    private mutating func ask(_ question: DNSQuestion) {
        if !open.contains(question), answers[question] == nil { open.append(question) }
    }

    private mutating func takeTargets(_ hosts: [Host]) {
        stage = .done
        for host in hosts {
            let records = answers[DNSQuestion(host.name, .address)] ?? []
            let addresses = records.compactMap { record in
                if case .address(let address) = record { address } else { nil }
            }
            for address in addresses.filter({ !$0.isIPv4 }) + addresses.filter(\.isIPv4) {
                let target = Endpoint(address: address, port: host.port, transport: host.transport)
                guard targets.count < Self.most.targets, !targets.contains(target) else { continue }
                targets.append(target)
            }
        }
    }
}
