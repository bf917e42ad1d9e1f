package import CallCenter
import SIP

/// How a call stands in the journal. Pure; what is damaged is refused, never trusted.
extension KeptCall {
    /// Of the layout; a process refuses what is of another one.
    fileprivate static let version: UInt8 = 6

    /// As the journal keeps it.
    package var encoded: [UInt8] {
        var writer = ByteWriter(capacity: 1_024 + 1_024 * (1 + legs.count))
        writer.write(Self.version)
        writer.write(key)
        writer.write(uuid)
        writer.write(number)
        writer.write(callerUser)
        writer.write(callerDisplayName)
        writer.write(bytes: callerURI)
        writer.write(bytes: calledURI)
        writer.write(hopsLeft)
        writer.write(UInt8(clamping: passedHeaders.count))
        for header in passedHeaders.prefix(Int(UInt8.max)) {
            writer.write(bytes: header.name)
            writer.write(bytes: header.value)
        }
        writer.write(received)
        writer.write(flowID)
        writer.write(skill)
        writer.write(Int64(clamping: priority))
        writer.write(messageQueue)
        writer.write(flowsBefore)
        writer.write(callIDs)
        course.write(to: &writer)
        writer.write(caller)
        writer.write(UInt8(clamping: legs.count))
        for leg in legs {
            writer.write(leg.role.rawValue)
            writer.write(leg.leg)
        }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(ByteReader.Malformed) {
        var reader = ByteReader(encoded)
        guard try reader.number(UInt8.self) == Self.version else { throw ByteReader.Malformed() }
        key = try reader.text()
        uuid = try reader.text()
        number = try reader.number()
        callerUser = try reader.text()
        callerDisplayName = try reader.text()
        callerURI = try reader.bytes()
        calledURI = try reader.bytes()
        hopsLeft = try reader.number()
        for _ in 0..<(try reader.number(UInt8.self)) {
            passedHeaders.append(ExtraHeader(name: try reader.bytes(), value: try reader.bytes()))
        }
        received = try reader.time()
        flowID = try reader.text()
        skill = try reader.text()
        priority = Int(clamping: try reader.number(Int64.self))
        messageQueue = try reader.text()
        flowsBefore = try reader.texts()
        callIDs = try reader.texts()
        course = try Course(&reader)
        caller = try reader.leg()
        for _ in 0..<(try reader.number(UInt8.self)) {
            guard let role = Role(rawValue: try reader.number()) else { throw ByteReader.Malformed() }
            legs.append(Leg(role: role, leg: try reader.leg()))
        }
        guard reader.isAtEnd else { throw ByteReader.Malformed() }
    }

    /// From what was kept of a call: the whole of it, and what has changed since, in order. Where that does not fit, what was kept
    /// before counts.
    package init(entries: [[UInt8]]) throws(ByteReader.Malformed) {
        guard let first = entries.first else { throw ByteReader.Malformed() }
        try self.init(encoded: first)
        for (index, entry) in entries.enumerated().dropFirst() {
            guard let changed = try? changed(by: entry, order: index) else { return }
            self = changed
        }
    }

    private func changed(by entry: [UInt8], order: Int) throws(ByteReader.Malformed) -> KeptCall {
        let change = try KeptChange(encoded: entry)
        guard change.key == key, change.number == number, Int(change.order) == order,
            change.callIDsBefore <= callIDs.count
        else { throw ByteReader.Malformed() }
        var call = self
        call.callIDs = callIDs.prefix(change.callIDsBefore) + change.callIDs
        call.course = change.course
        if let caller = change.caller { call.caller = caller }
        let before = [caller] + legs.map(\.leg)
        call.legs = []
        for leg in change.legs {
            guard let kept = leg.leg ?? before.first(where: { $0.id == leg.id }) else { throw ByteReader.Malformed() }
            call.legs.append(Leg(role: leg.role, leg: kept))
        }
        return call
    }
}

extension KeptCall.Course {
    fileprivate func write(to writer: inout ByteWriter) {
        write(stage, to: &writer)
        writer.write(place.arrival)
        writer.write(place.arrived)
        writer.write(Int32(truncatingIfNeeded: place.dissuasions))
        writer.write(place.hasWaited)
        writer.write(UInt8(clamping: place.pauses.count))
        for pause in place.pauses.prefix(Int(UInt8.max)) {
            writer.write(pause.agentID)
            writer.write(pause.until)
        }
        writer.write(isAnswered)
        writer.write(hasTriedFirstLeg)
        writer.write(Int32(clamping: offersMade))
        writer.write(Int32(clamping: refusals))
        for deadline in [maxWait, welcomeMax, maxDuration] {
            writer.write(deadline != nil)
            if let deadline { writer.write(deadline) }
        }
        writer.write(connected?.rawValue ?? .max)
        writer.write(awaitsCallersAnswer?.rawValue ?? .max)
        writer.write(mediaPurpose?.rawValue ?? .max)
        writer.write(isMediaUp)
        writer.write(isRejoining)
    }

