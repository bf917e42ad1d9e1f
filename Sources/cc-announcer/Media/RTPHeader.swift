/// The fixed header of an RTP packet (RFC 3550 section 5.1): version 2, no padding, extension or contributing sources.
struct RTPHeader: Equatable {
    static let length = 12

    /// The first packet after silence.
    var isMarked: Bool
    /// 0 to 127; 0 is PCMU, 8 is PCMA (RFC 3551).
    var payloadType: UInt8
    var sequence: UInt16
    /// In samples.
    var timestamp: UInt32
    /// Who sends: the synchronization source.
    var source: UInt32

    func append(to packet: inout [UInt8]) {
        packet.append(0x80)
        packet.append(payloadType & 0x7F | (isMarked ? 0x80 : 0))
        Self.append(sequence, to: &packet)
        Self.append(timestamp, to: &packet)
        Self.append(source, to: &packet)
    }

    private static func append<Integer: FixedWidthInteger>(_ value: Integer, to packet: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { packet.append(contentsOf: $0) }
    }
}
