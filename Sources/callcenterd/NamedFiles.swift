import Glibc
import Management
import SIP
import Settings
import Transport

/// The files that the configuration names. A start needs them all, so `--check` and a reload look at them before anything is
/// given up for the new configuration.
enum NamedFiles {
    /// Reads them, and keeps nothing.
    ///
    /// - Parameter file: the configuration file.
    /// - Throws: the first that cannot be used, by its key and by where that stands.
    static func check(_ configuration: Configuration, file: String) throws(StartError) {
        do {
            if let path = configuration.httpTokenFile { _ = try TokenStore(path: path) }
            try HTTPService.Configuration(configuration).tls?.check()
            if configuration.sip.listen.contains(where: { $0.transport == .tls }) {
                try TLSSettings(configuration.sip.tls).check()
            }
        } catch {
            throw StartError(error, file: file)
        }
        try checkFolder(of: configuration.managementSocket, key: "mi.socket")
        if let path = configuration.managementFIFO { try checkFolder(of: path, key: "mi.fifo") }
    }

    /// What lies below /run may be made by the service manager at the start only.
    private static func checkFolder(of path: String, key: String) throws(StartError) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        guard !folder.isEmpty, !folder.hasPrefix("/run/"), access(folder, F_OK) != 0 else { return }
        throw .configuration("\(key): \(path): there is no folder \(folder)")
    }
}