    fileprivate init(_ reader: inout ByteReader) throws(ByteReader.Malformed) {
        stage = try Self.stage(&reader)
        place = Center.Place(
            arrival: try reader.number(),
            arrived: try reader.time(),
            dissuasions: Int(try reader.number(Int32.self)),
            hasWaited: try reader.flag()
        )
        for _ in 0..<(try reader.number(UInt8.self)) {
            place.pauses.append(Center.Place.Pause(agentID: try reader.text(), until: try reader.time()))
        }
        isAnswered = try reader.flag()
        hasTriedFirstLeg = try reader.flag()
        offersMade = Int(try reader.number(Int32.self))
        refusals = Int(try reader.number(Int32.self))
        maxWait = try Self.moment(&reader)
        welcomeMax = try Self.moment(&reader)
        maxDuration = try Self.moment(&reader)
        connected = KeptCall.Role(rawValue: try reader.number())
        awaitsCallersAnswer = KeptCall.Role(rawValue: try reader.number())
        mediaPurpose = KeptCall.MediaPurpose(rawValue: try reader.number())
        isMediaUp = try reader.flag()
        isRejoining = try reader.flag()
    }

    private static func moment(_ reader: inout ByteReader) throws(ByteReader.Malformed) -> Milliseconds? {
        try reader.flag() ? try reader.time() : nil
    }

    private func write(_ stage: KeptCall.Stage, to writer: inout ByteWriter) {
        switch stage {
        case .welcome: writer.write(UInt8(0))
        case .queued: writer.write(UInt8(1))
        case .transferred(to: nil): writer.write(UInt8(2))
        case .transferred(let target?):
            writer.write(UInt8(7))
            writer.write(target)
        case .dissuading(let isFinal):
            writer.write(UInt8(3))
            writer.write(isFinal)
        case .offering(let agentID, let number):
            writer.write(UInt8(4))
            writer.write(agentID)
            writer.write(Int32(clamping: number))
        case .talking(let agentID, let answered, let pickup):
            writer.write(UInt8(5))
            writer.write(agentID)
            writer.write(answered)
            writer.write(pickup)
        case .leaving(let target):
            writer.write(UInt8(6))
            writer.write(target)
        }
    }

    private static func stage(_ reader: inout ByteReader) throws(ByteReader.Malformed) -> KeptCall.Stage {
        switch try reader.number(UInt8.self) {
        case 0: return .welcome
        case 1: return .queued
        case 2: return .transferred(to: nil)
        case 3: return .dissuading(isFinal: try reader.flag())
        case 4: return .offering(agentID: try reader.text(), number: Int(try reader.number(Int32.self)))
        case 5:
            return .talking(agentID: try reader.text(), answered: try reader.time(), pickup: try reader.time())
        case 6: return .leaving(to: try reader.text())
        case 7: return .transferred(to: try reader.text())
        default: throw ByteReader.Malformed()
        }
    }
}

extension ByteWriter {
    /// Begins a `KeptChange`; its caller and its other legs follow, each behind what it is, then `end`.
    mutating func begin(changeOf key: String, number: Int32, order: UInt16, callIDsBefore: Int, callIDs: [String]) {
        write(KeptCall.version)
        write(key)
        write(number)
        write(order)
        write(UInt32(clamping: callIDsBefore))
        write(UInt32(clamping: max(0, callIDs.count - callIDsBefore)))
        for callID in callIDs.dropFirst(callIDsBefore) { write(callID) }
    }

    mutating func write(_ role: KeptCall.Role, _ id: LegID) {
        write(role.rawValue)
        write(id.index)
        write(id.generation)
    }

    mutating func end(with course: KeptCall.Course) {
        write(KeptChange.noRole)
        course.write(to: &self)
    }
}

extension KeptChange {
    /// Stands where the next leg would.
    fileprivate static let noRole = UInt8.max

    init(encoded: [UInt8]) throws(ByteReader.Malformed) {
        var reader = ByteReader(encoded)
        guard try reader.number(UInt8.self) == KeptCall.version else { throw ByteReader.Malformed() }
        key = try reader.text()
        number = try reader.number()
        order = try reader.number()
        callIDsBefore = Int(try reader.number(UInt32.self))
        callIDs = try reader.texts()
        caller = try reader.flag() ? try reader.leg() : nil
        while true {
            let code = try reader.number(UInt8.self)
            guard code != Self.noRole else { break }
            guard let role = KeptCall.Role(rawValue: code) else { throw ByteReader.Malformed() }
            let id = LegID(SlabHandle(index: try reader.number(), generation: try reader.number()))
            legs.append(Leg(role: role, id: id, leg: try reader.flag() ? try reader.leg() : nil))
        }
        course = try KeptCall.Course(&reader)
        guard reader.isAtEnd else { throw ByteReader.Malformed() }
    }
}

extension KeptAgent {
    private static let version: UInt8 = 2
    /// Has nothing of his log-in.
    private static let versionBefore: UInt8 = 1

    /// As the journal keeps it.
    package var encoded: [UInt8] {
        var writer = ByteWriter(capacity: 64)
        writer.write(Self.version)
        writer.write(id)
        writer.write(freeSince)
        writer.write(wrapupEnds != nil)
        if let wrapupEnds { writer.write(wrapupEnds) }
        writer.write(login != nil)
        if let login {
            writer.write(login.isLoggedIn)
            writer.write(login.rowSays)
        }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(ByteReader.Malformed) {
        var reader = ByteReader(encoded)
        let version = try reader.number(UInt8.self)
        guard version == Self.version || version == Self.versionBefore else { throw ByteReader.Malformed() }
        id = try reader.text()
        freeSince = try reader.time()
        wrapupEnds = try reader.flag() ? try reader.time() : nil
        if version == Self.version, try reader.flag() {
            login = Center.Login(isLoggedIn: try reader.flag(), rowSays: try reader.flag())
        }
        guard reader.isAtEnd else { throw ByteReader.Malformed() }
    }
}
