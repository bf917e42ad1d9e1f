import FoundationEssentials

/// The sounds of a folder, by name: `welcome` is `welcome.wav`.
///
/// All are read once, at the start. So a bad file is noticed then, no call waits for a disk, and a name that comes in
/// a request can never reach outside of the folder.
struct SoundLibrary: Sendable {
    /// Why the sounds cannot be used.
    enum Failure: Error, Equatable, CustomStringConvertible {
        case unreadable(path: String, reason: String)
        case wave(path: String, WaveError)
        case tooMuch(path: String, limit: Int)

        var description: String {
            switch self {
            case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
            case .wave(let path, let error): "\(path): \(error)"
            case .tooMuch(let path, let limit): "\(path): the sounds are larger than \(limit >> 20) MiB together"
            }
        }
    }

    /// Bytes of all files together: some hours of sound.
    static let maximumBytes = 256 << 20

    private let sounds: [String: Sound]

    init(_ sounds: [String: Sound]) { self.sounds = sounds }

    /// Reads every `*.wav` of a folder.
    init(folder: String) throws(Failure) {
        var sounds: [String: Sound] = [:]
        var room = Self.maximumBytes
        let suffix = ".wav"
        for file in try Self.files(of: folder) where file.hasSuffix(suffix) && file.count > suffix.count {
            let path = folder + "/" + file
            let bytes = try Self.bytes(of: path)
            room -= bytes.count
            guard room >= 0 else { throw .tooMuch(path: path, limit: Self.maximumBytes) }
            do {
                sounds[String(file.dropLast(suffix.count))] = Sound(samples: try WaveFile(bytes).samples)
            } catch {
                throw .wave(path: path, error)
            }
        }
        self.init(sounds)
    }

    subscript(name: String) -> Sound? { sounds[name] }

    /// The names, in order.
    var names: [String] { sounds.keys.sorted() }

    private static func files(of folder: String) throws(Failure) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw .unreadable(path: folder, reason: "no such folder, or no permission")
        }
    }

    private static func bytes(of path: String) throws(Failure) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .unreadable(path: path, reason: "no permission, or not a file")
        }
        return Array(data)
    }
}
