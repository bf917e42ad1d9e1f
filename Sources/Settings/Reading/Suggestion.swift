/// What somebody meant who wrote a key that does not exist.
package enum Suggestion {
    /// The known name with the fewest typing errors between, if they are few enough for a guess.
    package static func nearest(to name: String, among known: [String]) -> String? {
        let distances = known.map { (name: $0, distance: distance(name.lowercased(), $0.lowercased())) }
        guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, name.count / 3) ? best.name : nil
    }

    /// The path of a key of that name in another section.
    static func moved(_ name: String, among paths: [String]) -> String? {
        paths.first { $0 == name || $0.hasSuffix(".\(name)") }
    }

    /// How many letters must be put in, taken out, replaced, or swapped with their neighbour (optimal string
    /// alignment).
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let isSame = left[row] == right[column]
                var best = min(last[column + 1] + 1, current[column] + 1, last[column] + (isSame ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
