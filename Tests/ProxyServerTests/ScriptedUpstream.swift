import Reactor
import ReactorTesting
import TestSupport

/// An upstream played in the test: what arrives on its connections is read, and answered by a function of the request.
final class ScriptedUpstream {
    private struct Line {
        let peer: ScriptedPeer
        var unread: [UInt8] = []
    }

    private let kernel: ScriptedKernel
    private let address: SocketAddress
    private let answer: (RawMessage) -> String
    private var lines: [Line] = []
    private(set) var requests: [RawMessage] = []

    init(_ kernel: ScriptedKernel, at address: SocketAddress, _ answer: @escaping (RawMessage) -> String) {
        self.kernel = kernel
        self.address = address
        self.answer = answer
    }

    /// Takes new connections and answers every request that is whole.
    func work() throws {
        while let peer = self.kernel.takeUpstream(at: self.address) { self.lines.append(Line(peer: peer)) }
        for index in self.lines.indices {
            self.lines[index].unread += self.lines[index].peer.take()
            while let request = try Self.whole(&self.lines[index].unread) {
                self.requests.append(request)
                self.lines[index].peer.send(self.answer(request))
            }
        }
    }

    private static func whole(_ bytes: inout [UInt8]) throws -> RawMessage? {
        var reader = MessageReader(bytes)
        do {
            guard var message = try reader.readHead({ nil }) else { return nil }
            try reader.readBody(into: &message, isResponse: false) { nil }
            guard message.isComplete else { return nil }
            bytes = reader.buffer
            return message
        } catch MessageReader.Trouble.end {
            return nil
        }
    }
}
