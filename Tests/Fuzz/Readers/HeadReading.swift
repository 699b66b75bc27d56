import HTTPWire

/// What a parser made of some bytes, in a form that can be compared.
enum HeadReading<Summary: Equatable>: Equatable {
    case needMore
    case complete(Summary)
    case refused(WireError)
}

struct RequestSummary: Equatable {
    let method: Method
    let methodRange: ByteRange
    let target: ByteRange
    let targetForm: TargetForm
    let pathAndQuery: ByteRange
    let authority: Authority?
    let minorVersion: UInt8
    let fields: [HeadField]
    let framing: BodyFraming
    let connection: ConnectionOptions
    let expectsContinue: Bool
    let byteCount: Int

    init(_ index: RequestHeadIndex) {
        self.method = index.method
        self.methodRange = index.methodRange
        self.target = index.target
        self.targetForm = index.targetForm
        self.pathAndQuery = index.pathAndQuery
        self.authority = index.authority
        self.minorVersion = index.minorVersion
        self.fields = index.fields
        self.framing = index.framing
        self.connection = index.connection
        self.expectsContinue = index.expectsContinue
        self.byteCount = index.byteCount
    }
}

struct ResponseSummary: Equatable {
    let status: UInt16
    let reason: ByteRange
    let minorVersion: UInt8
    let fields: [HeadField]
    let statedFraming: BodyFraming?
    let connection: ConnectionOptions
    let byteCount: Int

    init(_ index: ResponseHeadIndex) {
        self.status = index.status
        self.reason = index.reasonRange
        self.minorVersion = index.minorVersion
        self.fields = index.fields
        self.statedFraming = index.statedFraming
        self.connection = index.connection
        self.byteCount = index.byteCount
    }
}

extension HeadReading where Summary == RequestSummary {
    /// The reading of bytes that arrive in pieces ending at these offsets.
    init(_ bytes: [UInt8], cutAt cuts: [Int] = [], limits: HeadLimits) {
        var parser = RequestHeadParser(limits: limits)
        self = .needMore
        for end in cuts + [bytes.count] {
            do throws(WireError) {
                guard try parser.parse(bytes.span.extracting(0..<end)) == .complete else { continue }
                self = .complete(RequestSummary(parser.index))
            } catch {
                self = .refused(error)
            }
            return
        }
    }
}

extension HeadReading where Summary == ResponseSummary {
    /// The reading of bytes that arrive in pieces ending at these offsets.
    init(_ bytes: [UInt8], cutAt cuts: [Int] = [], limits: HeadLimits) {
        var parser = ResponseHeadParser(limits: limits)
        self = .needMore
        for end in cuts + [bytes.count] {
            do throws(WireError) {
                guard try parser.parse(bytes.span.extracting(0..<end)) == .complete else { continue }
                self = .complete(ResponseSummary(parser.index))
            } catch {
                self = .refused(error)
            }
            return
        }
    }
}

extension [UInt8] {
    subscript(range: ByteRange) -> [UInt8] { Array(self[Int(range.lower)..<Int(range.upper)]) }

    init(copying span: Span<UInt8>) { self = span.indices.map { span[$0] } }
}

extension HeadLimits {
    /// Whatever the product writes is within these.
    static let generous: HeadLimits = {
        var limits = HeadLimits()
        limits.head = 1 << 20
        limits.field = 1 << 19
        limits.fields = 10_000
        limits.target = 1 << 18
        return limits
    }()

    /// So tight that inputs of a few hundred bytes meet every one.
    static let tight: HeadLimits = {
        var limits = HeadLimits()
        limits.head = 256
        limits.field = 64
        limits.fields = 4
        limits.target = 32
        limits.chunkLine = 16
        limits.trailers = 96
        limits.trailerFields = 2
        return limits
    }()
}
