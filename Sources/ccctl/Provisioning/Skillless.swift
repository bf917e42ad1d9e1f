import Store

/// Agents without skills: they are no mistake, but nobody ever calls them, and whoever forgot the skills is to hear of it.
enum Skillless {
    /// Of very many the first, and how many there are.
    private static let shown = 20

    /// Those that an edit leaves without skills, as far as its rows tell.
    static func agents(of report: ProvisioningEdit.Report, rows: [ProvisioningEdit.Row]) -> [String] {
        zip(report.outcomes, rows).compactMap { outcome, row in
            let skills = row.values.first { $0.column == "skills" }
            switch outcome.result {
            case .added: return isNone(skills?.text) ? outcome.id : nil
            case .changed, .unchanged: return skills.map { isNone($0.text) } == true ? outcome.id : nil
            case .removed, .refused: return nil
            }
        }
    }

    /// Whether this text of the column names no skill.
    static func isNone(_ text: String?) -> Bool { text?.allSatisfy { $0 == "," || $0.isWhitespace } ?? true }

    /// A line that names them, or nothing.
    static func note(_ ids: [String]) -> String {
        guard !ids.isEmpty else { return "" }
        let more = ids.count > shown ? " and \(ids.count - shown) more" : ""
        let names = ids.prefix(shown).joined(separator: ", ")
        return Terminal.line("! no skills, so that no call will reach them: \(names)\(more)") + "\n"
    }
}
