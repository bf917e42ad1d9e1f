package import Logging

/// Log events for the journal, with their metadata as fields: `journalctl FLOW=support`.
package struct JournalLog: LogHandler {
    package var logLevel = Logger.Level.info
    package var metadata: Logger.Metadata = [:]

    private let sink: JournalSink

    package init(sink: JournalSink) { self.sink = sink }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        sink.append(JournalEntry(event, metadata: metadata, identifier: sink.identifier))
    }
}
