import ArgumentParser
import Testing

@testable import ccctl

@Suite("Tables and reports")
struct TableTests {
    private static let calls = RawJSON(
        #"""
        [{"id":7,"State":"queued","Call Time":5,"Flow":"support"},
         {"id":12345,"State":"toagent","Call Time":61,"Flow":"a flow with a long name","Agent":"bob","New":1}]
        """#
    )
    private static let columns = ["id", "State", "Call Time", "Flow", "Agent"]

    private func table(_ rows: RawJSON = calls, width: Int? = nil) -> String {
        Table(columns: Self.columns, rows: rows.elements ?? []).text(width: width)
    }

    @Test("columns are aligned, numbers to the right; unknown members become columns, missing ones a dash")
    func aligns() {
        #expect(
            table() == """
                   id  State    Call Time (s)  Flow                     Agent  New
                    7  queued               5  support                  -        -
                12345  toagent             61  a flow with a long name  bob      1

                """
        )
    }

    @Test("a narrow terminal cuts the widest text, never a number")
    func cuts() {
        #expect(
            table(width: 54) == """
                   id  State    Call Time (s)  Flow         Agent  New
                    7  queued               5  support      -        -
                12345  toagent             61  a flow wit…  bob      1

                """
        )
        for line in table(width: 10).split(separator: "\n").dropFirst() {
            #expect(line.contains("7") || line.contains("12345"))
        }
    }

    @Test("without rows the headers stand alone")
    func showsHeaders() {
        #expect(table(RawJSON("[]")) == "id  State  Call Time (s)  Flow  Agent\n")
    }

    @Test("text of strangers cannot steer the terminal")
    func isSafe() {
        let rows = RawJSON(#"[{"id":1,"State":"\u001b[2J\n\u009b1m\u202e","Flow":"\u4f60\u597d","Agent":"x"}]"#)
        #expect(
            table(rows) == """
                id  State      Call Time (s)  Flow  Agent
                 1  ?[2J??1m?  -              你好  x

                """
        )
    }

    @Test(
        "wide characters count twice",
        arguments: [("abc", 3), ("你好", 4), ("é", 1), ("e\u{301}", 1), ("😀", 2), ("", 0)]
    )
    func measures(text: String, width: Int) {
        #expect(Terminal.width(of: text) == width)
    }

    @Test(
        "cutting leaves room for the ellipsis",
        arguments: [("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("你好吗", 5, "你好…"), ("你好吗", 4, "你…")]
    )
    func cutsText(text: String, columns: Int, cut: String) {
        #expect(Terminal.cut(text, to: columns) == cut)
    }

    @Test("a reload is reported by what changed, then by what was refused")
    func reportsReload() {
        let result = RawJSON(
            #"""
            {"Flows":{"added":["a","b"],"changed":[],"removed":[]},"Agents":{"added":[],"changed":["x"],"removed":[]},
             "Refused":[{"table":"cc_flows","id":"c","reason":"skill is empty"}],
             "Warnings":[{"table":"cc_flows","id":"a","reason":"overflow_uri is the flow itself"}]}
            """#
        )
        #expect(
            Report.reload(result) == """
                Flows added:    2 (a, b)
                Flows changed:  0
                Flows removed:  0
                Agents added:   0
                Agents changed: 1 (x)
                Agents removed: 0
                Rows refused:   1
                  cc_flows c: skill is empty
                ! cc_flows a: overflow_uri is the flow itself

                """
        )
    }

    @Test("titles of seconds say so, also those of databases; all other names stay as they are")
    func showsUnits() {
        let table = Table(headers: ["agent_id", "talk_time", "State"], cells: [], isNumeric: [false, true, false])
        #expect(table.text(width: nil) == "agent_id  talk_time (s)  State\n")
    }

    @Test("health says in what it counts its time")
    func reportsHealth() throws {
        let command = try #require(try CCControl.parseAsRoot(["health"]) as? Health)
        #expect(
            command.render(RawJSON(#"{"Alive":"yes","Uptime":150,"Flows":2}"#), width: nil)
                == "Alive:  yes\nUptime: 150 s\nFlows:  2\n"
        )
    }

    @Test("statistics are name = value lines, in the order of the daemon")
    func reportsStatistics() throws {
        let command = try #require(try CCControl.parseAsRoot(["stats"]) as? GetStatistics)
        #expect(
            command.render(RawJSON(#"{"ccg_incalls":3,"ccg_awt":0}"#), width: nil) == "ccg_incalls = 3\nccg_awt = 0\n"
        )
    }
}
