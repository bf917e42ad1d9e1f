import ArgumentParser
import Store
import Testing

@testable import ccctl

@Suite("Files of flows and agents")
struct RowFileTests {
    private func rows(_ text: String, _ kind: ProvisioningKind, columns: [String]? = nil) throws -> [String] {
        try RowFile.rows(of: text, name: "f", kind: kind, columns: columns).map { row in
            "\(row.line ?? 0) " + row.values.map { "\($0.column)=\($0.text ?? "NULL")" }.joined(separator: " ")
        }
    }

    static let agents: [(name: String, text: String)] = [
        ("a spreadsheet", "\u{FEFF}agentid,location,skills\r\nanna,sip:anna@192.0.2.2,\"a,b\"\r\n\r\n"),
        ("semicolons", "agentid;location;skills\nanna;sip:anna@192.0.2.2;a,b\n"),
        ("mysql --batch", "agentid\tlocation\tskills\nanna\tsip:anna@192.0.2.2\ta,b\n"),
        ("quoted names", "\"AgentID\",\"location\",\"skills\"\n\"anna\",\"sip:anna@192.0.2.2\",\"a,b\""),
    ]

    @Test("CSV comes in the ways of spreadsheets and of MySQL", arguments: agents)
    func readsCSV(name: String, text: String) throws {
        #expect(try rows(text, .agent) == ["2 agentid=anna location=sip:anna@192.0.2.2 skills=a,b"])
    }

