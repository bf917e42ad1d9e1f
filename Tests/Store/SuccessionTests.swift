import CallCenter
import Testing

@testable import Store

@Suite("Whose calls count")
struct SuccessionTests {
    /// - Parameter last: the last who has claimed them: the name of his state directory, and his run.
    private func isSucceeded(after predecessor: String?, last: (journal: String, run: String)?) -> Bool {
        var left = CallsLeft()
        left.journal = last?.journal
        left.run = last?.run
        // Clocks decide nothing.
        let answers = [Milliseconds.min, 0, .max].map { moment in
            left.lastAlive = moment
            return Succession(journal: "here", predecessor: predecessor).isSucceeded(by: left)
        }
        #expect(Set(answers).count == 1)
        return answers.contains(true)
    }

    @Test("our own do while nobody else has claimed them: never, not since, or not since we took them over")
    func ours() {
        for predecessor in [nil, "there 1"] {
            #expect(!isSucceeded(after: predecessor, last: nil), "nobody has: a new database")
            #expect(!isSucceeded(after: predecessor, last: ("here", "here 1")), "we were the last")
        }
        #expect(!isSucceeded(after: "there 1", last: ("there", "there 1")), "we have died before we could claim them")
    }

    @Test("another's do as soon as he has claimed them")
    func anothers() {
        #expect(isSucceeded(after: nil, last: ("there", "there 1")), "we have never followed anybody")
        #expect(isSucceeded(after: "there 1", last: ("there", "there 2")), "the one whom we followed has come back")
        #expect(isSucceeded(after: "there 1", last: ("elsewhere", "elsewhere 1")), "a third machine")
    }

    @Test("it is kept in the state directory whom we follow")
    func file() async throws {
        try await withFolder { folder in
            let file = PredecessorFile(stateDirectory: folder)
            #expect(file.read() == nil)
            for run in ["one", "two"] {
                try file.write(run)
                #expect(file.read() == run)
            }
            #expect(throws: StoreError.self) { try PredecessorFile(stateDirectory: folder + "/nowhere").write("one") }
        }
    }
}
