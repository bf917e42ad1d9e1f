extension CallDetailRecord {
    /// The order of the fields. A later one gets its fields behind those of the earlier.
    private static let version: UInt8 = 1

    /// As the journal keeps it.
    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(Self.version)
        writer.write(callUUID)
        writer.write(Int32(clamping: offerNumber))
        writer.write(callNumber)
        writer.write(caller)
        writer.write(received)
        writer.write(wait)
        writer.write(pickup)
        writer.write(talk)
        writer.write(flowID)
        writer.write(agentID)
        writer.write(Int32(clamping: callType.rawValue))
        writer.write(Int32(clamping: refusals))
        writer.write(Int32(clamping: facts.rawValue))
        writer.write(Int32(clamping: media.rawValue))
        writer.write(callerURI)
        writer.write(calledURI)
        writer.write(Int32(clamping: sipStatus))
        writer.write(cause)
        writer.write(endedBy.rawValue)
        writer.write(transferredTo)
        writer.write(callIDs)
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(ByteReader.Malformed) {
        var reader = ByteReader(encoded)
        guard try reader.number(UInt8.self) >= Self.version else { throw ByteReader.Malformed() }
        self.init(
            callUUID: try reader.text(),
            offerNumber: Int(try reader.number(Int32.self)),
            callNumber: try reader.number(),
            caller: try reader.text(),
            received: try reader.number(),
            wait: try reader.number(),
            pickup: try reader.number(),
            talk: try reader.number(),
            flowID: try reader.text(),
            agentID: try reader.text(),
            callType: try reader.choice(),
            refusals: Int(try reader.number(Int32.self)),
            facts: Facts(rawValue: Int(try reader.number(Int32.self))),
            media: try reader.choice(),
            callerURI: try reader.text(),
            calledURI: try reader.text(),
            sipStatus: Int(try reader.number(Int32.self)),
            cause: try reader.text(),
            endedBy: try reader.choice(),
            transferredTo: try reader.optionalText(),
            callIDs: try reader.texts()
        )
    }
}
