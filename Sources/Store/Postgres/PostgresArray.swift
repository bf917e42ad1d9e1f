/// Arrays as PostgreSQL writes them (manual 8.15.6): `{one,"two, three",NULL}`, of several dimensions `{{1,2},{3,4}}`, and with
/// bounds that are not the usual ones `[0:1]={1,2}`.
enum PostgresArray {
    /// The elements in their order, those of inner arrays as well, without NULL; nil if it is no array.
    static func elements(of text: String) -> [String]? {
        let scalars = text.unicodeScalars
        guard let start = scalars.firstIndex(of: "{"), start == scalars.startIndex || scalars.first == "[" else {
            return nil
        }
        var elements: [String] = []
        var element = String.UnicodeScalarView()
        var (depth, isQuoted, wasQuoted, isEscaped) = (0, false, false, false)
        func end() {
            let text = String(element)
            if wasQuoted || !(text.isEmpty || text == "NULL") { elements.append(text) }
            element = String.UnicodeScalarView()
            wasQuoted = false
        }
        for scalar in scalars[start...] {
            switch scalar {
            case _ where isEscaped:
                element.append(scalar)
                isEscaped = false
            case "\\": isEscaped = true
            case "\"":
                isQuoted.toggle()
                wasQuoted = true
            case _ where isQuoted: element.append(scalar)
            case "{": depth += 1
            case ",": end()
            case "}":
                end()
                depth -= 1
            default: element.append(scalar)
            }
        }
        return depth == 0 && !isQuoted && !isEscaped ? elements : nil
    }
}
