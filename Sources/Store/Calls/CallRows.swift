package import CallCenter
import Foundation

/// A call that is alive, as a row of `cc_calls`.
package struct CallRow: Sendable, Equatable {
    /// What the journal knows it by.
    package var key: String
    package var number: Int32
    /// In the numbers of OpenSIPS, see the schema.
    package var state: Int
    package var refusals: Int
    /// Milliseconds since 1970; nil while nobody talks.
    package var talkingSince: Milliseconds?
    package var received: Milliseconds
    package var callerName: String
    package var callerUser: String
    package var flowID: String
    /// Empty for none.
    package var agentID: String
    /// What it is gone on with, as in the journal.
    package var kept: [UInt8]

    package init(
        key: String,
        number: Int32,
        state: Int,
        refusals: Int = 0,
        talkingSince: Milliseconds? = nil,
        received: Milliseconds,
        callerName: String = "",
        callerUser: String = "",
        flowID: String,
        agentID: String = "",
        kept: [UInt8]
    ) {
        self.key = key
        self.number = number
        self.state = state
        self.refusals = refusals
        self.talkingSince = talkingSince
        self.received = received
        self.callerName = callerName
        self.callerUser = callerUser
        self.flowID = flowID
        self.agentID = agentID
        self.kept = kept
    }
}

extension CallRow {
    /// The same for a database that has no other characters.
    var inASCII: CallRow {
        var row = self
        for text in [\CallRow.callerName, \.callerUser, \.flowID, \.agentID] {
            row[keyPath: text] = row[keyPath: text].inASCII
        }
        return row
    }
}

/// What of an agent stands in `cc_agent_state` besides his log-in. Milliseconds since 1970.
package struct AgentRow: Sendable, Equatable {
    package var id: String
    package var freeSince: Milliseconds
    package var wrapupEnds: Milliseconds?

    package init(id: String, freeSince: Milliseconds, wrapupEnds: Milliseconds?) {
        self.id = id
        self.freeSince = freeSince
        self.wrapupEnds = wrapupEnds
    }
}

/// Who writes the rows of an instance.
package struct CallOwner: Sendable, Equatable {
    package var instance: String
    /// The name of his state directory, whose journal has what the rows have, and newer.
    package var journal: String
    /// Of the process.
    package var run: String

    package init(instance: String, journal: String, run: String) {
        self.instance = instance
        self.journal = journal
        self.run = run
    }
}

/// What has changed since the last time.
package struct CallChanges: Sendable {
    package var calls: [CallRow] = []
    /// Keys of calls that are over, and whose records are written.
    package var ended: [String] = []
    package var agents: [AgentRow] = []
    /// From now on the owner is the one who writes: the first time.
    package var claims = false
    /// To claim: the run that his calls follow. Whoever else has claimed since stays the owner.
    package var follows: String?
    /// Rows of earlier processes are of no use any more: all that is alive has been written by this one.
    package var sweeps = false

    package init() {}
}

/// What the last owner of an instance has left.
package struct CallsLeft: Sendable {
    /// nil: there has been none.
    package var journal: String?
    /// Of his process; nil: there has been none.
    package var run: String?
    /// When he was last alive, milliseconds since 1970.
    package var lastAlive: Milliseconds = 0
    package var calls: [[UInt8]] = []
    package var numbers: [Int32] = []
    package var agents: [AgentRow] = []

    package init() {}
}

/// How these stand in the tables.
enum CallColumns {
    static let table = "cc_calls"
    static let key = "b2buaid"
    static let names = [
        "state", "ig_cback", "no_rej", "setup_time", "eta", "last_start", "recv_time", "caller_dn", "caller_un", key,
        "flow", "agent", "cid", "instance", "run", "kept",
    ]
    static let instances = "cc_instances"
    static let instanceNames = ["instance", "journal", "run", "alive"]
    static let agentNames = ["free_since", "wrapup_ends"]

    /// As long as the columns of tables that OpenSIPS made.
    private static func cut(_ text: String) -> ColumnValue { .text(text.cut(toScalars: 128)) }

    /// The columns have 32 bits.
    private static func seconds(_ moment: Milliseconds) -> ColumnValue {
        .integer(Int64(Int32(clamping: moment / 1_000)))
    }

    static func values(of call: CallRow, _ owner: CallOwner) -> [ColumnValue] {
        [
            .integer(Int64(call.state)), .integer(0), .integer(Int64(call.refusals)), .integer(0), .integer(0),
            seconds(call.talkingSince ?? 0), seconds(call.received), cut(call.callerName),
            cut(call.callerUser), .text(call.key), cut(call.flowID), cut(call.agentID), .integer(Int64(call.number)),
            .text(owner.instance), .text(owner.run), .text(Data(call.kept).base64EncodedString()),
        ]
    }

    static func values(of agent: AgentRow) -> [ColumnValue] {
        [.text(agent.id), .integer(agent.freeSince), agent.wrapupEnds.map(ColumnValue.integer) ?? .null]
    }

