import CallCenter
import Management
import Testing

@Suite("JSON-RPC")
struct DispatcherTests {
    private static let requester = Requester.process(user: 1000, process: 42)

    private let daemon = FakeDaemon()
    private let log = RecordedLog()

    private func reply(_ text: String, control: BoundedControl? = nil) async -> String? {
        let dispatcher = RPCDispatcher(
            registry: .standard(version: "0.1.0"),
            control: control ?? daemon.bounded,
            logger: log.logger
        )
        return await dispatcher.reply(to: Array(text.utf8), from: Self.requester)?.text
    }

    private func result(_ method: String, _ params: String = "[]") async -> String? {
        await reply(#"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(params)}"#)
    }

    private func ok(_ result: String) -> String { #"{"jsonrpc":"2.0","result":\#(result),"id":1}"# }

    private func error(_ code: Int, _ message: JSONValue, id: String = "1") -> String {
        #"{"jsonrpc":"2.0","error":{"code":\#(code),"message":\#(message.text)},"id":\#(id)}"#
    }

    // MARK: - Commands

    static let results: [(name: String, params: String, result: String)] = [
        (
            "list_flows", "[]",
            #"{"Flows":[{"id":"sales","Avg Call Duration":61,"Processed Calls":1,"Logged Agents":2,"Ongoing Calls":2,"#
                + #""Ref Calls":2},{"id":"support","Avg Call Duration":0,"Processed Calls":0,"Logged Agents":0,"#
                + #""Ongoing Calls":0,"Ref Calls":0}]}"#
        ),
        (
            "list_agents", "[]",
            #"{"Agents":[{"id":"ann","Ref":0,"Loged in":"YES","State":"free"},"#
                + #"{"id":"bob","Ref":1,"Loged in":"YES","State":"incall"},"#
                + #"{"id":"cem","Ref":0,"Loged in":"YES","State":"wrapup","Wrapup-ends":11},"#
                + #"{"id":"dee","Ref":0,"Loged in":"NO"}]}"#
        ),
        (
            "list_queue", "[]",
            #"{"Calls":[{"index":0,"id":43,"Media":"RTP","Caller username":"1003","#
                + #""Caller display name":"Caller 1003","Waiting for":5,"ETW":30,"Flow":"sales","Priority":1,"#
                + #""Skill":"sell"},{"index":1,"id":42,"Media":"RTP","Caller username":"1002","#
                + #""Caller display name":"Caller 1002","Waiting for":10,"ETW":2147483647,"Flow":"support","#
                + #""Priority":5,"Skill":"help"}]}"#
        ),
        (
            "list_calls", "[]",
            #"{"Calls":[{"id":41,"Ref":1,"State":"toagent","Call Time":80,"Flow":"sales","Agent":"bob"},"#
                + #"{"id":42,"Ref":1,"State":"queued","Call Time":10,"Flow":"support"},"#
                + #"{"id":43,"Ref":1,"State":"queued","Call Time":5,"Flow":"sales"},"#
                + #"{"id":44,"Ref":1,"State":"welcome","Call Time":0,"Flow":"support"}]}"#
        ),
        ("agent_login", #"["ann",1]"#, #""OK""#),
        (
            "reload", "[]",
            #"{"Flows":{"added":["support"],"changed":[],"removed":[]},"#
                + #""Agents":{"added":[],"changed":[],"removed":["zoe","max"]},"#
                + #""Refused":[{"table":"cc_flows","id":"x","reason":"priority is -1, expected 0 or more"}],"#
                + #""Warnings":[{"table":"cc_flows","id":"y","reason":"overflow_uri: there is no flow \"z\""}]}"#
        ),
        ("reset_stats", "[]", #""OK""#),
    ]

    @Test("each command answers, under both spellings of its name", arguments: results)
    func answers(name: String, params: String, result: String) async {
        #expect(await self.result("cc_\(name)", params) == ok(result))
        #expect(await self.result("call_center:\(name)", params) == ok(result))
    }

    @Test("the daemon tells its version and its commands")
    func tells() async {
        #expect(await result("version") == ok(#"{"Server":"callcenterd 0.1.0"}"#))
        let names = [
            "cc_list_flows", "cc_list_agents", "cc_list_queue", "cc_list_calls", "cc_agent_login", "cc_reload",
            "cc_reset_stats", "internal_call_dispatching", "dispatch_call_to_agent", "cc_free_agent", "cc_end_call",
            "cc_move_call", "cc_end_wrapup", "get_statistics", "version", "health", "events", "which",
        ]
        #expect(await result("which") == ok(JSONValue.array(names.map(JSONValue.string)).text))
    }

    @Test("which says of one command how it is used")
    func explains() async {
        let explained =
            #"{"Command":"cc_agent_login","Usage":"cc_agent_login agent_id state","#
            + #""Summary":"Logs an agent in (1) or off (0).","Scope":"control"}"#
        #expect(await result("which", #"["call_center:agent_login"]"#) == ok(explained))
    }

    @Test("health says whether calls are served, why not, and how well")
    func tellsHealth() async throws {
        let good = try #require(await result("health"))
        #expect(good.contains(#""Alive":"yes","Ready":"yes","Version":"0.1.0","Uptime":"#))
        #expect(good.contains(#""Flows":2,"Agents":4,"#))
        daemon.refuseCalls(because: "ending")
        #expect(try #require(await result("health")).contains(#""Alive":"yes","Ready":"no: ending""#))
    }

    @Test("who may only read is refused what changes anything, and logged")
    func refusesReaders() async {
        let dispatcher = RPCDispatcher(
            registry: .standard(version: "0.1.0"),
            control: daemon.bounded,
            logger: log.logger
        )
        let reader = Requester.token(name: "wall", .read)
        func reply(_ method: String, to requester: Requester) async -> String? {
            let request = #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":[]}"#
            return await dispatcher.reply(to: Array(request.utf8), from: requester)?.text
        }
        let refusal: JSONValue = "cc_reset_stats needs the scope control, token wall has read"
        #expect(await reply("cc_reset_stats", to: reader) == error(403, refusal))
        #expect(daemon.orders.isEmpty)
        #expect(log.lines.count == 1)
        #expect(log.lines.first?.contains("requester=token wall") == true)
        #expect(await reply("cc_list_calls", to: reader)?.contains("result") == true)
        #expect(await reply("cc_reset_stats", to: .token(name: "desk", .control)) == ok(#""OK""#))
        #expect(daemon.orders.map(\.requester) == [.token(name: "desk", .control)])
    }

    @Test("events are not carried where there is no connection for them")
    func refusesEvents() async {
        let message: JSONValue = "events are not carried here: use the Unix socket, or GET /events"
        #expect(await result("events") == error(488, message))
    }

    @Test(
        "statistics are asked for by name, one after the other, in an array, or all at once",
        arguments: [
            #"["ccg_incalls","cca_att-bob"]"#, #"[["ccg_incalls","cca_att-bob"]]"#,
            #"{"statistics":["ccg_incalls","cca_att-bob"]}"#,
        ]
    )
    func readsStatistics(params: String) async {
        #expect(await result("get_statistics", params) == ok(#"{"ccg_incalls":3,"cca_att-bob":0}"#))
        let single = #"{"statistics":"call_center:ccg_incalls"}"#
        #expect(await result("get_statistics", single) == ok(#"{"call_center:ccg_incalls":3}"#))
        let all = await result("get_statistics")
        #expect(all?.contains(#""ccg_incalls":3"#) == true)
        #expect(all?.contains(#""cca_att_bob":0"#) == true)
    }

    @Test("a statistic that there is not fails the request by name, too many fail it by number")
    func missesStatistics() async {
        let params = #"["ccg_incalls","ccg_nothing","cca_att_nobody"]"#
        #expect(await result("get_statistics", params) == error(404, #"no statistic "ccg_nothing", "cca_att_nobody""#))
        let many = "[" + String(repeating: #""a","#, count: 1_000) + #""a"]"#
        let message: JSONValue = "1001 statistics asked for, expected at most 1000"
        #expect(await result("get_statistics", many) == error(-32602, message))
    }

    @Test(
        "parameters come by name or by position, numbers also as strings",
        arguments: [
            (#"["bob",0]"#, "bob off"), (#"["bob","1"]"#, "bob in"), (#"{"state":1,"agent_id":"bob"}"#, "bob in"),
            (#"{"agent_id":"bob","state":"0"}"#, "bob off"),
        ]
    )
    func takesParameters(params: String, order: String) async {
        #expect(await result("cc_agent_login", params) == ok(#""OK""#))
        #expect(daemon.orders == [.init(what: order, requester: Self.requester)])
    }

    @Test("what changes something is logged with who asked, line breaks harmless; what only looks is not")
    func logs() async {
        _ = await result("cc_agent_login", #"["ann",1]"#)
        _ = await result("cc_agent_login", #"["no\nbody",2]"#)
        _ = await result("call_center:agent_login", #"["nobody",0]"#)
        _ = await result("cc_list_agents")
        _ = await result("get_statistics")
        // With the name of that user, if this machine has one.
        let who = "requester=\(Self.requester)"
        #expect(
            log.lines == [
                #"cc_agent_login outcome=done params=["ann",1] \#(who)"#,
                "cc_agent_login outcome=state is 2, expected 0 or 1; usage: cc_agent_login agent_id state "
                    + #"params=["no\nbody",2] \#(who)"#,
                #"cc_agent_login outcome=no agent "nobody" params=["nobody",0] \#(who)"#,
            ]
        )
    }

    // MARK: - Errors

    static let wrongParams: [(params: String, what: String)] = [
        ("[]", "agent_id is missing, expected a string"),
        (#"["ann"]"#, "state is missing, expected 0 or 1"),
        (#"["ann",2]"#, "state is 2, expected 0 or 1"),
        (#"["ann",true]"#, "state is true, expected 0 or 1"),
        (#"["",1]"#, #"agent_id is "", expected a string"#),
        (#"[7,1]"#, "agent_id is 7, expected a string"),
        (#"[["ann"],1]"#, "agent_id is an array, expected a string"),
        (#"["ann",1,1]"#, "3 parameters given, expected at most 2"),
        (#"{"agent":"ann","state":1}"#, #"there is no parameter "agent""#),
        (#"{"state":1,"state":0}"#, "state is given twice"),
    ]

    @Test("wrong parameters are -32602 and say what was expected", arguments: wrongParams)
    func refusesParameters(params: String, what: String) async {
        let message = JSONValue.string("\(what); usage: cc_agent_login agent_id state")
        #expect(await result("cc_agent_login", params) == error(-32602, message))
        #expect(daemon.orders.isEmpty)
    }

    @Test("a command without parameters takes none")
    func refusesSurplus() async {
        let message: JSONValue = "1 parameters given, expected at most 0; usage: cc_reset_stats"
        #expect(await result("cc_reset_stats", "[1]") == error(-32602, message))
    }

    static let parts: [(name: String, params: String, list: String, ids: [String], total: Int?)] = [
        ("cc_list_flows", #"["sales"]"#, "Flows", [#""sales""#], nil),
        ("cc_list_flows", #"{"skill":"help"}"#, "Flows", [#""support""#], nil),
        ("cc_list_flows", #"{"offset":1,"limit":5}"#, "Flows", [#""support""#], 2),
        ("cc_list_agents", #"["bob"]"#, "Agents", [#""bob""#], nil),
        ("cc_list_agents", #"{"state":"offline"}"#, "Agents", [#""dee""#], nil),
        ("cc_list_agents", #"{"state":"free"}"#, "Agents", [#""ann""#], nil),
        ("cc_list_agents", #"{"flow":"sales","offset":"1"}"#, "Agents", [#""bob""#], 2),
        ("cc_list_agents", #"{"flow":"sales","skill":"help"}"#, "Agents", [], nil),
        ("cc_list_agents", #"{"limit":1}"#, "Agents", [#""ann""#], 4),
        ("cc_list_agents", #"{"offset":9}"#, "Agents", [], 4),
        ("cc_list_queue", #"["support"]"#, "Calls", ["42"], nil),
        ("cc_list_queue", #"{"offset":1}"#, "Calls", ["42"], 2),
        ("cc_list_calls", #"{"agent_id":"bob"}"#, "Calls", ["41"], nil),
        ("cc_list_calls", #"{"state":"queued","flow":"support"}"#, "Calls", ["42"], nil),
        ("cc_list_calls", #"["sales",null]"#, "", [], nil),
    ]

    @Test("lists take filters and pages; a page says how many there are", arguments: parts)
    func selects(name: String, params: String, list: String, ids: [String], total: Int?) async throws {
        let text = try #require(await result(name, params))
        let reply = try JSONReader.read(Array(text.utf8))
        guard case .array(let elements) = reply["result"]?[list] else {
            // The one that is wrong on purpose.
            #expect(list.isEmpty && text.contains("agent_id is null, expected a string"))
            return
        }
        #expect(elements.map { $0["id"]?.text } == ids)
        #expect(reply["result"]?["Total"] == total.map { .count($0) })
    }

    @Test("the index of a call in the queue is that of the whole queue")
    func keepsIndex() async throws {
        #expect(try #require(await result("cc_list_queue", #"["support"]"#)).contains(#""index":1,"id":42"#))
    }

    @Test("the queue is in the order of service: by priority, then by the place that a call has got")
    func listsInOrder() throws {
        var center = FakeDaemon.sampleCenter
        center.flows[1].priority = 1
        for index in center.calls.indices {
            center.calls[index].priority = 1
            center.calls[index].state = .queued
            // Whoever came last was put first.
            center.calls[index].order = UInt64(10 - index)
        }
        center.calls[1].priority = 0
        let list = try Lists.queue(in: center, ListQuery())
        guard case .array(let calls)? = list["Calls"] else {
            Issue.record("there is no list")
            return
        }
        #expect(calls.map { $0["id"] } == [42, 44, 43, 41])
        #expect(calls.map { $0["index"] } == [0, 1, 2, 3])
    }

    static let wrongFilters: [(name: String, params: String, code: Int, message: String)] = [
        ("cc_list_calls", #"{"flow":"sale"}"#, 404, #"no flow "sale""#),
        ("cc_list_agents", #"["zoe"]"#, 404, #"no agent "zoe""#),
        (
            "cc_list_agents", #"{"state":"busy"}"#, -32602,
            #"state is "busy", expected offline, free, incall, wrapup; usage: cc_list_agents [agent_id] [state] [flow] "#
                + "[skill] [offset] [limit]"
        ),
        (
            "cc_list_queue", #"{"limit":0}"#, -32602,
            "limit is 0, expected a whole number from 1 to 1000000000; usage: cc_list_queue [flow] [offset] [limit]"
        ),
    ]

    @Test("a filter for what there is not is an error", arguments: wrongFilters)
    func refusesFilters(name: String, params: String, code: Int, message: String) async {
        #expect(await result(name, params) == error(code, .string(message)))
    }

    @Test("get_statistics takes names, nothing else", arguments: ["[1]", #"[["a"],"b"]"#, #"{"statistics":{}}"#])
    func refusesStatistics(params: String) async throws {
        let reply = try #require(await result("get_statistics", params))
        #expect(reply.contains("-32602"))
        #expect(reply.contains("expected strings; usage: get_statistics [statistics]"))
    }

    @Test(
        "an unknown command is -32601 and names near ones",
        arguments: [
            ("cc_list_flow", "near: cc_list_flows"),
            ("call_center:list_agnets", "near: cc_list_agents"),
            ("agents", "near: cc_list_agents"),
            ("witch", "near: which"),
            ("frobnicate", "which lists the commands"),
            ("", "which lists the commands"),
        ]
    )
    func suggests(method: String, hint: String) async throws {
        let reply = try #require(await result(method))
        #expect(reply.hasPrefix(#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"no command"#))
        #expect(reply.contains(hint))
    }

    @Test("what the daemon refuses has its code and reason")
    func refusesAgent() async {
        #expect(await result("cc_agent_login", #"["nobody",1]"#) == error(404, #"no agent "nobody""#))
    }

    static let invalid: [(text: String, id: String, message: String)] = [
        ("7", "null", "a request is an object, not a number"),
        ("[]", "null", "a batch has 1 to 100 requests, not 0"),
        (#"{"id":3,"method":"which"}"#, "3", #"expected "jsonrpc": "2.0""#),
        (#"{"jsonrpc":"1.0","id":"x","method":"which"}"#, #""x""#, #"expected "jsonrpc": "2.0""#),
        (#"{"jsonrpc":"2.0","id":3}"#, "3", #"expected "method", a string"#),
        (#"{"jsonrpc":"2.0","id":3,"method":7}"#, "3", #"expected "method", a string"#),
        (#"{"jsonrpc":"2.0","id":[3],"method":"which"}"#, "null", "id must be a string, a number or null"),
        (#"{"jsonrpc":"2.0","id":3,"method":"which","params":7}"#, "3", "params must be an array or an object"),
    ]

    @Test("an invalid request is -32600", arguments: invalid)
    func refuses(text: String, id: String, message: String) async {
        #expect(await reply(text) == error(-32600, .string(message), id: id))
    }

    @Test("what is not JSON is -32700")
    func refusesText() async {
        let message: JSONValue = "not JSON: expected a member name, found the end at byte 1"
        #expect(await reply("{") == error(-32700, message, id: "null"))
    }

    @Test("ids come back as they were", arguments: ["0", #""a\nb""#, "null", "1.5", "-9007199254740993"])
    func echoes(id: String) async throws {
        let reply = try #require(await reply(#"{"jsonrpc":"2.0","id":\#(id),"method":"version"}"#))
        #expect(reply.hasSuffix(#","id":\#(id)}"#))
    }

    // MARK: - Notifications and batches

    @Test("a notification is carried out without a reply, even if it fails")
    func notifies() async {
        #expect(await reply(#"{"jsonrpc":"2.0","method":"cc_reset_stats"}"#) == nil)
        #expect(await reply(#"{"jsonrpc":"2.0","method":"nonsense"}"#) == nil)
        #expect(daemon.orders.map(\.what) == ["reset"])
    }

    @Test("a batch gets the replies of its requests, in order")
    func batches() async {
        let batch = #"""
            [{"jsonrpc":"2.0","id":1,"method":"version"},{"jsonrpc":"2.0","method":"cc_reset_stats"},5,
             {"jsonrpc":"2.0","id":2,"method":"cc_agent_login","params":["nobody",1]}]
            """#
        let replies = [
            ok(#"{"Server":"callcenterd 0.1.0"}"#),
            error(-32600, "a request is an object, not a number", id: "null"),
            error(404, #"no agent "nobody""#, id: "2"),
        ]
        #expect(await reply(batch) == "[\(replies.joined(separator: ","))]")
        #expect(await reply(#"[{"jsonrpc":"2.0","method":"cc_reset_stats"}]"#) == nil)
        let many = "[" + String(repeating: "1,", count: 100) + "1]"
        #expect(await reply(many) == error(-32600, "a batch has 1 to 100 requests, not 101", id: "null"))
    }

    // MARK: - A call loop that hangs

    @Test("a loop that hangs costs one clear error, and what was posted still takes effect")
    func givesUp() async {
        let control = daemon.impatient
        daemon.hang()
        let login = #"{"jsonrpc":"2.0","id":1,"method":"cc_agent_login","params":["ann",1]}"#
        let late: JSONValue = "the call loop has not answered within 0.02 seconds"
        #expect(await reply(login, control: control) == error(503, late))
        for _ in 0..<3 {
            #expect(
                await reply(#"{"jsonrpc":"2.0","id":1,"method":"cc_list_calls"}"#, control: control) == error(503, late)
            )
        }
        let full: JSONValue = "the call loop has 4 questions unanswered"
        #expect(await reply(login, control: control) == error(503, full))
        #expect(await control.health() == .bad(reason: "the call loop has 4 questions unanswered"))
        #expect(daemon.orders.isEmpty)
        daemon.recover()
        while daemon.orders.isEmpty { await Task.yield() }
        #expect(daemon.orders.map(\.what) == ["ann in"])
    }
}
