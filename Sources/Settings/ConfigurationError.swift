/// Everything that is wrong with a configuration file, in the order of its lines. Never holds a password.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    package var problems: [Problem]

    /// One line a problem.
    package var description: String { problems.map(\.description).joined(separator: "\n") }

    /// One thing that is wrong: where, what, and what was expected.
    package struct Problem: Sendable, Equatable, CustomStringConvertible {
        package var file: String
        /// From 1; 0 if the problem is the file itself.
        package var line: Int
        /// From 1; 0 if the problem is the file itself.
        package var column: Int
        /// The path of the key, such as `sip.trusted[1]`; empty if it concerns none.
        package var key: String
        package var text: String

        /// `file:line: key: text`.
        package var description: String {
            let place = line > 0 ? "\(file):\(line)" : file
            return key.isEmpty ? "\(place): \(text)" : "\(place): \(key): \(text)"
        }
    }
}
