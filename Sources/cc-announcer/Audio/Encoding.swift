/// How sound travels in RTP. All three take 64 kbit/s, 160 bytes every 20 ms, and a timestamp of 8,000 a second: that of
/// G.722 too, although it has 16,000 samples (RFC 3551 section 4.5.2).
enum Encoding: CaseIterable, Sendable {
    /// G.711, mu-law.
    case pcmu
    /// G.711, A-law.
    case pcma
    /// Wideband: twice the band of a telephone.
    case g722

    /// In a=rtpmap.
    var name: StaticString {
        switch self {
        case .pcmu: "PCMU"
        case .pcma: "PCMA"
        case .g722: "G722"
        }
    }

    /// The number that needs no a=rtpmap (RFC 3551 section 6).
    var staticPayloadType: UInt8 {
        switch self {
        case .pcmu: 0
        case .pcma: 8
        case .g722: 9
        }
    }
}
