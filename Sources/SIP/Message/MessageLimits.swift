/// What a message may have at most: a stranger decides what it has.
package struct MessageLimits: Hashable, Sendable {
    /// Bytes of the whole message; the largest UDP payload.
    package var bytes = 65_535
    /// Header fields, each line counted once.
    package var fields = 128
    /// Bytes of the Request-URI.
    package var requestURI = 1_024
    /// How deep bodies of multipart may be nested in one another.
    package var multipartDepth = 3

    package static let standard = MessageLimits()

    package init() {}
}
