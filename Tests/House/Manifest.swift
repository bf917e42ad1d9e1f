/// The targets of Package.swift and what they depend on, read from its text.
struct Manifest {
    struct Target {
        let name: String
        let isTest: Bool
        /// Targets of this package.
        var targets: [String]
        /// Products of other packages, or the constants that stand for them.
        var products: [String]
    }

    let targets: [Target]

    init(_ text: String) {
        let body = text.split(separator: "\n").map {
            $0.prefix(upTo: $0.firstRange(of: " //")?.lowerBound ?? $0.endIndex)
        }
        .joined(separator: "\n")
        let declarations = body.matches(of: /\.(target|executableTarget|testTarget)\(\s*name:\s*"([^"]+)"/)
        targets = declarations.map { declaration in
            let arguments = Self.balanced(body[declaration.range.lowerBound...])
            let dependencies = arguments.firstRange(of: "dependencies:").map {
                Self.balanced(arguments[$0.upperBound...])
            }
            let list = String(dependencies ?? "")
            let products = list.matches(of: /\.product\(name:\s*"([^"]+)"[^)]*\)/).map { String($0.1) }
            let rest = list.replacing(/\.product\([^)]*\)/, with: "")
            let names = rest.matches(of: /"([^"]+)"/).map { String($0.1) }
            let constants = rest.replacing(/"[^"]*"/, with: "").matches(of: /[A-Za-z_]\w*/).map { String($0.0) }
            return Target(
                name: String(declaration.2),
                isTest: declaration.1 == "testTarget",
                targets: names,
                products: products + constants
            )
        }
    }

    /// From the first bracket of the text to the one that closes it.
    private static func balanced(_ text: Substring) -> Substring {
        guard let start = text.firstIndex(where: { "([".contains($0) }) else { return "" }
        var depth = 0
        for index in text[start...].indices {
            if "([".contains(text[index]) { depth += 1 }
            if ")]".contains(text[index]) { depth -= 1 }
            if depth == 0 { return text[start...index] }
        }
        return text[start...]
    }
}
