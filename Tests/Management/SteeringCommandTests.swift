import CallCenter
import Management
import Testing

/// Dispatching from outside and the operator's repairs, as commands.
@Suite("Steering commands")
struct SteeringCommandTests {
    @Test(
        "each becomes one order",
        arguments: [
            ("cc_free_agent", #"["ann"]"#, "free ann"), ("cc_end_call", "[17]", "end 17"),
            ("cc_end_call", #"{"call_id":"17"}"#, "end 17"), ("cc_move_call", "[17,3]", "17 to place 3"),
            ("cc_end_wrapup", #"["ann"]"#, "end the wrap-up of ann"),
            ("call_center:end_call", "[2147483647]", "end 2147483647"),
        ]
    )
    func orders(method: String, params: String, order: String) async {
        let daemon = FakeDaemon()
        #expect(await reply(daemon, method, params) == #"{"jsonrpc":"2.0","result":"OK","id":1}"#)
        #expect(daemon.orders.map(\.what) == [order])
    }

    @Test("what came of an order other than was asked for is in the answer")
    func adds() async {
        let answer = await reply(FakeDaemon(), "cc_move_call", "[17,99]")
        #expect(answer == #"{"jsonrpc":"2.0","result":"OK: at place 9, the last","id":1}"#)
    }

    @Test("internal_call_dispatching tells how it is, and changes it if told to")
    func dispatching() async {
        let daemon = FakeDaemon()
        let told = await reply(daemon, "internal_call_dispatching", "[]")
        #expect(told == #"{"jsonrpc":"2.0","result":{"dispatching":1},"id":1}"#)
        #expect(daemon.orders.isEmpty)
        _ = await reply(daemon, "internal_call_dispatching", "[0]")
        #expect(daemon.orders.map(\.what) == ["dispatching off"])
    }

    @Test("a dispatch that the daemon refuses has its code")
    func refusedDispatch() async throws {
        let answer = await reply(FakeDaemon(), "dispatch_call_to_agent", #"[5,"ann"]"#)
        #expect(try #require(answer).contains(#""code":403"#))
    }

    @Test("an id that no call can have is wrong usage", arguments: ["0", "-1", "2147483648", #""x""#])
    func wrongID(id: String) async throws {
        let daemon = FakeDaemon()
        let answer = await reply(daemon, "cc_end_call", "[\(id)]")
        #expect(try #require(answer).contains(#""code":-32602"#))
        #expect(daemon.orders.isEmpty)
    }

    @Test(
        "what the core says has the codes of the reference",
        arguments: [
            (SteeringError.internalDispatching, 403), (.unknownCall(7), 404), (.unknownAgent("x"), 404),
            (.unsuitable("ann is in a call"), 488),
        ]
    )
    func codes(error: SteeringError, code: Int) {
        #expect(ControlError(error).code == code)
    }

    private func reply(_ daemon: FakeDaemon, _ method: String, _ params: String) async -> String? {
        let dispatcher = RPCDispatcher(
            registry: .standard(version: "0.1.0"),
            control: daemon.bounded,
            logger: RecordedLog().logger
        )
        let request = #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(params)}"#
        return await dispatcher.reply(to: Array(request.utf8), from: .process(user: 1000, process: 42))?.text
    }
}
