/// What comes of it, by state and event: state of the call | records | counters | the agent | what each phone got.
///
/// A line that begins at the margin names a row, the lines below it are its outcome.
enum StateTable {
    static let rows: [String: String] = {
        var rows: [String: String] = [:]
        var name = ""
        for line in [withoutAgent, withAgent, elsewhere, handedOn].flatMap({ $0.split(separator: "\n") }) {
            if line.hasPrefix(" ") {
                let part = String(line.drop { $0 == " " })
                rows[name] = rows[name].map { "\($0) | \(part)" } ?? part
            } else {
                name = String(line)
            }
        }
        return rows
    }()
}
