import SIP

/// All streams that play, driven by one tick.
struct Player {
    /// A stream, by its place.
    struct StreamID: Hashable {
        fileprivate let index: Int
    }

    /// A packet of RTCP.
    typealias Report = (packet: [UInt8], to: Endpoint)

    private var streams: [MediaStream?] = []
    private var free: [Int] = []
    private var packet: [UInt8] = []
    /// Reports that wait to be sent.
    private var reports: [Report] = []
    /// CNAME: what our reports call us (RFC 7022).
    private let name: [UInt8]
    /// The time as of the last tick, as RTCP has it.
    private var time: UInt64 = 0

    private var random: SeededGenerator

    init(name: [UInt8], random: SeededGenerator) {
        self.name = name
        self.random = random
        packet.reserveCapacity(RTPHeader.length + MediaStream.frame)
    }

    var isEmpty: Bool { streams.count == free.count }
    var count: Int { streams.count - free.count }

    mutating func add(_ stream: MediaStream) -> StreamID {
        if let index = free.popLast() {
            streams[index] = stream
            return StreamID(index: index)
        }
        streams.append(stream)
        return StreamID(index: streams.count - 1)
    }

    mutating func remove(_ id: StreamID) {
        guard let stream = streams[id.index] else { return }
        if let goodbye = stream.goodbye(at: time, name: name) { reports.append(goodbye) }
        streams[id.index] = nil
        free.append(id.index)
    }

    mutating func retarget(_ id: StreamID, _ target: MediaStream.Target) {
        streams[id.index]?.retarget(target)
    }

    /// Plays what the clock says is due. `send` takes each packet; the streams that have come to their end are
    /// returned, and removed.
    ///
    /// - Parameter time: of the wall, as `RTCP.Report.time`.
    mutating func play(
        _ due: (send: Int, skip: Int),
        at time: UInt64 = 0,
        send: ([UInt8], Endpoint) -> Void
    ) -> [StreamID] {
        self.time = time
        var ended: [StreamID] = []
        for index in streams.indices where streams[index] != nil {
            if due.skip > 0 { streams[index]?.skip(frames: due.skip) }
            if due.send > 0, let report = streams[index]?.report(at: time, name: name, using: &random) {
                reports.append(report)
            }
            frames: for _ in 0..<due.send {
                switch streams[index]?.next(&packet) {
                case .send(let destination): send(packet, destination)
                case .wait, nil: continue
                case .end:
                    ended.append(StreamID(index: index))
                    break frames
                }
            }
        }
        for id in ended { remove(id) }
        return ended
    }

    /// Takes the reports that are to be sent.
    mutating func takeReports() -> [Report] {
        defer { reports.removeAll(keepingCapacity: true) }
        return reports
    }
}
