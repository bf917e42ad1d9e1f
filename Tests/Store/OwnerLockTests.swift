import Patience
import Foundation
import PostgresFixture
import Testing

@testable import Store

@Suite("The lock of a state directory")
struct OwnerLockTests {
    @Test("is had by one at a time, who says which process he is, and falls free with him")
    func one() async throws {
        try await withFolder { folder in
            let directory = folder + "/state"
            var lock: OwnerLock? = try taken(directory)
            guard case .owned(by: let process) = try OwnerLock.attempt(directory) else {
                Issue.record("two have the lock")
                return
            }
            #expect(process == getpid())
            withExtendedLifetime(lock) {
                #expect((try? String(contentsOfFile: directory + "/owner", encoding: .utf8)) == "\(getpid())\n")
            }
            lock = nil
            _ = try taken(directory)
        }
    }

    @Test("says what is wrong with a directory that cannot be")
    func unusable() async throws {
        try await withFolder { folder in
            try Data().write(to: URL(fileURLWithPath: folder + "/file"))
            let error = try #require(throws: StoreError.self) { try OwnerLock.attempt(folder + "/file/state") }
            #expect(error.kind == .unusable)
            #expect(error.description.hasPrefix("\(folder)/file/state: cannot be created"))
        }
    }

    private func taken(_ directory: String) throws -> OwnerLock {
        guard case .taken(let lock) = try OwnerLock.attempt(directory) else {
            throw StoreError(.unavailable, "somebody has the lock")
        }
        return lock
    }
}

@Suite("The lock of an instance in PostgreSQL", .serialized, .postgresServer)
struct InstanceLockTests {
    private func lock(
        _ instance: String = "main",
        grace: Duration = .seconds(60),
        lease: Duration = .seconds(600)
    ) throws -> InstanceLock {
        let server = try #require(PostgresServerTrait.server)
        // A machine that is busy must not end the sessions of those who wait.
        return try InstanceLock(
            instance,
            url: server.url(),
            patience: .seconds(20),
            grace: grace,
            lease: lease
        )
    }

    private func isAnothers(_ answer: InstanceLock.Answer) -> Bool {
        guard case .another(let who) = answer else { return false }
        return who.hasPrefix("callcenterd, process \(getpid()) of ")
    }

    @Test("is had by one at a time, and each instance has its own")
    func one() async throws {
        var owner: InstanceLock? = try lock()
        #expect(try owner?.ask() == .ours)
        let standby = try lock()
        #expect(isAnothers(try standby.ask()))
        #expect(try lock("other").ask() == .ours)
        #expect(try owner?.ask() == .ours, "and kept")
        owner = nil
        // The server notices the end of the session in its own time.
        try await eventually("the lock to fall free") { try standby.ask() == .ours }
    }

    @Test("is taken again by its owner when the server has been away; the standby leaves him the time")
    func serverRestarts() async throws {
        let server = try #require(PostgresServerTrait.server)
        let owner = try lock()
        let standby = try lock()
        #expect(try owner.ask() == .ours)
        #expect(isAnothers(try standby.ask()))
        try server.crash()
        #expect(throws: StoreError.self) { try owner.ask() }
        #expect(throws: StoreError.self) { try standby.ask() }
        try server.start()
        #expect(try standby.ask() == .pause)
        #expect(try owner.ask() == .ours)
        #expect(try standby.ask() == .pause)
    }

    @Test("goes to the standby when the owner does not come back in time, and the owner hears of it")
    func ownerIsLate() async throws {
        let server = try #require(PostgresServerTrait.server)
        let owner = try lock()
        let standby = try lock(grace: .zero)
        #expect(try owner.ask() == .ours)
        #expect(isAnothers(try standby.ask()))
        try server.shutDown()
        #expect(throws: StoreError.self) { try owner.ask() }
        #expect(throws: StoreError.self) { try standby.ask() }
        try server.start()
        #expect(try standby.ask() == .ours)
        #expect(isAnothers(try owner.ask()))
        #expect(try standby.ask() == .ours)
    }

    @Test("is not lost to a session of the owner's own that the server still believes in")
    func lingering() async throws {
        let server = try #require(PostgresServerTrait.server)
        let owner = try InstanceLock("main", url: server.url(), patience: .milliseconds(300), grace: .seconds(60))
        #expect(try owner.ask() == .ours)
        server.freeze()
        #expect(throws: StoreError.self) { try owner.ask() }
        server.thaw()
        // Connecting may be given up under load, which is worth another try.
        try await eventually("the owner to have his lock again") { (try? owner.ask()) == .ours }
    }

    @Test("belongs to an owner who is silent for ten seconds no longer")
    func lease() async throws {
        let server = try #require(PostgresServerTrait.server)
        let owner = try lock(lease: .seconds(10))
        #expect(try owner.ask() == .ours)
        let query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        #expect(try server.sql(query) == ["1"])
        // Nobody asks for the owner meanwhile.
        try await eventually("the server to take the lock back") { try server.sql(query) == ["0"] }
        withExtendedLifetime(owner) {}
    }

    @Test("needs PostgreSQL")
    func sqlite() throws {
        let error = try #require(throws: StoreError.self) { try InstanceLock("main", url: "sqlite:/a.db") }
        #expect(error.kind == .address)
    }
}
