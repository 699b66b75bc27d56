import CLinux

/// A system call that failed, with the kernel's reason.
package struct SystemError: Error, Sendable, Hashable {
    /// Which call failed; a fixed list, so that it can be a metric label.
    package enum Call: Sendable, Hashable, CaseIterable {
        case socket, option, bind, listen, accept, connect, receive, send, poll, eventfd, name, file, thread
        /// The connection died while nobody was reading or writing it.
        case connection

        package var label: StaticString {
            switch self {
            case .socket: "socket"
            case .option: "setsockopt"
            case .bind: "bind"
            case .listen: "listen"
            case .accept: "accept"
            case .connect: "connect"
            case .receive: "receive"
            case .send: "send"
            case .poll: "epoll"
            case .eventfd: "eventfd"
            case .name: "getsockname"
            case .file: "file"
            case .thread: "thread"
            case .connection: "connection"
            }
        }
    }

    /// An `errno`; the ones the proxy tells apart have names.
    package struct Code: RawRepresentable, Sendable, Hashable {
        package let rawValue: Int32
        package init(rawValue: Int32) { self.rawValue = rawValue }
    }

    package let call: Call
    package let code: Code

    package init(_ call: Call, _ code: Code) {
        self.call = call
        self.code = code
    }

    /// - Parameter result: what a kernel call answered: the negated `errno`.
    init(_ call: Call, result: Int) {
        self.init(call, Code(rawValue: Int32(truncatingIfNeeded: -result)))
    }

    init(_ call: Call, result: Int32) { self.init(call, result: Int(result)) }
}

extension SystemError.Code {
    package static let permissionDenied = Self(rawValue: 13)
    package static let operationNotPermitted = Self(rawValue: 1)
    package static let notFound = Self(rawValue: 2)
    package static let interrupted = Self(rawValue: 4)
    package static let badDescriptor = Self(rawValue: 9)
    package static let wouldBlock = Self(rawValue: 11)
    package static let outOfMemory = Self(rawValue: 12)
    package static let alreadyExists = Self(rawValue: 17)
    package static let invalidArgument = Self(rawValue: 22)
    package static let tooManyFiles = Self(rawValue: 23)
    package static let tooManyDescriptors = Self(rawValue: 24)
    package static let brokenPipe = Self(rawValue: 32)
    package static let nameTooLong = Self(rawValue: 36)
    package static let notASocket = Self(rawValue: 88)
    package static let addressInUse = Self(rawValue: 98)
    package static let addressNotAvailable = Self(rawValue: 99)
    package static let networkUnreachable = Self(rawValue: 101)
    package static let connectionAborted = Self(rawValue: 103)
    package static let connectionReset = Self(rawValue: 104)
    package static let noBuffers = Self(rawValue: 105)
    package static let notConnected = Self(rawValue: 107)
    package static let timedOut = Self(rawValue: 110)
    package static let connectionRefused = Self(rawValue: 111)
    package static let hostUnreachable = Self(rawValue: 113)
    package static let inProgress = Self(rawValue: 115)

    /// The machine has no descriptor or memory left for another socket; waiting may help.
    package var isExhaustion: Bool {
        switch self {
        case .tooManyFiles, .tooManyDescriptors, .noBuffers, .outOfMemory: true
        default: false
        }
    }

    /// What a kernel answers that failed with this code.
    package var result: Int32 { -self.rawValue }
}

extension SystemError: CustomStringConvertible {
    package var description: String { "\(self.call.label): \(self.code)" }
}

extension SystemError.Code: CustomStringConvertible {
    /// The symbol and the C library's words, such as `EADDRINUSE (Address already in use)`.
    package var description: String {
        // The C library's tables are constant strings, so reading them to the end is safe.
        guard let name = unsafe clinux_error_name(self.rawValue), let text = unsafe clinux_error_text(self.rawValue)
        else { return "errno \(self.rawValue)" }
        return unsafe "\(String(cString: name)) (\(String(cString: text)))"
    }
}
