import SIP

extension Field {
    /// `10.0.0.0/8`, or a single address.
    func network() -> IPNetwork? {
        guard let text = scalar, let network = IPNetwork(text) else {
            return complain(not: "an address block", expected: "CIDR such as 10.0.0.0/8")
        }
        return network
    }

    /// An address that others can send to.
    func address() -> IPAddress? {
        guard let text = scalar, let address = IPAddress(text), !address.isUnspecified else {
            return complain(not: "an address", expected: "an IP address such as 192.0.2.10")
        }
        return address
    }

    /// `127.0.0.1:9506` or `[::1]:9506`.
    func webEndpoint() -> Endpoint? {
        guard let text = scalar, let (address, port) = Self.socket(text) else {
            return complain(not: "an address and port", expected: "ADDRESS:PORT such as 127.0.0.1:9506")
        }
        return Endpoint(address: address, port: port, transport: .tcp)
    }

    /// `udp:192.0.2.1:5060`.
    func listener() -> Endpoint? {
        let text = scalar ?? ""
        let transport: TransportProtocol? =
            switch text.prefix(4) {
            case "udp:": .udp
            case "tcp:": .tcp
            case "tls:": .tls
            default: nil
            }
        guard let transport, let (address, port) = Self.socket(text.dropFirst(4)) else {
            return complain(
                not: "a listening address",
                expected: "TRANSPORT:ADDRESS:PORT such as udp:192.0.2.1:5060 or tls:192.0.2.1:5061"
            )
        }
        return Endpoint(address: address, port: port, transport: transport)
    }

    /// `192.0.2.53` or `192.0.2.53:5353`.
    func nameserver() -> Endpoint? {
        guard let text = scalar else { return complain(not: "a name server", expected: "ADDRESS or ADDRESS:PORT") }
        if let address = IPAddress(text), !address.isUnspecified { return Endpoint(address: address, port: 53) }
        guard let (address, port) = Self.socket(text) else {
            return complain(not: "a name server", expected: "ADDRESS or ADDRESS:PORT")
        }
        return Endpoint(address: address, port: port)
    }

    /// The URI of a proxy, which is a loose router whether it says so or not (RFC 3261 section 16.12).
    func proxy() -> URI? {
        let expected = "a SIP URI such as sip:proxy.example.com;lr"
        guard let text = scalar, let uri = URI(text), uri.scheme == .sip || uri.scheme == .sips, uri.user == nil,
            uri.endpoint != nil || uri.hop != nil
        else { return complain(not: "a proxy", expected: expected) }
        return uri.isLooseRouter ? uri : URI(text + ";lr")
    }

    /// The sockets to listen on: at least one, no two alike.
    func listeners() -> [Endpoint]? {
        let most = 16
        guard let list = list(of: "TRANSPORT:ADDRESS:PORT", { $0.listener() }) else { return nil }
        guard (1...most).contains(list.count) else {
            return complain("has \(list.count) addresses; expected 1 to \(most)")
        }
        let twin = list.indices.first { list[..<$0].contains(list[$0]) }
        if let twin { return complain("\(list[twin]) is there more than once; expected each address once") }
        return list
    }

    static func socket(_ text: some StringProtocol) -> (IPAddress, UInt16)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        // An IPv6 address without brackets would take its last group for the port.
        guard host.hasPrefix("[") || !host.contains(":"), let address = IPAddress(String(host)) else { return nil }
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(digits), port > 0 else {
            return nil
        }
        return (address, port)
    }
}
