/// What legs do without being asked; replaceable while they live.
package struct LegPolicy: Sendable, Equatable {
    /// A peer who has been silent for that long is asked by an OPTIONS whether he still has the dialog; 0: never. Only on legs
    /// that are to be kept alive.
    package var keepAlive: Milliseconds
    /// The session interval that we ask for, in whole seconds (RFC 4028); 0: no session timers.
    package var sessionExpires: Int

    package init(keepAlive: Milliseconds, sessionExpires: Int) {
        self.keepAlive = keepAlive
        self.sessionExpires = sessionExpires == 0 ? 0 : max(sessionExpires, SessionTimer.smallest)
    }

    package static let off = LegPolicy(keepAlive: 0, sessionExpires: 0)
}
