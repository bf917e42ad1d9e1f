import Dispatch
import Glibc

/// Turns SIGTERM and SIGINT into values, instead of the end of the process. That holds for repeated ones too: Ctrl-C reaches
/// us and whoever started us, who may then send SIGTERM. Stopping takes two seconds at most.
struct StopSignals {
    private let sources: [any DispatchSourceSignal]

    init(_ receive: @escaping @Sendable (_ name: String) -> Void) {
        sources = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { receive(name) }
            source.resume()
            return source
        }
    }
}
