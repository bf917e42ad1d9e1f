/// Numbers of names hold as long as a process: what is kept has the names themselves.
extension KeptLeg {
    /// Whether a peer must show a name.
    var hasNames: Bool {
        source.domain != 0 || (heardFrom?.domain ?? 0) != 0 || (outgoing?.invite.destination.domain ?? 0) != 0
            || (freshACK?.destination.domain ?? 0) != 0
    }

    /// The same with the names themselves.
    ///
    /// - Parameter name: of a number of this process; nil if it is no name's, as that of a peer who came to us by himself: his
    ///   connection ends with the process, and he is reached by his address then.
    func spellingNames(_ name: (UInt32) -> String?) -> KeptLeg {
        var leg = self
        var names: [String] = []
        leg.renumber { number in
            guard let name = name(number) else { return 0 }
            if !names.contains(name) { names.append(name) }
            return UInt32(clamping: (names.firstIndex(of: name) ?? -1) + 1)
        }
        leg.names = names
        return leg
    }

    /// - Parameter number: of a name in this process. Without one the peer must show his address, which fails rather than
    ///   taking somebody else for him.
    mutating func numberNames(_ number: (String) -> UInt32?) {
        let names = names
        renumber { place in
            let index = Int(place) - 1
            return names.indices.contains(index) ? number(names[index]) ?? 0 : 0
        }
    }

    private mutating func renumber(_ body: (UInt32) -> UInt32) {
        if let domain = heardFrom?.domain, domain != 0 { heardFrom?.domain = body(domain) }
        if source.domain != 0 { source.domain = body(source.domain) }
        if let domain = outgoing?.invite.destination.domain, domain != 0 {
            outgoing?.invite.destination.domain = body(domain)
        }
        if let domain = freshACK?.destination.domain, domain != 0 { freshACK?.destination.domain = body(domain) }
    }
}
