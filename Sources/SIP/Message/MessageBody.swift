/// The body of a message that we write.
package struct MessageBody: Hashable, Sendable {
    /// The value of Content-Type.
    package var contentType: [UInt8]
    package var bytes: [UInt8]

    package init(contentType: [UInt8], bytes: [UInt8]) {
        self.contentType = contentType
        self.bytes = bytes
    }

    /// A session description (RFC 3261 section 13.2.1).
    package static func sdp(_ bytes: [UInt8]) -> MessageBody { MessageBody(contentType: sdpType, bytes: bytes) }

    private static let sdpType = [UInt8]("application/sdp")
}
