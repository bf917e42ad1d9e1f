/// `caller_mask`: how many digits of a caller are hidden in logs, events, lists and pages. Records and what agents see on their
/// phones keep all of them.
package struct CallerMask: Sendable, Equatable {
    /// Digits at the end of a number or name that are shown as `*`; 0: none are hidden.
    package var digits = 0

    package init(digits: Int = 0) { self.digits = digits }

    /// `+4930123456` with four digits hidden is `+493012****`. Letters stay: they name a phone, not a person's number.
    func hide(_ text: String) -> String {
        guard digits > 0 else { return text }
        var bytes = Array(text.utf8)
        var left = digits
        for index in bytes.indices.reversed() where left > 0 {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[index] else { continue }
            bytes[index] = UInt8(ascii: "*")
            left -= 1
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
