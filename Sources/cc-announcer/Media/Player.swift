import SIP

/// All streams that play, driven by one tick.
struct Player {
    /// A stream, by its place.
    struct StreamID: Hashable {
        fileprivate let index: Int
    }

    private var streams: [MediaStream?] = []
    private var free: [Int] = []
    private var packet: [UInt8] = []

    init() { packet.reserveCapacity(RTPHeader.length + MediaStream.frame) }

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
        guard streams[id.index] != nil else { return }
        streams[id.index] = nil
        free.append(id.index)
    }

    mutating func retarget(_ id: StreamID, _ target: MediaStream.Target) {
        streams[id.index]?.retarget(target)
    }

    /// Plays what the clock says is due. `send` takes each packet; the streams that have come to their end are
    /// returned, and removed.
    mutating func play(_ due: (send: Int, skip: Int), send: ([UInt8], Endpoint) -> Void) -> [StreamID] {
        var ended: [StreamID] = []
        for index in streams.indices where streams[index] != nil {
            if due.skip > 0 { streams[index]?.skip(frames: due.skip) }
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
}