    /// cc_flows as MariaDB 10.11 writes the table of OpenSIPS, with a column that somebody has added: by INTO OUTFILE without
    /// options, with options, and by `mariadb --batch`.
    static let dumps: [(name: String, hasNames: Bool, text: String)] = [
        (
            "tabs", false,
            #"""
            1	support	256	helping	"VIP", line\\1	0	0	0	0	0	\N	sip:queue@192.0.2.1:5060	\N	\N	x
            2	sales	256	selling	\N	0	0	0	0	0	\N	sip:queue@192.0.2.1	\N	\N	x
            """#
        ),
        (
            "quotes where needed", false,
            #"""
            1,"support",256,"helping","\"VIP\", line\\1",0,0,0,0,0,\N,"sip:queue@192.0.2.1:5060",\N,\N,"x"
            2,"sales",256,"selling",\N,0,0,0,0,0,\N,"sip:queue@192.0.2.1",\N,\N,"x"
            """#
        ),
        (
            "quotes everywhere", false,
            #"""
            "1";"support";"256";"helping";"\"VIP\", line\\1";"0";"0";"0";"0";"0";\N;"sip:queue@192.0.2.1:5060";\N;\N;"x"
            "2";"sales";"256";"selling";\N;"0";"0";"0";"0";"0";\N;"sip:queue@192.0.2.1";\N;\N;"x"
            """#
        ),
        (
            "with names", true,
            """
            \(columns.joined(separator: "\t"))
            1	support	256	helping	"VIP", line\\\\1	0	0	0	0	0	NULL	sip:queue@192.0.2.1:5060	NULL	NULL	x
            2	sales	256	selling	NULL	0	0	0	0	0	NULL	sip:queue@192.0.2.1	NULL	NULL	x
            """
        ),
    ]
    static let columns = [
        "id", "flowid", "priority", "skill", "prependcid", "max_wrapup_time", "dissuading_hangup",
        "dissuading_onhold_th",
        "dissuading_ewt_th", "dissuading_qsize_th", "message_welcome", "message_queue", "message_dissuading",
        "message_flow_id", "site",
    ]

    @Test("a dump of MySQL is read as it is", arguments: dumps)
    func readsDump(name: String, hasNames: Bool, text: String) throws {
        let columns = hasNames ? nil : Self.columns
        let rows = try RowFile.rows(of: text, name: "f", kind: .flow, columns: columns)
        func value(_ row: Int, _ column: String) -> String? { rows[row].values.first { $0.column == column }?.text }
        try #require(rows.count == 2)
        #expect(value(0, "prependcid") == #""VIP", line\1"#)
        #expect(value(0, "message_queue") == "sip:queue@192.0.2.1:5060")
        #expect(value(0, "message_welcome") == nil)
        #expect(value(1, "flowid") == "sales")
        #expect(value(1, "prependcid") == nil)
        #expect(value(1, "site") == "x")
    }

    @Test(
        "JSON is an array of objects, or what export writes",
        arguments: [
            #"[{"agentid": "anna", "logstate": 1, "skills": null}]"#,
            #" {"Agents":[{"agentid":"anna","logstate":true,"skills":null}]}"#,
        ]
    )
    func readsJSON(text: String) throws {
        #expect(try rows(text, .agent) == ["1 agentid=anna logstate=1 skills=NULL"])
    }

    @Test(
        "what cannot be read says where and what was expected",
        arguments: [
            ("agentid,skills\nanna\n", "f:2: has 1 fields; expected 2, as there are columns"),
            (
                "agentid,skills\nanna\nbert,x\nclea,x,y\n",
                "f:2: has 1 fields; expected 2, as there are columns; f:4: has 3 fields; expected 2, as there are columns"
            ),
            ("agentid,skills\n\"anna\"x,\n", "f:2: something follows a closing quote; expected a separator"),
            ("agentid,skills\n\"a\nb,c\n", "f:2: a quote is not closed"),
            (
                "1,anna\n",
                "f:1: names no column agentid; expected the names of the columns in the first line, or --columns"
            ),
            ("", "f: has no rows"), ("agentid\n", "f: has no rows"),
            ("[1]", "f: is no JSON of rows; expected an array of objects with texts and numbers"),
        ]
    )
    func refuses(text: String, message: String) {
        #expect(throws: Failure.refused(message)) { try RowFile.rows(of: text, name: "f", kind: .agent, columns: nil) }
    }

    @Test(
        "a dump in SQL is told from CSV, with what MySQL is to write instead",
        arguments: [
            "INSERT INTO `cc_agents` VALUES (1,'anna','sip:anna@192.0.2.2');\n",
            "-- MySQL dump 10.13\n--\n\n/*!40101 SET NAMES utf8 */;\nDROP TABLE IF EXISTS `cc_agents`;\n",
            "create table cc_agents (id int);\n",
        ]
    )
    func refusesSQL(text: String) {
        let message =
            "f: is SQL; expected CSV or JSON: have MySQL write it by SELECT agentid, … FROM cc_agents INTO OUTFILE "
            + "(ccctl help agent add has the columns)"
        for columns in [nil, ["agentid"]] {
            #expect(throws: Failure.refused(message)) {
                try RowFile.rows(of: text, name: "f", kind: .agent, columns: columns)
            }
        }
    }

    @Test("a field that --columns calls - is left out; a column that does not exist is wrong usage")
    func columnsByName() throws {
        let text = "7,anna,x,sip:anna@192.0.2.2\n"
        #expect(
            try rows(text, .agent, columns: ["id", "agentid", "-", "location"]) == [
                "1 id=7 agentid=anna location=sip:anna@192.0.2.2"
            ]
        )
        for (columns, problem) in [
            ("agentid,skill", "--columns: skill is not a column of cc_agents; did you mean skills?"),
            ("agentid,colour", "--columns: colour is not a column of cc_agents; - stands for a field to leave out"),
            ("agentid,skills,skills", "--columns names skills twice"),
            ("location,skills", "--columns names no agentid"),
        ] {
            let error = #expect(throws: (any Error).self) {
                try CCControl.parseAsRoot(["agent", "import", "f.csv", "--columns", columns])
            }
            #expect(try CCControl.message(for: #require(error)) == problem)
        }
        #expect(throws: Never.self) {
            try CCControl.parseAsRoot(["agent", "import", "f.csv", "--columns", "ID,AgentID,-,-,skills"])
        }
    }

    @Test("what export writes is what import reads")
    func roundTrip() throws {
        let fields = ["a,b", "say \"x\"", #"back\slash\n"#, "NULL", nil, "semi;colon", "line\nbreak", "Köln"]
        let text = DelimitedText.line(["h"] + fields.dropFirst().map { _ in "h" }) + DelimitedText.line(fields)
        #expect(try DelimitedText.rows(of: text).last?.fields == fields)
    }

    @Test("a column that does not exist is wrong usage, and what was meant is named")
    func suggests() throws {
        let error = #expect(throws: (any Error).self) {
            try CCControl.parseAsRoot(["flow", "set", "f", "prioritty=1"])
        }
        let message = try CCControl.message(for: #require(error))
        #expect(message.contains("prioritty is not a column of cc_flows; did you mean priority?"))
    }

    @Test(
        "wrong usage has status 2",
        arguments: [
            ["flow", "add"], ["flow", "set", "f"], ["flow", "set", "f", "priority"], ["agent", "remove"],
            ["agent", "set", "a", "agentid=b"], ["agent", "set", "a", "skills=x", "skills=y"], ["flow", "import"],
        ]
    )
    func refusesUsage(arguments: [String]) { #expect(CCControl.run(arguments) == 2) }
}
