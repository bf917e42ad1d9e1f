import CallCenter
import Logging
import Management
import ServiceLifecycle
import UnixSignals

/// SIGHUP: configuration, flows and agents are read again, as `ccctl cc_reload` does.
struct ReloadOnHangup: Service {
    let centre: Centre
    let state: ServiceState

    func run() async throws {
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        for await _ in hangups.cancelOnGracefulShutdown() {
            _ = await state.reload { await centre.reload(for: "SIGHUP") }
        }
    }
}

/// While flows and agents are those of an earlier reading, or it is not known who was logged in: tries to read them again.
struct ProvisioningWatch: Service {
    /// Soon at first: the start may not have waited long enough.
    private static let pauses = Duration.seconds(1)...Duration.seconds(5)

    let centre: Centre

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var pause = Self.pauses.lowerBound
            while !Task.isCancelled {
                // Ends early when we are cancelled.
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, Self.pauses.upperBound)
                await centre.takeProvisioning()
                await centre.takeSavedLogins()
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

/// Keeps the line of `systemctl status` true.
struct StatusLine: Service {
    let centre: Centre
    let state: ServiceState

    func run() async throws {
        let snapshot = centre.control.snapshot
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                state.show(await snapshot())
                // As often as a person looks; a snapshot of a big centre is not free.
                try? await Task.sleep(for: .seconds(3))
            }
        }
    }
}
