import HTTPWire

/// What a request put in place of a route's parameters, looked up when a rule asks for it.
package struct RouteCaptures: ~Escapable {
    private let segments: [RoutePattern.Segment]
    private let path: Span<UInt8>
    private let host: Span<UInt8>

    /// `path` in normal form and `host` without port and last dot, as they were matched.
    @_lifetime(copy path, copy host)
    package init(_ hit: RouteHit, path: Span<UInt8>, host: Span<UInt8>) {
        self.segments = hit.route.paths[hit.pattern].segments
        self.path = path
        self.host = host
    }

    /// The segment that `{name}` took, escapes decoded; nil when the path has no such parameter.
    package func value(ofParameter name: String) -> [UInt8]? {
        var start = 1
        for segment in self.segments {
            guard start <= self.path.count else { return nil }
            var end = start
            while end < self.path.count && self.path[end] != 0x2F { end += 1 }
            if case .parameter(let parameter) = segment, parameter == name {
                return Self.decoded(self.path.extracting(start..<end))
            }
            start = end + 1
        }
        return nil
    }

    /// Label `index` of the host from the left, in lower case; nil when there are fewer, or the host is an IPv6 address.
    package func hostLabel(_ index: Int) -> [UInt8]? {
        guard self.host.count > 0, self.host[0] != 0x5B else { return nil }
        var label: [UInt8] = []
        var number = 0
        for position in 0..<self.host.count {
            if self.host[position] == 0x2E {
                number += 1
                if number > index { break }
            } else if number == index {
                label.append(self.host[position].loweredASCII)
            }
        }
        return label.isEmpty ? nil : label
    }

    /// Escapes in a path in normal form are whole, so nothing can be cut here.
    private static func decoded(_ segment: Span<UInt8>) -> [UInt8] {
        var value: [UInt8] = []
        value.reserveCapacity(segment.count)
        var index = 0
        while index < segment.count {
            if segment[index] == 0x25, index + 2 < segment.count, let high = segment[index + 1].hexadecimalValue,
                let low = segment[index + 2].hexadecimalValue
            {
                value.append(high << 4 | low)
                index += 3
            } else {
                value.append(segment[index])
                index += 1
            }
        }
        return value
    }
}
