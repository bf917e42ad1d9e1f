/// Results that are not lists, as `key: value` lines.
enum Report {
    /// One line a member.
    static func lines(of object: RawJSON) -> String {
        let members = object.members ?? []
        return lines(members.map { ($0.name, $0.value.text) })
    }

    /// What a reload did, and every row that could not be used with the reason.
    static func reload(_ result: RawJSON) -> String {
        var entries: [(String, String)] = []
        for kind in ["Flows", "Agents"] {
            for (change, ids) in result[kind]?.members ?? [] {
                let names = (ids.elements ?? []).map(\.text)
                let list = names.isEmpty ? "" : " (\(names.joined(separator: ", ")))"
                entries.append(("\(kind) \(change)", "\(names.count)\(list)"))
            }
        }
        let (refused, doubtful) = (result["Refused"]?.elements ?? [], result["Warnings"]?.elements ?? [])
        entries.append(("Rows refused", String(refused.count)))
        return lines(entries) + refused.map { row("  ", $0) }.joined() + doubtful.map { row("! ", $0) }.joined()
    }

    private static func row(_ mark: String, _ row: RawJSON) -> String {
        let place = "\(row["table"]?.text ?? "") \(row["id"]?.text ?? "")"
        return Terminal.line("\(mark)\(place): \(row["reason"]?.text ?? "")") + "\n"
    }

    /// One line an entry, values aligned.
    static func lines(_ entries: [(key: String, value: String)]) -> String {
        let width = entries.map { Terminal.width(of: $0.key) }.max() ?? 0
        return entries.map { key, value in
            let padding = String(repeating: " ", count: width - Terminal.width(of: key))
            return Terminal.line("\(key):\(padding) \(value)") + "\n"
        }.joined()
    }
}
