import Foundation
import Glibc
import Patience
import PostgresFixture
import Testing

/// A centre on two machines, each with a state directory of its own: what one has kept of its calls only the database can tell the
/// other.
@Suite("A standby on another machine", .staged)
struct TakeoverTests {
    /// Where the machines are.
    enum Place: CaseIterable {
        /// Both on the loopback: two state directories, and one address that only the owner opens.
        case loopback
        /// Each in a network namespace of its own; the address moves from one to the other.
        case namespaces
    }

    @Test(
        "takes over with the calls: who talks notices nothing, who waits keeps place, wait and music",
        arguments: Place.allCases.filter { $0 == .loopback || Namespaces.areThere }
    )
    func takeOver(place: Place) async throws {
        let scene = try await Scene(place)
        do {
            try await takeOver(scene)
        } catch {
            Issue.record(error)
        }
        await scene.end()
    }

    private func takeOver(_ scene: Scene) async throws {
        let queue = try await Sipp.callee("queue", .answers(ring: 10), host: scene.phones)
        let agents = try await Sipp.callee("agents", .answers(ring: 10), host: scene.phones)
        try await scene.provision(queue: queue, agents: agents)
        let first = try await scene.owner(1)
        let second = try await scene.standby(2)
        let talker = try scene.callers("talker", .init(end: .hangUp(on: agents.audioPort, after: 20_000)), count: 1)
        try await eventually("him to talk", every: .milliseconds(50)) {
            try first.process.requireAlive()
            return try scene.server.sql("SELECT 1 FROM cc_calls WHERE last_start > 0").isEmpty ? nil : ()
        }
        let waiters = try scene.callers("waiters", .init(end: .hangUp(on: agents.audioPort, after: 300)), count: 2)
        try await eventually("two who wait", every: .milliseconds(50)) {
            try scene.rows().map { $0.suffix(2) } == ["|6", "|4", "|4"] ? () : nil
        }
        let before = try await first.calls()
        try await scene.settle()
        try await scene.kill(first, 1, movingTo: 2, second)
        #expect(second.process.text.contains("going on with what another machine has left"))
        let after = try await second.calls()
        #expect(after.map(\.id) == before.map(\.id))
        #expect(after.map(\.State) == before.map(\.State))
        await scene.stage.leaveFloor()
        try await talker.finish()
        try await waiters.finish()
        try await eventually("the records", every: .milliseconds(100)) {
            try scene.server.sql("SELECT 1 FROM cc_cdrs WHERE call_type = 0").count == 3 ? () : nil
        }
        let records = try scene.server.sql("SELECT cid, call_type FROM cc_cdrs ORDER BY id")
        #expect(records == before.map { "\($0.id)|0" }, "each once, in the order in which they came")
        try await eventually("the rows to go", every: .milliseconds(100)) {
            try scene.rows().isEmpty ? () : nil
        }
        try await queue.dismiss()
        try await agents.dismiss()
    }

    /// Of the second machine, as the first one's has it.
    enum Clock: CaseIterable { case inStep, behind }

    @Test(
        "is followed by the first machine again, which does not bring back what it had kept itself",
        arguments: Clock.allCases
    )
    func backAgain(clock: Clock) async throws {
        let scene = try await Scene(.loopback)
        do {
            try await backAgain(scene, clock)
        } catch {
            Issue.record(error)
        }
        await scene.end()
    }

