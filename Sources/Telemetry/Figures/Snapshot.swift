package import CallCenter

/// All that can be known from outside at one moment; every way out reads the same one.
package struct Snapshot: Sendable {
    package var center: CenterSnapshot
    package var process: ProcessFigures

    package init(center: CenterSnapshot, process: ProcessFigures) {
        self.center = center
        self.process = process
    }
}
