import Foundation
import Testing

/// CALLS.md section 1: every state of a call x everything that can happen to it, each with the messages that it causes, the
/// records and the counters. `StateTable` has the rows; `STATE_TABLE=print` prints them as they are.
@Suite("The table of states and events")
struct StateTableTests {
    @Test("A row", arguments: Situation.State.allCases, Situation.Event.allCases)
    func row(state: Situation.State, event: Situation.Event) throws {
        let situation = Situation(state)
        let isPossible = situation.happen(event)
        let key = "\(state.rawValue) x \(event.rawValue)"
        if ProcessInfo.processInfo.environment["STATE_TABLE"] == "print" {
            print("ROW \(key) -> \(isPossible ? situation.outcome : "cannot be")")
            return
        }
        let expected = try #require(StateTable.rows[key], "\(key) is not in the table")
        #expect((isPossible ? situation.outcome : "cannot be") == expected, "\(key)")
        // Whatever it was: when all is over nothing is left, and every call has its one final record.
        situation.end()
        #expect(situation.town.leftoversAtTheEnd() == [], "\(key)")
    }

    @Test("The table has no rows but these")
    func isComplete() {
        let keys = Situation.State.allCases.flatMap { state in
            Situation.Event.allCases.map { "\(state.rawValue) x \($0.rawValue)" }
        }
        #expect(Set(StateTable.rows.keys) == Set(keys))
    }
}
