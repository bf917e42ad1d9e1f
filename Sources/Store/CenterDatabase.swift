package import CallCenter
import Dispatch

/// The database of a call centre: flows, agents and call-detail records in the tables of DESIGN.md section 2.
///
/// Every call blocks until the database has answered or its time-out is over, and may come from any thread but the call
/// loop.
package protocol CenterDatabase: Sendable {
    /// What to call it in front of people, without password.
    var name: String { get }

    /// Makes ready at the start what belongs to this program alone: an SQLite file gets its tables. A PostgreSQL
    /// database, which has other users and an administrator, is left to `ccctl db migrate`.
    func prepare() throws(StoreError)

    /// Creates the tables that are missing and brings older ones up to this program, each step whole or not at all.
    ///
    /// A database that a newer program has changed is left alone: `StoreError.Kind.unusable`.
    ///
    /// - Returns: the names of the steps that were still to be made.
    @discardableResult
    func migrate() throws(StoreError) -> [String]

    /// What tables and columns there are, for a check.
    func schema() throws(StoreError) -> SchemaState

    /// All rows of flows and agents, as of one moment, by ID.
    func tables() throws(StoreError) -> ProvisioningTables

    /// Writes all of the records or none. One that is there already, by its key, stays as it is.
    ///
    /// When it returns, they survive a crash of the machine.
    func write(_ records: [CallDetailRecord]) throws(StoreError)

    /// Records behind a place in the order in which they were written, so many at most.
    ///
    /// - Parameter place: 0, or `next` of the page before.
    func records(_ query: RecordQuery, after place: Int64, count: Int) throws(StoreError) -> RecordPage

    /// The last records, the newest first.
    func newestRecords(_ query: RecordQuery, count: Int) throws(StoreError) -> RecordPage

    /// Removes the oldest records of calls that came before a moment (as in `RecordQuery`), so many at most.
    ///
    /// - Returns: how many.
    func purgeRecords(before moment: String, count: Int) throws(StoreError) -> Int

    /// Writes all of the log-ins, one an agent, or none. They replace what is there.
    ///
    /// - Parameter owner: where several machines write: who we are.
    /// - Returns: false if it is another who has claimed the instance last; nothing was written then.
    func write(_ logins: [AgentLogin], of owner: CallOwner?) throws(StoreError) -> Bool

    /// The log-ins that were written, by agent.
    func logins() throws(StoreError) -> [AgentLogin]

    /// Writes what has changed of the calls and agents of an instance, all of it or nothing, and that its owner is alive.
    ///
    /// - Parameter moment: now, milliseconds since 1970.
    /// - Returns: false if another process has become the owner; nothing was written then.
    func write(_ changes: CallChanges, of owner: CallOwner, at moment: Milliseconds) throws(StoreError) -> Bool

    /// What the last owner of an instance has left, as of one moment.
    func callsLeft(of instance: String) throws(StoreError) -> CallsLeft

    /// The call number (`cid`) from which to go on after a restart: the highest of the records written last, 0 if there
    /// are none. Numbers have 31 bits and begin again, which is seen and allowed for.
    func highestCallNumber() throws(StoreError) -> Int32

    /// Ends all use; later calls fail. What was written is in the database.
    func close() throws(StoreError)
}

extension CenterDatabase {
    /// All flows and agents, as of one moment, by ID. A row that cannot be used is named in `refused`; a column that is
    /// missing means its default.
    package func loadProvisioning() throws(StoreError) -> Provisioning {
        try tables().provisioning(of: name)
    }

    /// Runs something that blocks on a background thread, for those who may not block. Whoever waits for it no longer, since so much
    /// time has passed or his task has been cancelled, gets an error; it goes on, and what comes of it is nobody's.
    package func background<Value: Sendable>(
        within limit: Duration? = nil,
        _ body: @escaping @Sendable (Self) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let answer = OneAnswer<Result<Value, StoreError>>()
        @Sendable func giveUp(_ problem: String) {
            answer.give(.failure(StoreError(.unavailable, database: name, problem)))
        }
        // A queue of its own gets a thread at once; the global ones may have none left but those that wait for a database.
        DispatchQueue(label: "callcenterd.background", qos: .utility).async {
            answer.give(Result { () throws(StoreError) in try body(self) })
        }
        if let limit {
            DispatchQueue.deadlines.asyncAfter(deadline: .after(limit)) { giveUp("has not answered within \(limit)") }
        }
        let result = await withTaskCancellationHandler {
            await answer.wait()
        } onCancel: {
            giveUp("is not waited for any more")
        }
        return try result.get()
    }

    /// `loadProvisioning` on a background thread.
    package func provisioning() async throws(StoreError) -> Provisioning {
        try await background { database throws(StoreError) in try database.loadProvisioning() }
    }
}
