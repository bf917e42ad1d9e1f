import Glibc

/// Why a way in could not be opened. The message is one line: what, where, why, and what to do.
package struct ManagementError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Trouble: Sendable {
        /// A socket or FIFO cannot be had.
        case listening
        /// A file that the configuration names cannot be used.
        case unusable
    }

    /// The configuration key that names the place, such as `http.listen`.
    package var key: String
    /// Its value, such as `127.0.0.1:9506`.
    package var place: String
    package var reason: String
    package var trouble: Trouble
    /// The system's number for it (errno(3)).
    package var code: Int32

    package init(key: String, place: String, reason: String, trouble: Trouble = .listening, code: Int32 = EINVAL) {
        self.key = key
        self.place = place
        self.reason = reason
        self.trouble = trouble
        self.code = code
    }

    package var description: String {
        switch trouble {
        case .listening: "\(key): cannot listen on \(place): \(reason)"
        case .unusable: "\(key): \(place): \(reason)"
        }
    }
}
