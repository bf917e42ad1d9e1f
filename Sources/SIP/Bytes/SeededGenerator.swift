/// Random numbers that a seed determines wholly: the core draws its nonces, back-offs and jitter from one of these,
/// so that a simulation repeats to the bit. It is ChaCha with eight rounds (RFC 8439 gives the construction): whoever
/// sees some of the numbers in our branches and tags cannot work out the next ones, which a linear generator would
/// let him do.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private let key: (UInt64, UInt64, UInt64, UInt64)
    private var counter: UInt64 = 0
    private var block: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
    /// How many words of `block` are used up.
    private var used = 8

    /// For production: 256 bits from the system's generator.
    package init(key: (UInt64, UInt64, UInt64, UInt64)) {
        self.key = key
    }

    /// For simulations and tests: 64 bits are spread over the key with SplitMix64.
    package init(seed: UInt64) {
        var state = seed
        func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
            return word ^ word >> 31
        }
        key = (next(), next(), next(), next())
    }

    package mutating func next() -> UInt64 {
        if used == 8 {
            refill()
            used = 0
        }
        used += 1
        switch used {
        case 1: return block.0
        case 2: return block.1
        case 3: return block.2
        case 4: return block.3
        case 5: return block.4
        case 6: return block.5
        case 7: return block.6
        default: return block.7
        }
    }

    private mutating func refill() {
        var a = Row(0x6170_7865, 0x3320_646E, 0x7962_2D32, 0x6B20_6574)
        var b = Row(key.0, key.1)
        var c = Row(key.2, key.3)
        var d = Row(counter, 0)
        let (a0, b0, c0, d0) = (a, b, c, d)
        for _ in 0..<4 {
            Self.quarter(&a.x, &b.x, &c.x, &d.x)
            Self.quarter(&a.y, &b.y, &c.y, &d.y)
            Self.quarter(&a.z, &b.z, &c.z, &d.z)
            Self.quarter(&a.w, &b.w, &c.w, &d.w)
            Self.quarter(&a.x, &b.y, &c.z, &d.w)
            Self.quarter(&a.y, &b.z, &c.w, &d.x)
            Self.quarter(&a.z, &b.w, &c.x, &d.y)
            Self.quarter(&a.w, &b.x, &c.y, &d.z)
        }
        let (first, second, third, fourth) = (a.sum(a0), b.sum(b0), c.sum(c0), d.sum(d0))
        block = (first.0, first.1, second.0, second.1, third.0, third.1, fourth.0, fourth.1)
        counter &+= 1
    }

    private static func quarter(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32, _ d: inout UInt32) {
        a &+= b
        d ^= a
        d = d << 16 | d >> 16
        c &+= d
        b ^= c
        b = b << 12 | b >> 20
        a &+= b
        d ^= a
        d = d << 8 | d >> 24
        c &+= d
        b ^= c
        b = b << 7 | b >> 25
    }

    /// Four words of the sixteen that a ChaCha block mixes.
    private struct Row {
        var x: UInt32
        var y: UInt32
        var z: UInt32
        var w: UInt32

        init(_ x: UInt32, _ y: UInt32, _ z: UInt32, _ w: UInt32) {
            (self.x, self.y, self.z, self.w) = (x, y, z, w)
        }

        init(_ low: UInt64, _ high: UInt64) {
            x = UInt32(truncatingIfNeeded: low)
            y = UInt32(truncatingIfNeeded: low >> 32)
            z = UInt32(truncatingIfNeeded: high)
            w = UInt32(truncatingIfNeeded: high >> 32)
        }

        func sum(_ other: Row) -> (UInt64, UInt64) {
            (
                UInt64(x &+ other.x) | UInt64(y &+ other.y) << 32,
                UInt64(z &+ other.z) | UInt64(w &+ other.w) << 32
            )
        }
    }
}

extension SeededGenerator {
    /// A generator of its own for another part of the core: what one draws does not change what the other gets.
    package init(from parent: inout SeededGenerator) {
        self.init(key: (parent.next(), parent.next(), parent.next(), parent.next()))
    }
}
