import CallCenter
import Synchronization
import Telemetry
import Testing

@testable import Management

@Suite("Snapshots that many ask for", .timeLimit(.minutes(5)))
struct SnapshotSourceTests {
    /// A call loop that answers when it is let.
    private actor Loop {
        private(set) var asked = 0
        private var isOpen: Bool
        private var waiting: [CheckedContinuation<Void, Never>] = []
        private var watching: [(asked: Int, CheckedContinuation<Void, Never>)] = []

        init(isOpen: Bool) { self.isOpen = isOpen }

        /// Its number is how often it was asked.
        func take() async -> Snapshot {
            asked += 1
            let number = asked
            for (wanted, watcher) in watching where wanted <= asked { watcher.resume() }
            watching.removeAll { $0.asked <= asked }
            if !isOpen { await withCheckedContinuation { waiting.append($0) } }
            return FakeDaemon.snapshot(CenterSnapshot(number: UInt64(number)))
        }

        func open() {
            isOpen = true
            for continuation in waiting { continuation.resume() }
            waiting = []
        }

        func wait(untilAsked count: Int) async {
            guard asked < count else { return }
            await withCheckedContinuation { watching.append((count, $0)) }
        }
    }

    private func source(_ loop: Loop) -> SnapshotSource {
        SnapshotSource(first: FakeDaemon.snapshot(CenterSnapshot(number: 0))) { await loop.take() }
    }

    @Test("each is taken after it was asked for, and those who ask one after the other get new ones")
    func oneByOne() async {
        let loop = Loop(isOpen: true)
        let source = source(loop)
        for number in UInt64(1)...3 { #expect(await source.snapshot().center.number == number) }
    }

    @Test("who asks while one is taken is too late for it, and shares the next with all others who do")
    func sharing() async {
        let loop = Loop(isOpen: false)
        let source = source(loop)
        async let first = source.snapshot()
        await loop.wait(untilAsked: 1)
        let numbers = await withTaskGroup(of: UInt64.self) { group in
            for _ in 0..<50 { group.addTask { await source.snapshot().center.number } }
            // They are there before the first has its answer, or come later and get a later one.
            await Task.yield()
            await loop.open()
            return await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(await first.center.number == 1)
        #expect(!numbers.contains(1))
        #expect(await loop.asked < 50, "many share one")
    }

    @Test("gives the latest when the loop has ended")
    func ended() async {
        let answers = Mutex([FakeDaemon.snapshot(CenterSnapshot(number: 5))])
        let source = SnapshotSource(first: FakeDaemon.snapshot(CenterSnapshot(number: 0))) {
            answers.withLock { $0.popLast() }
        }
        #expect(await source.snapshot().center.number == 5)
        #expect(await source.snapshot().center.number == 5)
    }
}
