import Logging
import Management
import ServiceLifecycle
import UnixSignals

/// SIGHUP: configuration, flows and agents are read again, as `ccctl cc_reload` does.
struct ReloadOnHangup: Service {
    let centre: Centre
    let logger: Logger

    func run() async throws {
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        for await _ in hangups.cancelOnGracefulShutdown() {
            switch await centre.reload(for: "SIGHUP") {
            case .success: break
            case .failure(let error): logger.error("reload refused: \(error.message)")
            }
        }
    }
}

/// Ends the process when a part fails that it cannot do without.
struct FailureWatch: Service {
    let centre: Centre

    func run() async throws {
        for await reason in centre.failure.cancelOnGracefulShutdown() {
            throw StartError.system(reason)
        }
    }
}