    private func backAgain(_ scene: Scene, _ clock: Clock) async throws {
        let queue = try await Sipp.callee("queue", .answers(ring: 10))
        let agents = try await Sipp.callee("agents", .answers(ring: 10))
        try await scene.provision(queue: queue, agents: agents)
        try scene.server.sql("UPDATE cc_agents SET logstate = 0")
        let first = try await scene.owner(1)
        let second = try await scene.standby(2)
        let early = try scene.callers("early", .init(end: .stay), count: 1)
        try await eventually("his row", every: .milliseconds(50)) {
            try scene.rows().map { $0.suffix(2) } == ["|4"] ? () : nil
        }
        try await scene.settle()
        try await scene.kill(first, 1, movingTo: 2, second)
        let taken = try await second.calls()
        #expect(taken.count == 1)
        let third = clock == .inStep ? try await scene.standby(1) : nil
        // The journal of the first machine knows nothing of that.
        for call in taken { #expect(try await second.ccctl("cc_end_call", "\(call.id)").status == 0) }
        try await early.finish()
        let late = try scene.callers("late", .init(end: .stay), count: 1)
        try await eventually("only the later one", every: .milliseconds(50)) {
            try scene.rows().map { $0.suffix(2) } == ["|4"] && scene.server.sql("SELECT 1 FROM cc_cdrs").count == 1
                ? () : nil
        }
        let before = try await second.calls()
        #expect(before.count == 1)
        if let third {
            try await scene.settle()
            try await scene.kill(second, 2, movingTo: 1, third)
            #expect(try await third.calls().map(\.id) == before.map(\.id))
        } else {
            try await backAgain(scene, after: second, before.map(\.id))
        }
        await late.process.stop(with: SIGKILL)
    }

    /// The second machine seems to have died before the first. Then the first dies before it has claimed the calls.
    private func backAgain(_ scene: Scene, after second: Daemon, _ before: [Int]) async throws {
        // A caller who is not answered yet would have given up in ten minutes.
        try await scene.settle()
        try await scene.die(second)
        try scene.server.sql("UPDATE cc_instances SET alive = alive - 600000")
        let claim = try scene.server.sql("SELECT journal, run, alive FROM cc_instances")
            .flatMap { $0.split(separator: "|").map(String.init) }
        try #require(claim.count == 3)
        let third = try await scene.owner(1)
        #expect(third.process.text.contains("going on with what another machine has left"))
        #expect(try await third.calls().map(\.id) == before)
        let last = try scene.callers("last", .init(end: .stay), count: 1)
        try await eventually("the last one", every: .milliseconds(50)) {
            try scene.rows().map { $0.suffix(2) } == ["|4", "|4"] ? () : nil
        }
        let both = try await third.calls().map(\.id)
        try await scene.die(third)
        try scene.server.sql(
            """
            UPDATE cc_instances SET journal = '\(claim[0])', run = '\(claim[1])', alive = alive + 600000;
            DELETE FROM cc_calls;
            """
        )
        let fourth = try await scene.owner(1)
        #expect(try await fourth.calls().map(\.id) == both)
        try await eventually("their rows", every: .milliseconds(50)) {
            try scene.rows().map { $0.suffix(2) } == ["|4", "|4"] ? () : nil
        }
        await last.process.stop(with: SIGKILL)
    }

    @Test("who could not see that another has gone on with the calls ends when he can, and leaves them as they are")
    func blind() async throws {
        let scene = try await Scene(.loopback)
        do {
            let phone = try await Sipp.callee("queue", .answers(ring: 10))
            try await scene.provision(queue: phone, agents: phone)
            try scene.server.sql(
                """
                INSERT INTO cc_instances (instance, journal, run, alive) VALUES ('main', 'there', 'there 1', 1);
                ALTER TABLE cc_instances RENAME TO cc_hidden;
                """
            )
            let daemon = try await scene.owner(1)
            #expect(daemon.process.text.contains("it cannot be read which calls another machine has left"))
            try scene.server.sql("ALTER TABLE cc_hidden RENAME TO cc_instances")
            #expect(try await daemon.process.ended() == 71)
            #expect(try scene.server.sql("SELECT journal, run, alive FROM cc_instances") == ["there|there 1|1"])
            _ = try await scene.owner(1)
            try await eventually("his claim", every: .milliseconds(50)) {
                try scene.server.sql("SELECT 1 FROM cc_instances WHERE journal <> 'there'").isEmpty ? nil : ()
            }
            await phone.process.stop(with: SIGKILL)
        } catch {
            Issue.record(error)
        }
        await scene.end()
    }

    @Test(
        "leaves log-ins that it did not come to write to nobody: those of the machine that had the centre since count"
    )
    func logins() async throws {
        let scene = try await Scene(.loopback)
        do {
            try await logins(scene)
        } catch {
            Issue.record(error)
        }
        await scene.end()
    }

    private func logins(_ scene: Scene) async throws {
        let phone = try await Sipp.callee("queue", .answers(ring: 10))
        try await scene.provision(queue: phone, agents: phone)
        try scene.server.sql(
            """
            INSERT INTO cc_agents (agentid, location, logstate, skills)
              VALUES ('ben', 'sip:ben@127.0.0.1:1', 0, 'other')
            """
        )
        func log(_ agent: String, _ state: String, on daemon: Daemon) async throws {
            let done = try await daemon.ccctl("cc_agent_login", agent, state)
            try #require(done.status == 0, "\(done.text)")
        }
        func loggedIn(_ daemon: Daemon) async throws -> [String] {
            try await daemon.agents().filter { $0.loggedIn == "YES" }.map(\.id)
        }
        func table(_ condition: String) throws -> Bool {
            try !scene.server.sql("SELECT 1 FROM cc_agent_state WHERE \(condition)").isEmpty
        }
        let first = try await scene.owner(1)
        try scene.server.sql("ALTER TABLE cc_agent_state RENAME TO cc_hidden")
        try await log("anna", "0", on: first)
        try await scene.die(first)
        try scene.server.sql("ALTER TABLE cc_hidden RENAME TO cc_agent_state")

        let second = try await scene.owner(2)
        #expect(try await loggedIn(second) == ["anna"])
        try await log("anna", "0", on: second)
        try await log("anna", "1", on: second)
        try await eventually("her log-in", every: .milliseconds(100)) {
            try table("agentid = 'anna' AND loggedin = 1 AND since > 0")
        }
        try await scene.die(second)
        // Its clock is far behind.
        try scene.server.sql("UPDATE cc_agent_state SET since = 1 WHERE agentid = 'anna'")

        let third = try await scene.owner(1)
        #expect(try await loggedIn(third) == ["anna"])
        try await log("ben", "1", on: third)
        try await eventually("a later log-in", every: .milliseconds(100)) {
            try table("agentid = 'ben' AND loggedin = 1 AND since > 0")
        }
        #expect(try table("agentid = 'anna' AND loggedin = 1 AND since = 1"), "as the second machine has left it")
        try await scene.die(third)
        // Whoever has had the centre last knows better than a table, whatever moments that has.
        try scene.server.sql("UPDATE cc_agent_state SET loggedin = 1 - loggedin, since = 99999999999999")
        let fourth = try await scene.owner(1)
        #expect(try await loggedIn(fourth) == ["anna", "ben"])
        await phone.process.stop(with: SIGKILL)
    }

    @Test("finds an agent in the wrap-up that he is in")
    func wrapup() async throws {
        let scene = try await Scene(.loopback)
        do {
            let queue = try await Sipp.callee("queue", .answers(ring: 10))
            let agents = try await Sipp.callee("agents", .answers(ring: 10, talk: 100))
            try await scene.provision(queue: queue, agents: agents)
            let first = try scene.start(1, wrapup: 600)
            try await scene.isOwner(first)
            let second = try await scene.standby(2)
            try await scene.callers("caller", .init(end: .stay), count: 1).finish()
            let query = "SELECT 1 FROM cc_agent_state WHERE wrapup_ends IS NOT NULL"
            try await eventually("his row", every: .milliseconds(50)) {
                try scene.server.sql(query).isEmpty ? nil : ()
            }
            try await scene.kill(first, 1, movingTo: 2, second)
            #expect(try await second.agents().map(\.State) == ["wrapup"])
        } catch {
            Issue.record(error)
        }
        await scene.end()
    }
}
