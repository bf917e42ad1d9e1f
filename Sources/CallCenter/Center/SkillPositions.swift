/// Positions of an agent's skills among all skills. The first few stand within the entry of the agent: an array of its own, one of
/// thousands, would be in no cache when he becomes free.
struct SkillPositions: Sendable {
    private var inline = InlineArray<3, Int32>(repeating: 0)
    private(set) var endIndex = 0
    private var others: [Int32] = []
}

extension SkillPositions {
    init(_ positions: some Sequence<Int>) {
        for position in positions {
            let position = Int32(truncatingIfNeeded: position)
            if endIndex < inline.count { inline[endIndex] = position } else { others.append(position) }
            endIndex += 1
        }
    }
}

extension SkillPositions: RandomAccessCollection {
    var startIndex: Int { 0 }

    /// - Parameter index: below `endIndex`.
    subscript(index: Int) -> Int {
        @inline(__always) get { Int(index < inline.count ? inline[index] : others[index - inline.count]) }
    }
}
