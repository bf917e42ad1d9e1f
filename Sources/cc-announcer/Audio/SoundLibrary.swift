import Dispatch
import FoundationEssentials
import Synchronization

/// The sounds of a folder and the folders in it, by path: `welcome` is `welcome.wav`, `support/welcome` that of the flow
/// support.
///
/// All are read once, at the start. So a bad file is noticed then, no call waits for a disk, and a name that comes in
/// a request can never reach outside of the folder.
struct SoundLibrary: Sendable {
    /// Why sounds cannot be used.
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
    /// Folders within each other: a flow's, and the numbers in it.
    private static let maximumDepth = 2

    private let sounds: [String: Sound]
    /// Files that cannot be used. Whoever calls for one of them hears silence.
    let problems: [Failure]

    init(_ sounds: [String: Sound], problems: [Failure] = []) {
        self.sounds = sounds
        self.problems = problems
    }

    /// Reads every `*.wav`. Throws only if the folder itself cannot be read.
    init(folder: String) throws(Failure) {
        var reading = Reading(room: Self.maximumBytes)
        try reading.read(folder, prefix: "", depth: Self.maximumDepth)
        let files = reading.files
        // Encoding takes its time, so all cores have a share in it.
        let results = Mutex<[Int: Result<Sound, Failure>]>([:])
        DispatchQueue.concurrentPerform(iterations: files.count) { index in
            let result = Self.sound(of: files[index])
            results.withLock { $0[index] = result }
        }
        var sounds: [String: Sound] = [:]
        var problems = reading.problems
        results.withLock { results in
            for index in files.indices {
                switch results[index] {
                case .success(let sound): sounds[files[index].name] = sound
                case .failure(let failure): problems.append(failure)
                case nil: break
                }
            }
        }
        self.init(sounds, problems: problems)
    }

    subscript(name: String) -> Sound? { sounds[name] }

    /// The sound of a path such as `support/queue`, or else what all flows have of this name: `queue`.
    func sound(_ path: String) -> Sound? { sounds[path] ?? sounds[String(Self.name(of: path))] }

    /// The folder of a path: `support` of `support/queue`, nothing of `queue`.
    static func folder(of path: String) -> Substring { path.lastIndex(of: "/").map { path[..<$0] } ?? "" }

    /// The last part of a path: `queue` of `support/queue`.
    static func name(of path: String) -> Substring {
        path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
    }

    /// The names, in order.
    var names: [String] { sounds.keys.sorted() }

    private static func sound(of file: Reading.File) -> Result<Sound, Failure> {
        do throws(WaveError) {
            let wave = try WaveFile(file.bytes)
            return .success(Sound(samples: wave.samples, rate: wave.rate))
        } catch {
            return .failure(.wave(path: file.path, error))
        }
    }
}

/// The files of a folder, read one after the other.
private struct Reading {
    struct File {
        let name: String
        let path: String
        let bytes: [UInt8]
    }

    private static let suffix = ".wav"

    /// Bytes that may still be read.
    var room: Int
    var files: [File] = []
    var problems: [SoundLibrary.Failure] = []

    /// - Parameters:
    ///   - prefix: of the names of what is found.
    ///   - depth: how many folders within each other are looked into besides this one.
    mutating func read(_ folder: String, prefix: String, depth: Int) throws(SoundLibrary.Failure) {
        for entry in try entries(of: folder) {
            let path = folder + "/" + entry
            if entry.hasSuffix(Self.suffix), entry.count > Self.suffix.count {
                readFile(path, name: prefix + entry.dropLast(Self.suffix.count))
            } else if depth > 0, !entry.hasPrefix("."), isFolder(path) {
                do {
                    try read(path, prefix: prefix + entry + "/", depth: depth - 1)
                } catch {
                    problems.append(error)
                }
            }
        }
    }

    private mutating func readFile(_ path: String, name: String) {
        guard let data = FileManager.default.contents(atPath: path) else {
            problems.append(.unreadable(path: path, reason: "no permission, or not a file"))
            return
        }
        guard data.count <= room else {
            problems.append(.tooMuch(path: path, limit: SoundLibrary.maximumBytes))
            return
        }
        room -= data.count
        files.append(File(name: name, path: path, bytes: Array(data)))
    }

    private func entries(of folder: String) throws(SoundLibrary.Failure) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw .unreadable(path: folder, reason: "no such folder, or no permission")
        }
    }

    private func isFolder(_ path: String) -> Bool {
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
    }
}