    /// What a database says to `CallStatements.left`.
    static func left(owner: [[ColumnValue]], calls: [[ColumnValue]], agents: [[ColumnValue]]) -> CallsLeft {
        var left = CallsLeft()
        if let row = owner.first, row.count == 3, case .text(let journal) = row[0], case .integer(let alive) = row[1],
            case .text(let run) = row[2]
        {
            left.journal = journal
            left.run = run
            left.lastAlive = alive
        }
        for row in calls where row.count == 2 {
            guard case .text(let text) = row[0], let kept = Data(base64Encoded: text) else { continue }
            left.calls.append(Array(kept))
            if case .integer(let number) = row[1], let number = Int32(exactly: number) { left.numbers.append(number) }
        }
        for row in agents where row.count == 3 {
            guard case .text(let id) = row[0], case .integer(let freeSince) = row[1] else { continue }
            var agent = AgentRow(id: id, freeSince: freeSince, wrapupEnds: nil)
            if case .integer(let ends) = row[2] { agent.wrapupEnds = ends }
            left.agents.append(agent)
        }
        return left
    }
}

/// The statements about them.
struct CallStatements {
    /// Inserts or replaces a call: the values of `CallColumns.values(of:_:)`.
    let call: String
    /// Inserts or changes an agent: his values.
    let agent: String
    /// Removes a call: its key and the instance.
    let end: String
    /// Removes what other processes wrote: instance and run.
    let sweep: String
    /// Makes a process the owner: instance, journal, run, moment, and the run that his calls follow. Gives a row if he is.
    let claim: String
    /// He lives: moment, instance, run. Gives a row if he is still the owner.
    let touch: String
    /// Gives a row if he is the owner: instance, run.
    let owned: String
    /// Of an instance: its owner; its calls; and all agents.
    let left: (owner: String, calls: String, agents: String)

    /// - Parameter parameter: how the database marks the one with a number, from 1.
    init(_ parameter: (Int) -> String) {
        func insert(_ table: String, _ names: [String], key: String, fixed: [String] = []) -> String {
            let marks = names.indices.dropLast(fixed.count).map { parameter($0 + 1) } + fixed
            let changes = names.dropLast(fixed.count).filter { $0 != key }.map { "\($0) = excluded.\($0)" }
            return """
                INSERT INTO \(table) (\(names.joined(separator: ", "))) VALUES (\(marks.joined(separator: ", ")))
                ON CONFLICT (\(key)) DO UPDATE SET \(changes.joined(separator: ", "))
                """
        }
        call = insert(CallColumns.table, CallColumns.names, key: CallColumns.key)
        // Who has no log-in of his own there is logged in as his row says, whatever it says.
        agent = insert(
            LoginColumns.table,
            ["agentid"] + CallColumns.agentNames + ["loggedin", "logstate", "since"],
            key: "agentid",
            fixed: ["1", "1", "0"]
        )
        let (instances, follows) = (CallColumns.instances, parameter(CallColumns.instanceNames.count + 1))
        claim = """
            \(insert(instances, CallColumns.instanceNames, key: "instance"))
            WHERE \(instances).journal = excluded.journal OR \(instances).run = \(follows) RETURNING 1
            """
        touch = """
            UPDATE \(CallColumns.instances) SET alive = \(parameter(1))
            WHERE instance = \(parameter(2)) AND run = \(parameter(3)) RETURNING 1
            """
        let (one, two) = (parameter(1), parameter(2))
        end = "DELETE FROM \(CallColumns.table) WHERE \(CallColumns.key) = \(one) AND instance = \(two)"
        sweep = "DELETE FROM \(CallColumns.table) WHERE instance = \(one) AND run <> \(two)"
        owned = "SELECT 1 FROM \(CallColumns.instances) WHERE instance = \(one) AND run = \(two)"
        left = (
            "SELECT journal, alive, run FROM \(CallColumns.instances) WHERE instance = \(one)",
            "SELECT kept, cid FROM \(CallColumns.table) WHERE instance = \(one) AND kept IS NOT NULL ORDER BY id",
            "SELECT agentid, free_since, wrapup_ends FROM \(LoginColumns.table) WHERE free_since IS NOT NULL ORDER BY agentid"
        )
    }

    /// What makes or shows a process to be the owner: with it a row is given.
    func ownership(
        of owner: CallOwner,
        _ changes: CallChanges,
        at moment: Milliseconds
    ) -> (sql: String, values: [ColumnValue]) {
        let (instance, run) = (ColumnValue.text(owner.instance), ColumnValue.text(owner.run))
        guard changes.claims else { return (touch, [.integer(moment), instance, run]) }
        // Empty: no run is called that.
        let follows = ColumnValue.text(changes.follows ?? "")
        return (claim, [instance, .text(owner.journal), run, .integer(moment), follows])
    }
}
