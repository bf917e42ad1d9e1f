package import CallCenter

/// The value of an object instance in the types of SMIv2 (RFC 2578 section 7.1).
package enum ManagedValue: Sendable, Equatable {
    /// INTEGER and Integer32.
    case integer(Int32)
    /// Gauge32: what does not fit is shown as the greatest value.
    case gauge(UInt32)
    case counter64(UInt64)
    /// TimeTicks: hundredths of a second that something has lasted.
    case ticks(UInt32)
    /// TimeStamp (RFC 2579): the moment of an event on the core's clock, which the agent turns into the value that
    /// sysUpTime had then.
    case timeStamp(Milliseconds)
    /// OCTET STRING.
    case octets([UInt8])
}

extension ManagedValue {
    static func gauge(clamping value: some BinaryInteger) -> ManagedValue { .gauge(UInt32(clamping: value)) }

    /// SnmpAdminString: at most 255 octets (RFC 3411), cut between characters.
    static func text(_ text: String) -> ManagedValue {
        if text.utf8.count <= 255 { return .octets(Array(text.utf8)) }
        var octets: [UInt8] = []
        for character in text.unicodeScalars {
            let next = Array(String(character).utf8)
            guard octets.count + next.count <= 255 else { break }
            octets += next
        }
        return .octets(octets)
    }

    static func ticks(lasting time: Milliseconds) -> ManagedValue { .ticks(UInt32(clamping: time / 10)) }

    /// TruthValue (RFC 2579).
    static func truth(_ value: Bool) -> ManagedValue { .integer(value ? 1 : 2) }

    /// DateAndTime (RFC 2579), UTC.
    static func date(_ time: Milliseconds) -> ManagedValue {
        let moment = CivilMoment(millisecondsSince1970: max(0, time))
        return .octets([
            UInt8(clamping: moment.year >> 8), UInt8(truncatingIfNeeded: moment.year), UInt8(clamping: moment.month),
            UInt8(clamping: moment.day), UInt8(clamping: moment.hour), UInt8(clamping: moment.minute),
            UInt8(clamping: moment.second), UInt8(clamping: moment.tenth), UInt8(ascii: "+"), 0, 0,
        ])
    }
}

/// A moment by the calendar, UTC.
private struct CivilMoment {
    var year: Int
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int
    var tenth: Int

    init(millisecondsSince1970 time: Milliseconds) {
        let seconds = Int(time / 1_000)
        let clock = seconds % 86_400
        tenth = Int(time % 1_000) / 100
        (hour, minute, second) = (clock / 3_600, clock / 60 % 60, clock % 60)
        // Days from the first of March of the year 0, in eras of 400 years: leap days come last.
        let days = seconds / 86_400 + 719_468
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = days / 146_097 * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }
}
