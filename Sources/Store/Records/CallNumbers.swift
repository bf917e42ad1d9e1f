/// The numbers of calls: 31 bits, which a large centre uses up within months.
enum CallNumbers {
    /// How many of the last records show where the numbering stands; more than can be alive between two of them.
    static let window = 10_000

    private static let half: Int32 = 1 << 30

    /// The last number given among those of the newest records. If some are near the top and some near the bottom, the
    /// numbering has begun again, and the low ones are the later ones.
    static func last(among numbers: [Int32]) -> Int32 {
        let numbers = numbers.filter { $0 >= 0 }
        guard let highest = numbers.max(), let lowest = numbers.min() else { return 0 }
        guard highest - lowest >= half else { return highest }
        return numbers.filter { $0 < half }.max() ?? 0
    }
}
