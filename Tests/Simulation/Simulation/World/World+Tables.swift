import SIP

/// What stations have under way and have had, by what names it on the wire, and when it is forgotten.
extension World {
    func expire() {
        if watches.next <= now { complainOfOld() }
        if nextTidying <= now {
            nextTidying = now + 1_000
            tidy()
        }
    }

    private func complainOfOld() {
        while let client = watches.clients.takeNext(now: now) { client.session.station.lifetimeIsOver(of: client) }
        while let client = watches.reinvites.takeNext(now: now) { client.session.station.reinviteIsOld(client) }
        while let call = watches.mediaCalls.takeNext(now: now) { isOld(call) }
        while let call = watches.callsElsewhere.takeNext(now: now) { isOld(call) }
    }

    private func tidy() {
        while let (key, server) = oldServers.takeNext(now: now) {
            if servers[key] === server { servers[key] = nil }
        }
        while let branch = oldInvites.takeNext(now: now) { sentInvites[branch] = nil }
        while let client = forgettable.takeNext(now: now) {
            // Who waits unanswered may do so for long.
            guard client.isFinal || client.session.phase == .over else {
                forgettable.begin(client, now: now)
                continue
            }
            if clients[client.branch] === client { clients[client.branch] = nil }
            if cancels[client.branch] === client { cancels[client.branch] = nil }
        }
        while let session = oldSessions.takeNext(now: now) {
            sessions[session.number] = nil
            session.station.sessions.removeAll { $0 === session }
            if session.station.kind == .caller, session.station.sessions.isEmpty {
                callers[session.station.number] = nil
            }
        }
    }

    func mint() -> Int {
        minted += 1
        return minted
    }

    func add(_ session: Session) {
        sessions[session.number] = session
        session.station.sessions.append(session)
    }

    func session(_ number: Int) -> Session? { sessions[number] }

    var openSessions: [Session] {
        sessions.values.filter { $0.phase != .over }.sorted { $0.number < $1.number }
    }

    /// Whoever calls now, answered or not.
    var presentCallers: [Caller] { callers.compactMap(\.self) }

    func add(_ client: StationClient) {
        if client.method == .cancel { cancels[client.branch] = client } else { clients[client.branch] = client }
        watches.clients.begin(client, now: now)
        forgettable.begin(client, now: now)
    }

    /// Complains later if nothing has become of it.
    func watch(_ client: StationClient) { watches.reinvites.begin(client, now: now) }

    func client(_ branch: Int, _ method: Method) -> StationClient? {
        guard method == .cancel else { return clients[branch].flatMap { $0.method == method ? $0 : nil } }
        return cancels[branch]
    }

    func add(_ server: StationServer, _ branch: UInt64) {
        let key = ServerKey(branch: branch, method: server.request.method, station: ObjectIdentifier(server.station))
        servers[key] = server
        oldServers.begin((key, server), now: now)
    }

    func server(_ branch: UInt64, _ method: Method, of station: Station) -> StationServer? {
        servers[ServerKey(branch: branch, method: method, station: ObjectIdentifier(station))]
    }

}
