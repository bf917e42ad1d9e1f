/// Why a way in could not be opened. The message is one line: what, where, why, and what to do.
package struct ManagementError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The configuration key that names the place, such as `http.listen`.
    package var key: String
    /// Its value, such as `127.0.0.1:9506`.
    package var place: String
    package var reason: String

    package init(key: String, place: String, reason: String) {
        self.key = key
        self.place = place
        self.reason = reason
    }

    package var description: String { "\(key): cannot listen on \(place): \(reason)" }
}
