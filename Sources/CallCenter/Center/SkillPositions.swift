/// Positions of an agent's skills among all skills. The first few stand within the entry of the agent: an array of its own, one of
/// thousands, would be in no cache when he becomes free.
struct SkillPositions: Sendable {
    private var first = InlineArray<3, Int32>(repeating: 0)
    private var number: Int32 = 0
    private var others: [Int32] = []
}

extension SkillPositions {
    init(_ positions: some Sequence<Int>) {
        for position in positions {
            let position = Int32(truncatingIfNeeded: position)
            if count < first.count { first[count] = position } else { others.append(position) }
            number += 1
        }
    }
}

extension SkillPositions: RandomAccessCollection {
    var startIndex: Int { 0 }
    var endIndex: Int { Int(number) }
    var count: Int { Int(number) }

    subscript(index: Int) -> Int {
        @inline(__always) get { Int(index < first.count ? first[index] : others[index - first.count]) }
    }
}
