package import CallCenter
import Foundation

/// A moment as the databases keep it: `YYYY-MM-DD HH:MM:SS`, UTC.
package struct CivilTime: Sendable, Equatable, CustomStringConvertible {
    /// Whole seconds since 1970.
    private let seconds: Int64

    /// Milliseconds since 1970 at this moment.
    static var now: Milliseconds { Milliseconds(Date().timeIntervalSince1970 * 1_000) }

    /// Milliseconds since 1970; the fraction of the second is cut off, also before 1970.
    package init(_ moment: Milliseconds) {
        seconds = Self.divide(moment, 1_000).quotient
    }

    package var description: String {
        let (days, second) = Self.divide(seconds, 86_400)
        let (year, month, day) = Self.date(days)
        let date = [(year, 4), (month, 2), (day, 2)].map(Self.padded).joined(separator: "-")
        let clock = [(second / 3_600, 2), (second / 60 % 60, 2), (second % 60, 2)]
        let time = clock.map(Self.padded).joined(separator: ":")
        return "\(date) \(time)"
    }

    /// The Gregorian date of a day counted from 1970-01-01. Years begin in March here, so that a leap day is their
    /// last; 146,097 days are a whole cycle of 400 years.
    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (cycle, day) = divide(days + 719_468, 146_097)
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let isNextYear = month >= 10
        return (
            year: cycle * 400 + year + (isNextYear ? 1 : 0),
            month: isNextYear ? month - 9 : month + 3,
            day: dayOfYear - (153 * month + 2) / 5 + 1
        )
    }

    /// Division that rounds down, so that the remainder is never negative.
    private static func divide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
