/// What is posted in a busy turn of the loop, copied one message behind the other, until the turn sends it.
///
/// Safe: the memory is allocated once, and every message lies within what has been put there. An endpoint that has
/// something here is not closed before it is sent (``Endpoint/close()`` sees to that), so the loop's table holds it.
@safe final class Outbox {
    /// Sixteen heads with a body of a few KiB each; what does not fit behind those before it makes them go.
    static let bytesMax = 64 * 1024
    /// Of sixteen messages all but the first find their code in the cache.
    ///
    /// More would only make the first wait for the last, which may take its time: a signature that has not been seen
    /// before takes 0.6 ms to verify with P-384, the slowest kind (`openssl speed ecdsap384`).
    static let messagesMax = 16

    @safe private struct Letter {
        let endpoint: Unmanaged<Endpoint>
        let start: Int
        let end: Int
    }

    /// A turn is under way that has more than one event.
    var isOpen = false
    private let memory: UnsafeMutableRawBufferPointer
    private var count = 0
    private var letters: [Letter] = []

    init() {
        unsafe self.memory = .allocate(byteCount: Self.bytesMax, alignment: 64)
        self.letters.reserveCapacity(Self.messagesMax)
    }

    deinit { unsafe self.memory.deallocate() }

    /// Keeps a copy of `bytes`; false where there is nothing to wait for, or too little room for so much.
    func put(_ bytes: Span<UInt8>, for endpoint: Endpoint) -> Bool {
        guard self.isOpen, bytes.count <= Self.bytesMax else { return false }
        if self.count + bytes.count > Self.bytesMax || self.letters.count == Self.messagesMax { self.send() }
        let start = self.count
        let end = start + bytes.count
        unsafe bytes.withUnsafeBytes {
            unsafe UnsafeMutableRawBufferPointer(rebasing: self.memory[start..<end]).copyMemory(from: $0)
        }
        self.count = end
        self.letters.append(unsafe Letter(endpoint: .passUnretained(endpoint), start: start, end: end))
        return true
    }

    /// Sends everything, in the order in which it was put here.
    func send() {
        guard !self.letters.isEmpty else { return }
        for index in 0..<self.letters.count {
            let letter = self.letters[index]
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: self.memory[letter.start..<letter.end])
            unsafe letter.endpoint._withUnsafeGuaranteedRef { unsafe $0.sendPosted(Span<UInt8>(_bytes: bytes.bytes)) }
        }
        self.letters.removeAll(keepingCapacity: true)
        self.count = 0
    }
}

@available(*, unavailable) extension Outbox: Sendable {}
