import CallCenter
import Exchange
import SIP
import Testing

@Suite("Waiting with music")
struct QueueTests {
    @Test("Without a free agent the caller is told so, answered by the music, and offered when an agent logs in")
    func queued() throws {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run()
        #expect(town.caller.log == ["182 invite", "200 invite sdp=queue"])
        #expect(town.queue.log == ["invite sdp=alice", "ack"])
        #expect(town.bench.call?.state == .queued)
        town.bench.run(for: 10_000)
        try town.logIn("anna")
        #expect(town.anna.log == ["invite"])
        #expect(town.queue.log.last == "ack")
        town.bench.run(for: 1_999)
        // While the phone rings: no re-INVITE to the caller, no BYE to the music.
        #expect(town.caller.log.count == 2)
        #expect(town.queue.log.last == "ack")
        town.bench.run(for: 1)
        #expect(town.caller.log.suffix(2) == ["invite sdp=anna", "ack"])
        #expect(town.anna.log == ["invite", "ack sdp=alice"])
        #expect(town.queue.log.last == "bye")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("The music's URI tells how many calls are ahead")
    func position() throws {
        let town = Town(loggedIn: false) { configuration in
            configuration.policy.rejectOnNoAgents = false
            configuration.queuePositionParameter = "cc_pos"
        }
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run()
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run()
        let uris = town.queue.received.filter { $0.method == .invite }.compactMap { invite in
            invite.requestURI.map { invite.text(of: $0) }
        }
        #expect(uris == ["\(town.queue.uri);cc_pos=0", "\(town.queue.uri);cc_pos=1"])
    }

    @Test("The music's URI tells how long it may take, where there is somebody to take the call")
    func wait() throws {
        func uris(loggedIn: Bool) -> [String] {
            let town = Town(loggedIn: loggedIn) { configuration in
                configuration.policy.rejectOnNoAgents = false
                configuration.policy.internalDispatching = false
                configuration.queuePositionParameter = "cc_pos"
                configuration.queueWaitParameter = "cc_ewt"
            }
            town.call()
            town.call()
            return town.queue.received.filter { $0.method == .invite }.compactMap { invite in
                invite.requestURI.map { invite.text(of: $0).replacing(town.queue.uri, with: "") }
            }
        }
        // 180 s a call, as long as there is no history.
        #expect(uris(loggedIn: true) == [";cc_pos=0;cc_ewt=0", ";cc_pos=1;cc_ewt=180"])
        #expect(uris(loggedIn: false) == [";cc_pos=0", ";cc_pos=1"])
    }

    @Test("The calls ahead are told behind the URI's own parameters; its header fields are such of the INVITE")
    func positionBeforeHeaders() {
        let town = Town(loggedIn: false) { configuration in
            configuration.policy.rejectOnNoAgents = false
            configuration.queuePositionParameter = "cc_pos"
        } flow: { flow, _ in
            // Neither may a URI say what only we can, nor break a line.
            flow.messageQueue += ";x=y?X-Room=a%20b&From=me&Y=1%0D%0AVia:z"
        }
        town.call()
        let uri = town.queue.received.first { $0.method == .invite }.flatMap { invite in
            invite.requestURI.map { invite.text(of: $0) }
        }
        #expect(uri == "\(town.queue.uri);x=y;cc_pos=0")
        let invite = town.queue.received.first
        #expect(invite.map { $0.text(of: $0.to.uri) } == "\(town.queue.uri);x=y;cc_pos=0")
        #expect(town.queue.invited("X-Room") == "a b")
        #expect(town.queue.invited("From")?.contains("alice") == true)
        #expect(town.queue.invited("Y") == nil)
    }

    @Test("A welcome that is refused is skipped, and the music's responses have another To tag")
    func refusedWelcome() {
        let town = Town(hasWelcome: true, loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        town.welcome.manner = .refuse(404)
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run()
        #expect(town.caller.log == ["182 invite", "200 invite sdp=queue"])
        #expect(town.bench.exchange.counters.mediaFailures == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A welcome that does not answer in time is let go")
    func silentWelcome() {
        let town = Town(hasWelcome: true)
        town.welcome.manner = .silent
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 8_000)
        #expect(town.anna.log == ["invite sdp=alice"])
        town.bench.run(for: 2_000)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A welcome that never ends is ended")
    func endlessWelcome() {
        let town = Town(hasWelcome: true) { $0.welcomeMax = 20_000 }
        town.welcome.manner = .answer(after: 0)
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 20_000)
        #expect(town.welcome.log.last == "bye")
        #expect(town.anna.log == ["invite"])
        town.bench.run(for: 2_000)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Music that ends is called again, and the caller keeps his place")
    func musicEnds() {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 1_000)
        town.queue.hangUp(town.queue.lastCallID)
        town.bench.run(for: 999)
        #expect(town.queue.order.count == 1)
        town.bench.run(for: 1)
        #expect(town.queue.order.count == 2)
        #expect(town.caller.log.suffix(2) == ["invite sdp=queue", "ack"])
        #expect(town.bench.call?.state == .queued)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An unanswered caller for whom there is no music is refused with 480")
    func noMusic() {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        town.queue.manner = .refuse(503)
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 24_000)
        #expect(town.caller.log.last == "480 invite")
        #expect(town.record(0)?.callType == .error)
        #expect(town.record(0)?.cause == "media")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A wait that leads nowhere ends after max_wait")
    func maxWait() {
        let town = Town(loggedIn: false) { configuration in
            configuration.policy.rejectOnNoAgents = false
            configuration.maxWait = 60_000
        }
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 60_000)
        #expect(town.caller.log.last == "bye")
        #expect(town.queue.log.last == "bye")
        #expect(town.record(0)?.cause == "max_wait")
        #expect(town.record(0)?.callType == .unanswered)
        #expect(town.record(0)?.wait == 60_000)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
