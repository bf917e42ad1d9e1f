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

    /// SELECT … INTO OUTFILE … FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY '\\', of a table of OpenSIPS.
    @Test("a dump of MySQL has no names of columns, escapes with backslashes, and has \\N for NULL")
    func readsDump() throws {
        let dump = #"""
            1,"support",256,"helping","\"VIP\" line",0,0,0,0,0,\N,"sip:queue@192.0.2.1:5060",\N,\N
            2,"sales",1,"selling",\N,30,1,60,0,10,"sip:welcome@192.0.2.1","sip:queue@192.0.2.1:5060","sip:busy@192.0.2.1",\N
            """#
        let columns = """
            id,flowid,priority,skill,prependcid,max_wrapup_time,dissuading_hangup,dissuading_onhold_th,dissuading_ewt_th,\
            dissuading_qsize_th,message_welcome,message_queue,message_dissuading,message_flow_id
            """
        let rows = try RowFile.rows(
            of: dump,
            name: "f",
            kind: .flow,
            columns: columns.split(separator: ",").map(String.init)
        )
        func value(_ row: Int, _ column: String) -> String? { rows[row].values.first { $0.column == column }?.text }
        #expect(rows.count == 2)
        #expect(value(0, "prependcid") == "\"VIP\" line")
        #expect(value(0, "message_welcome") == nil)
        #expect(value(1, "prependcid") == nil)
        #expect(value(1, "message_dissuading") == "sip:busy@192.0.2.1")
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
