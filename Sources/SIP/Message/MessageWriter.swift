/// Writes a message from front to back into one buffer: start line, header fields, then `finish`, which adds
/// Content-Length and the body. The caller sees to it that values are free of line ends: those taken from parsed
/// messages are.
package struct MessageWriter: ~Copyable {
    private var buffer: ByteBuffer

    package init(capacity: Int = 1_024) { buffer = ByteBuffer(capacity: capacity) }

    /// What is written so far.
    package var bytes: [UInt8] { buffer.bytes }

    // MARK: Start lines

    /// A request line; `method` must be a known one, see `requestLine(named:_:)` for others.
    package mutating func requestLine<Bytes: Collection>(_ method: Method, _ uri: Bytes) where Bytes.Element == UInt8 {
        buffer.append(method.token)
        endRequestLine(uri)
    }

    package mutating func requestLine<Name: Collection, Bytes: Collection>(named method: Name, _ uri: Bytes)
    where Name.Element == UInt8, Bytes.Element == UInt8 {
        buffer.append(contentsOf: method)
        endRequestLine(uri)
    }

    private mutating func endRequestLine<Bytes: Collection>(_ uri: Bytes) where Bytes.Element == UInt8 {
        buffer.append(UInt8(ascii: " "))
        buffer.append(contentsOf: uri)
        buffer.append(" SIP/2.0\r\n")
    }

    /// A status line; without a reason, the phrase of the RFCs.
    package mutating func statusLine(_ status: UInt16, reason: StaticString? = nil) {
        buffer.append("SIP/2.0 ")
        buffer.append(decimal: UInt64(status))
        buffer.append(UInt8(ascii: " "))
        buffer.append(reason ?? reasonPhrase(status))
        buffer.append("\r\n")
    }

    // MARK: Header fields

    package mutating func field(_ name: HeaderName, _ value: StaticString) {
        begin(name)
        buffer.append(value)
        end()
    }

    package mutating func field(_ name: HeaderName, _ value: [UInt8]) {
        begin(name)
        buffer.append(value)
        end()
    }

    package mutating func field(_ name: HeaderName, _ value: ArraySlice<UInt8>) {
        begin(name)
        buffer.append(value)
        end()
    }

    package mutating func field(_ name: HeaderName, number: UInt64) {
        begin(name)
        buffer.append(decimal: number)
        end()
    }

    /// A header field whose name we have no case for.
    package mutating func field(named name: [UInt8], _ value: [UInt8]) {
        buffer.append(contentsOf: name)
        buffer.append(": ")
        buffer.append(contentsOf: value)
        end()
    }

    package mutating func field(_ name: HeaderName, of message: Message, _ value: ByteRange) {
        field(name, message.bytes[value])
    }

    /// All header fields of that name, line by line, as another message has them.
    package mutating func copyFields(_ name: HeaderName, from message: Message) {
        guard message.has(name) else { return }
        copyFields(name, message.fields, message.bytes)
    }

    mutating func copyFields(_ name: HeaderName, _ fields: [HeaderField], _ source: [UInt8]) {
        for entry in fields where entry.name == name { field(name, source[entry.value]) }
    }

    package mutating func cseq(_ number: UInt32, _ method: Method) {
        begin(.cseq)
        buffer.append(decimal: UInt64(number))
        buffer.append(UInt8(ascii: " "))
        buffer.append(method.token)
        end()
    }

    /// A Via of ours that asks for `rport` (RFC 3581); `branch` is the whole parameter, its cookie `z9hG4bK` included.
    package mutating func via(_ local: Endpoint, branch: some Collection<UInt8>) {
        beginVia(local)
        buffer.append(";rport;branch=")
        buffer.append(contentsOf: branch)
        end()
    }

    /// The same with the branch of a transaction of ours.
    package mutating func via(_ local: Endpoint, branch: Token) {
        beginVia(local)
        buffer.append(";rport;branch=")
        buffer.append(TransactionKey.cookie)
        buffer.append(branch)
        end()
    }

    /// A Via up to sent-by.
    mutating func beginVia(_ local: Endpoint) {
        begin(.via)
        switch local.transport {
        case .udp: buffer.append("SIP/2.0/UDP ")
        case .tcp: buffer.append("SIP/2.0/TCP ")
        case .tls: buffer.append("SIP/2.0/TLS ")
        }
        buffer.append(host: local.address)
        buffer.append(UInt8(ascii: ":"))
        buffer.append(decimal: UInt64(local.port))
    }

    // MARK: Values in pieces

    /// Begins a header field whose value follows in pieces; `end` closes it.
    package mutating func begin(_ name: HeaderName) {
        buffer.append(name.spelling)
        buffer.append(": ")
    }

    package mutating func append(_ text: StaticString) { buffer.append(text) }

    package mutating func append(_ piece: [UInt8]) { buffer.append(piece) }

    package mutating func append(_ piece: ArraySlice<UInt8>) { buffer.append(piece) }

    package mutating func append(decimal number: UInt64) { buffer.append(decimal: number) }

    /// An address as the value of a parameter: IPv6 without brackets.
    package mutating func append(address: IPAddress) { buffer.append(address) }

    /// An address as a host: IPv6 in brackets.
    package mutating func append(host address: IPAddress) { buffer.append(host: address) }

    package mutating func append(_ token: Token) { buffer.append(token) }

    /// A display name in quotes and a blank behind it, with the escapes that it needs; control characters are left out.
    package mutating func append(displayName text: [UInt8]) {
        buffer.append(UInt8(ascii: "\""))
        for byte in text where byte >= 0x20 && byte != 0x7F {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { buffer.append(UInt8(ascii: "\\")) }
            buffer.append(byte)
        }
        buffer.append("\" ")
    }

    package mutating func end() { buffer.append("\r\n") }

    // MARK: The end

    /// Ends the message without a body.
    package consuming func finish() -> [UInt8] {
        buffer.append("Content-Length: 0\r\n\r\n")
        return buffer.bytes
    }

    /// Ends the message with a body, if there is one.
    package consuming func finish(_ body: MessageBody?) -> [UInt8] {
        guard let body else { return finish() }
        field(.contentType, body.contentType)
        field(.contentLength, number: UInt64(body.bytes.count))
        end()
        buffer.append(body.bytes)
        return buffer.bytes
    }
}
