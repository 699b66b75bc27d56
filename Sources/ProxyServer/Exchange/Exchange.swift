import HTTPWire
import OAuthModel
import ProxyCore

/// One request and its response while they are under way.
///
/// A class: it is looked at many times a request, and a copy would touch a dozen reference counts each time.
final class Exchange {
    let generation: GenerationContext
    /// When the head was whole.
    let startedAt: Instant
    let method: Method
    let minorVersion: UInt8
    let requestFraming: BodyFraming
    /// The connection ends with this exchange: the client said so, or its version does.
    var clientKeepsAlive: Bool
    /// What its head said of that; the answer may be told otherwise.
    let clientAsksToKeepAlive: Bool

    var grant: AccessGrant?
    /// Nil while it is undecided, and for what is refused before it goes on.
    var route: Route? { self.grant?.route }
    var requestID: RequestID?
    /// Bytes of the head at the front of the inbound buffer; 0 once they have been consumed.
    var headByteCount: Int
    var requestBody: BodyTransfer
    /// Trailers that end here because the head said so.
    var requestNominations: NominatedTrailers?
    var requestHeadSent = false
    /// The client may hold its body back until it is told 100 (RFC 9110 §10.1.1).
    let expectsContinue: Bool
    /// A body byte has left for the upstream: the request cannot be sent a second time.
    var bodyByteSent = false
    var retried = false

    var upstream: ServiceConnection?
    var responseBody: BodyTransfer = .none
    var responseNominations: NominatedTrailers?
    /// The status of the final response, once its head has gone to the client.
    var status: UInt16 = 0
    var responseStarted: Bool { self.status != 0 }
    var upstreamKeepsAlive = false
    /// Interim responses seen.
    var interimCount = 0
    /// `text/event-stream`: may be silent as long as its client is there and reads.
    var mayIdle = false
    var streamIdleTimeout: Nanoseconds = 0

    // For the log.
    var logged: LoggedRequest?
    var tokenUse = TokenUse()
    var decidedAt: UInt64 = 0
    /// When the request began and ended to wait for an answer of the authorization server, or for its keys.
    var serverAskedAt: UInt64 = 0
    var serverAnsweredAt: UInt64 = 0
    var upstreamAskedAt: UInt64 = 0
    var upstreamAnsweredAt: UInt64 = 0
    var responseBytes: UInt64 = 0

    var isHead: Bool { self.method == .head }

    init(
        _ head: borrowing RequestHead, generation: GenerationContext, startedAt: Instant
    ) {
        self.generation = generation
        self.startedAt = startedAt
        self.method = head.index.method
        self.minorVersion = head.index.minorVersion
        self.requestFraming = head.index.framing
        self.expectsContinue = head.index.expectsContinue
        self.clientKeepsAlive = head.index.keepsAlive
        self.clientAsksToKeepAlive = head.index.keepsAlive
        self.headByteCount = head.index.byteCount
        self.requestBody = BodyTransfer(
            head.index.framing, outgoing: head.index.framing == .chunked ? .chunked : .plain,
            limits: generation.generation.limits.head)
    }
}

/// A window of the minimum body rate: bytes seen while we were ready to read (SPEC §3 `body_minimum_rate`).
struct BodyRateWindow {
    /// Means are taken over this span of being ready.
    static let span: Nanoseconds = .seconds(10)

    private var bytesAtStart: UInt64
    private var readySince: UInt64?
    private var readyBefore: Nanoseconds = 0

    init(contentCount: UInt64, now: UInt64) {
        self.bytesAtStart = contentCount
        self.readySince = now
    }

    /// Reading stopped: the other side is full, and that is not the client's fault.
    mutating func pause(at now: UInt64) {
        guard let since = self.readySince else { return }
        self.readyBefore += now - since
        self.readySince = nil
    }

    mutating func goOn(at now: UInt64) {
        if self.readySince == nil { self.readySince = now }
    }

    /// When the window ends if nothing pauses it.
    var deadline: UInt64 {
        guard let since = self.readySince else { return .max }
        return since &+ (Self.span - min(Self.span, self.readyBefore))
    }

    /// Whether the window that ends `now` met the rate; a new one begins.
    mutating func close(contentCount: UInt64, minimumRate: UInt64, now: UInt64) -> Bool {
        let met = contentCount - self.bytesAtStart >= minimumRate * (Self.span / .seconds(1))
        self = BodyRateWindow(contentCount: contentCount, now: now)
        return met
    }
}
