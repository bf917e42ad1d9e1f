import ArgumentParser
import SIP

/// The address of `--listen`.
struct ListenAddress: ExpressibleByArgument, Equatable {
    let endpoint: Endpoint

    /// Reads `udp:127.0.0.1:5090` or `udp:[::1]:5090`.
    init?(argument: String) {
        guard argument.hasPrefix("udp:"), let colon = argument.lastIndex(of: ":"),
            colon > argument.index(argument.startIndex, offsetBy: 4),
            let port = UInt16(argument[argument.index(after: colon)...]),
            let address = IPAddress(String(argument[..<colon].dropFirst(4)))
        else { return nil }
        endpoint = Endpoint(address: address, port: port)
    }
}

/// The address of `--media-address`.
struct MediaAddress: ExpressibleByArgument, Equatable {
    let address: IPAddress

    init?(argument: String) {
        guard let address = IPAddress(argument), !address.isUnspecified else { return nil }
        self.address = address
    }
}

extension PortRange: ExpressibleByArgument {
    static let standard = PortRange(lower: 20_000, upper: 29_999)

    init?(argument: String) { self.init(argument) }

    var defaultValueDescription: String { "\(lower)-\(upper)" }
}

/// What the command line says.
struct Options: ParsableArguments {
    @Option(help: ArgumentHelp("Where to take SIP requests: udp:ADDRESS:PORT.", valueName: "address"))
    var listen: ListenAddress

    @Option(help: ArgumentHelp("The folder of the WAV files.", valueName: "folder"))
    var sounds: String

    @Option(
        help: ArgumentHelp(
            """
            The address for RTP in our SDP. By default that of --listen or, if that is loopback or a wildcard, the one from \
            which this machine reaches the listener; without an SDP in the INVITE that of the default route.
            """,
            valueName: "address"
        )
    )
    var mediaAddress: MediaAddress?

    @Option(help: ArgumentHelp("UDP ports for RTP; the first free pair is taken.", valueName: "from-to"))
    var rtpPorts = PortRange.standard

    @Option(help: ArgumentHelp("Calls at a time; more are refused with 503.", valueName: "number"))
    var maxCalls = 2_000

    @Option(help: ArgumentHelp("A call that lasts longer is ended.", valueName: "seconds"))
    var maxDuration = 14_400.0

    @Option(help: ArgumentHelp("How long the phone of sip:agent-NAME@ rings.", valueName: "seconds"))
    var agentRing = 1.5

    @Option(help: ArgumentHelp("How long sip:agent-NAME@ talks.", valueName: "seconds"))
    var agentTalk = 6.0

    @Flag(name: .shortAndLong, help: "Report every call.")
    var verbose = false

    func validate() throws {
        guard 1...30_000 ~= maxCalls else { throw ValidationError("--max-calls is \(maxCalls); 1 to 30000 expected") }
        for (name, value) in [
            ("max-duration", maxDuration), ("agent-ring", agentRing), ("agent-talk", agentTalk),
        ] {
            guard 0...604_800 ~= value else {
                throw ValidationError("--\(name) is \(value); 0 to 604800 seconds (a week) expected")
            }
        }
        if let media = mediaAddress?.address, media.isIPv4 != listen.endpoint.address.isIPv4 {
            throw ValidationError("--media-address and --listen must both be IPv4 or both be IPv6")
        }
    }

    var limits: AnnouncementServer.Limits {
        func milliseconds(_ seconds: Double) -> Milliseconds { Milliseconds(seconds * 1_000) }
        return AnnouncementServer.Limits(
            calls: maxCalls,
            agentRing: milliseconds(agentRing),
            agentTalk: milliseconds(agentTalk),
            longest: milliseconds(maxDuration)
        )
    }
}
