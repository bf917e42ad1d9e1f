/// What a waiting caller is told between the pieces of music: his place in the queue, and how long it may take.
///
/// It is put together from sounds of the folder `numbers`, or of that in the flow's own folder: `support/numbers`.
///
/// | sound | says |
/// |---|---|
/// | `next` | that he is the next one |
/// | `position`, number, `in-queue` | which place he has, `in-queue` only if there is such a file |
/// | `soon` | that it takes less than a minute |
/// | `wait`, number, `minutes` | how long it takes; `minute` in place of number and `minutes` for one |
///
/// A number is the sound of its digits, `21`, if there is one, else that of its tens and its ones, `20` and `1`; hundreds
/// are the hundreds' number and `hundred`. A sentence of which a piece is missing is not said at all.
struct Prompts {
    private let library: SoundLibrary
    /// Where the sounds are, the first place first.
    private let places: [String]

    /// - Parameter folder: the flow's; may be empty.
    init(_ library: SoundLibrary, folder: Substring) {
        self.library = library
        places = folder.isEmpty ? ["numbers/"] : ["\(folder)/numbers/", "numbers/"]
    }

    /// - Parameters:
    ///   - ahead: calls before this one; nil: nobody knows.
    ///   - wait: seconds; nil: nobody knows.
    func announcement(ahead: Int?, wait: Int?) -> [Sound] {
        (ahead.flatMap(position) ?? []) + (wait.flatMap(estimate) ?? [])
    }

    private func position(ahead: Int) -> [Sound]? {
        guard 0..<999 ~= ahead else { return nil }
        if ahead == 0, let next = sound("next") { return [next] }
        guard let begin = sound("position"), let number = number(ahead + 1) else { return nil }
        return [begin] + number + (sound("in-queue").map { [$0] } ?? [])
    }

    private func estimate(seconds: Int) -> [Sound]? {
        guard seconds >= 0 else { return nil }
        if seconds < 60 { return sound("soon").map { [$0] } }
        guard let begin = sound("wait") else { return nil }
        // Rounded up: nobody is angry if it takes less.
        let minutes = (seconds - 1) / 60 + 1
        if minutes == 1, let minute = sound("minute") { return [begin, minute] }
        guard let number = number(minutes), let end = sound("minutes") else { return nil }
        return [begin] + number + [end]
    }

    /// nil for what is larger than 999, or wants a sound that is missing.
    private func number(_ value: Int) -> [Sound]? {
        guard 1...999 ~= value else { return nil }
        if let whole = sound("\(value)") { return [whole] }
        if value >= 100 {
            guard let count = number(value / 100), let hundred = sound("hundred") else { return nil }
            let rest = value % 100
            return rest == 0 ? count + [hundred] : number(rest).map { count + [hundred] + $0 }
        }
        guard value > 20, let tens = sound("\(value / 10 * 10)"), let ones = sound("\(value % 10)") else { return nil }
        return [tens, ones]
    }

    private func sound(_ name: String) -> Sound? {
        for place in places {
            if let sound = library[place + name] { return sound }
        }
        return nil
    }
}
