import Reactor
import ReactorTesting
import Testing

/// Many connections that talk at once: busy turns, in which bytes are received ahead and messages posted.
@Suite struct ConversationTests {
    @Test(
        "whatever is posted, written or received ahead, in whatever pieces, arrives once and in its order",
        arguments: UInt64(1)...40)
    func random(seed: UInt64) throws {
        let kernel = ScriptedKernel(seed: seed)
        kernel.receiveTransfer = .random
        kernel.sendTransfer = .random
        kernel.shufflesEvents = true
        let loop = try Loop(kernel: kernel)
        let dice = Dice(seed: seed)
        let talks = try (0..<6).map { _ in
            let (socket, peer) = kernel.makeConnection()
            let talker = Talker(dice)
            return Talk(
                peer: peer, talker: talker, endpoint: try loop.makeEndpoint(socket: socket, handler: talker))
        }
        for _ in 0..<300 {
            for talk in talks { talk.step(dice) }
            loop.runOnce()
        }
        dice.isQuiet = true
        for talk in talks {
            talk.peer.window = .max
            talk.endpoint.wantsReading = true
        }
        for _ in 0..<20 {
            try kernel.settle(loop)
            for talk in talks { talk.take() }
        }
        for talk in talks {
            #expect(talk.talker.heard == talk.sent, "seed \(seed)")
            #expect(talk.taken == talk.talker.said, "seed \(seed)")
        }
        #expect(kernel.misuses == [])
    }
}

private final class Dice {
    var random: SeededRandom
    /// Nobody begins anything new.
    var isQuiet = false
    init(seed: UInt64) { self.random = SeededRandom(seed: seed) }
    func roll(_ sides: Int) -> Int { Int.random(in: 0..<sides, using: &self.random) }
    func bytes(_ most: Int) -> [UInt8] { (0...self.roll(most)).map { _ in UInt8(self.roll(256)) } }
}

private final class Talk {
    let peer: ScriptedPeer
    let talker: Talker
    let endpoint: Endpoint
    private(set) var sent: [UInt8] = []
    private(set) var taken: [UInt8] = []

    init(peer: ScriptedPeer, talker: Talker, endpoint: Endpoint) {
        self.peer = peer
        self.talker = talker
        self.endpoint = endpoint
    }

    func take() { self.taken += self.peer.take() }

    func step(_ dice: Dice) {
        switch dice.roll(6) {
        case 0, 1:
            let bytes = dice.bytes(400)
            self.sent += bytes
            self.peer.send(bytes)
        case 2: self.take()
        case 3: self.peer.window = dice.roll(2) == 0 ? .max : dice.roll(1_000)
        case 4: self.endpoint.wantsReading.toggle()
        default: break
        }
    }
}

/// Reads now and then, and says something when it does.
private final class Talker: EndpointHandler {
    private let dice: Dice
    private(set) var said: [UInt8] = []
    private(set) var heard: [UInt8] = []

    init(_ dice: Dice) { self.dice = dice }

    func endpointReadable(_ endpoint: Endpoint) {
        let choice = self.dice.isQuiet ? 3 : self.dice.roll(8)
        if choice == 0 { return endpoint.wantsReading = false }
        if choice == 1 { return endpoint.inbound.releaseIfEmpty() }
        let isBulk = choice == 2
        _ = endpoint.receive(
            upTo: ReadBuffer.bulk, chunk: isBulk ? ReadBuffer.bulk : ReadBuffer.readChunk)
        let inbound = endpoint.inbound
        for index in inbound.bytes.indices { self.heard.append(inbound.bytes[index]) }
        inbound.consumeAll()
        inbound.releaseIfEmpty()
        guard !self.dice.isQuiet else { return }
        for _ in 0..<self.dice.roll(3) {
            let bytes = self.dice.bytes(300)
            switch self.dice.roll(4) == 0 ? endpoint.write(bytes.span) : endpoint.post(bytes.span) {
            case .sent, .queued: self.said += bytes
            case .overflow, .failed: break
            }
            if self.dice.roll(5) == 0 { _ = endpoint.isFlushed }
        }
    }

    func endpointWritable(_ endpoint: Endpoint) {}
}
