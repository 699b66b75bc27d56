package import Reactor
import Synchronization

// MARK: What the loop calls

extension ScriptedKernel {
    package func now() -> UInt64 { self.monotonic }
    package func wallClock() -> UInt64 { self.wall }

    package func makePoller() -> Int32 { self.count("poller") { self.open(.poller([:])) } }

    package func add(_ descriptor: Int32, to poller: Int32, for readiness: Readiness, token: UInt64) -> Int32 {
        self.count("add") {
            guard self.isOpen(descriptor, "add"), var watched = self.watched(by: poller) else {
                return Self.badDescriptor
            }
            guard watched[descriptor] == nil else { return self.misuse(.watchedTwice(descriptor), .alreadyExists) }
            watched[descriptor] = Watch(readiness: readiness, token: token)
            self.objects[poller] = .poller(watched)
            return 0
        }
    }

    package func modify(_ descriptor: Int32, in poller: Int32, for readiness: Readiness, token: UInt64) -> Int32 {
        self.count("modify") {
            guard self.isOpen(descriptor, "modify"), var watched = self.watched(by: poller) else {
                return Self.badDescriptor
            }
            guard watched[descriptor] != nil else { return self.misuse(.notWatched("modify", descriptor), .notFound) }
            watched[descriptor] = Watch(readiness: readiness, token: token)
            self.objects[poller] = .poller(watched)
            return 0
        }
    }

    package func remove(_ descriptor: Int32, from poller: Int32) -> Int32 {
        self.count("remove") {
            guard self.isOpen(descriptor, "remove"), var watched = self.watched(by: poller) else {
                return Self.badDescriptor
            }
            guard watched.removeValue(forKey: descriptor) != nil else {
                return self.misuse(.notWatched("remove", descriptor), .notFound)
            }
            self.objects[poller] = .poller(watched)
            return 0
        }
    }

    package func wait(_ poller: Int32, into events: UnsafeMutableBufferPointer<ReadyEvent>, milliseconds: Int32) -> Int
    {
        self.lastWait = milliseconds
        self.settleConnecting()
        guard let watched = self.watched(by: poller) else { return Int(Self.badDescriptor) }
        var ready: [(descriptor: Int32, event: ReadyEvent)] = []
        for (descriptor, watch) in watched.sorted(by: { $0.key < $1.key }) {
            if watch.readiness.contains(.edges), watch.reported == self.changes(of: descriptor) { continue }
            let readiness = self.readiness(of: descriptor).intersection(watch.readiness.union([.error, .hangUp]))
            if !readiness.isEmpty { ready.append((descriptor, ReadyEvent(token: watch.token, readiness: readiness))) }
        }
        if self.shufflesEvents { ready.shuffle(using: &self.random) }
        if ready.isEmpty, self.passesTimeWhileWaiting, milliseconds > 0 {
            self.advance(milliseconds: UInt64(milliseconds))
        }
        let count = min(ready.count, events.count)
        var reported = watched
        for index in 0..<count {
            unsafe events[index] = ready[index].event
            reported[ready[index].descriptor]?.reported = self.changes(of: ready[index].descriptor)
        }
        self.objects[poller] = .poller(reported)
        return count
    }

    package func makeWaker() -> Int32 { self.count("waker") { self.open(.waker(Bell())) } }

    package func wakingUp(_ waker: Int32) -> @Sendable () -> Void {
        guard case .waker(let bell) = self.objects[waker] else { return {} }
        return { bell.isRung.store(true, ordering: .releasing) }
    }

    package func drainWaker(_ waker: Int32) {
        if case .waker(let bell) = self.objects[waker] { bell.isRung.store(false, ordering: .releasing) }
    }

    package func makeSocket(_ family: SocketAddress.Family) -> Int32 {
        self.count("socket") { self.open(.socket(ScriptedSocket(family: family))) }
    }

    package func set(_ option: SocketOption, on descriptor: Int32) -> Int32 {
        self.count("set") {
            guard let socket = self.socket(descriptor, "set") else { return Self.badDescriptor }
            socket.options.insert(option)
            return 0
        }
    }

    package func bind(_ descriptor: Int32, to address: SocketAddress) -> Int32 {
        self.count("bind") {
            guard let socket = self.socket(descriptor, "bind") else { return Self.badDescriptor }
            var address = address
            if case .unix(let path) = address {
                guard self.files[path] == nil else { return SystemError.Code.addressInUse.result }
                self.files[path] = self.newFile(isSocket: true)
            } else {
                if address.port == 0 {
                    self.nextPort += 1
                    address = address.withPort(self.nextPort)
                }
                let mayShare = self.sockets.values.allSatisfy {
                    $0.localAddress != address || $0.phase == .connected
                        || ($0.options.contains(.reusePort) && socket.options.contains(.reusePort))
                }
                guard mayShare else { return SystemError.Code.addressInUse.result }
            }
            socket.localAddress = address
            return 0
        }
    }

    package func listen(_ descriptor: Int32, backlog: Int32) -> Int32 {
        self.count("listen") {
            guard let socket = self.socket(descriptor, "listen") else { return Self.badDescriptor }
            socket.phase = .listening
            return 0
        }
    }

    package func accept(_ descriptor: Int32, peer: inout SocketAddress) -> Int32 {
        var address = peer
        defer { peer = address }
        return self.count("accept") {
            guard let socket = self.socket(descriptor, "accept") else { return Self.badDescriptor }
            guard !socket.backlog.isEmpty else { return SystemError.Code.wouldBlock.result }
            let next = socket.backlog.removeFirst()
            address = next.peer
            return self.open(.socket(next.socket))
        }
    }

    package func connect(_ descriptor: Int32, to address: SocketAddress) -> Int32 {
        self.count("connect") {
            guard let socket = self.socket(descriptor, "connect") else { return Self.badDescriptor }
            socket.phase = .connecting
            let plan = self.connectPlans[address] ?? .refuse
            switch plan {
            case .acceptAtOnce:
                self.establish(socket, to: address)
                return 0
            case .failAtOnce(let code):
                return code.result
            case .refuse where address.isUnix:
                return (self.files[Self.path(address)] == nil ? SystemError.Code.notFound : .connectionRefused).result
            case .accept, .refuse, .hang, .fail:
                self.connecting.append((address, socket, plan))
                return SystemError.Code.inProgress.result
            }
        }
    }

    package func localAddress(of descriptor: Int32, _ address: inout SocketAddress) -> Int32 {
        guard let socket = self.socket(descriptor, "name") else { return Self.badDescriptor }
        address = socket.localAddress ?? address
        return 0
    }

    package func duplicate(_ descriptor: Int32) -> Int32 {
        self.count("duplicate") {
            guard let socket = self.socket(descriptor, "duplicate") else { return Self.badDescriptor }
            return self.open(.socket(socket))
        }
    }

    package func takePendingError(of descriptor: Int32) -> Int32 {
        guard let socket = self.socket(descriptor, "error") else { return SystemError.Code.badDescriptor.rawValue }
        return socket.takePendingError()?.rawValue ?? 0
    }

    package func receive(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        self.count("receive") {
            guard let socket = self.socket(descriptor, "receive") else { return Int(Self.badDescriptor) }
            guard unsafe !bytes.isEmpty else { return Int(self.misuse(.emptyRoom(descriptor), .invalidArgument)) }
            switch socket.phase {
            case .connected, .reset: break
            case .fresh, .listening, .connecting:
                return Int(self.misuse(.receiveBeforeConnected(descriptor), .notConnected))
            }
            guard !socket.incoming.isEmpty else {
                if let error = socket.takePendingError() { return Int(error.result) }
                if socket.hasPeerFinished || socket.phase == .reset { return 0 }
                return Int(SystemError.Code.wouldBlock.result)
            }
            var amount = self.amount(of: min(bytes.count, socket.incoming.count), \.receiveTransfer)
            // Nothing more can come, so there is nothing to wait for.
            if socket.phase == .reset { amount = max(amount, 1) }
            // What is left is as if it came only now: Linux never reads short of what is there.
            if amount < min(bytes.count, socket.incoming.count) { socket.changes += 1 }
            guard amount > 0 else { return Int(SystemError.Code.wouldBlock.result) }
            unsafe bytes.copyBytes(from: socket.incoming[..<amount])
            socket.incoming.removeFirst(amount)
            return amount
        }
    }

    package func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        unsafe self.send(descriptor, bytes, UnsafeRawBufferPointer(start: nil, count: 0))
    }

    package func send(_ descriptor: Int32, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int {
        self.count("send") {
            guard let socket = self.socket(descriptor, "send") else { return Int(Self.badDescriptor) }
            let offered = first.count + second.count
            guard offered > 0 else { return Int(self.misuse(.emptySend(descriptor), .invalidArgument)) }
            guard !socket.hasShutDownWriting else {
                return Int(self.misuse(.sendAfterShutdown(descriptor), .brokenPipe))
            }
            if let error = socket.takePendingError() { return Int(error.result) }
            guard socket.phase == .connected else { return Int(SystemError.Code.brokenPipe.result) }
            let room = max(0, socket.window - socket.outgoing.count)
            let amount = room == 0 ? 0 : self.amount(of: min(offered, room), \.sendTransfer)
            if amount < min(offered, room) { socket.changes += 1 }  // room comes back at once
            guard amount > 0 else { return Int(SystemError.Code.wouldBlock.result) }
            let ofFirst = min(amount, first.count)
            unsafe socket.outgoing.append(contentsOf: first[..<ofFirst])
            unsafe socket.outgoing.append(contentsOf: second[..<(amount - ofFirst)])
            return amount
        }
    }

    package func shutdownWriting(_ descriptor: Int32) -> Int32 {
        self.count("shutdown") {
            guard let socket = self.socket(descriptor, "shutdown") else { return Self.badDescriptor }
            guard socket.phase == .connected else { return SystemError.Code.notConnected.result }
            socket.hasShutDownWriting = true
            return 0
        }
    }

    package func close(_ descriptor: Int32) {
        self.calls["close", default: 0] += 1
        guard let object = self.objects.removeValue(forKey: descriptor) else {
            self.misuses.append(.unknownDescriptor("close", descriptor))
            return
        }
        guard case .socket(let socket) = object else { return }
        if self.sockets.values.contains(where: { $0 === socket }) { return }  // a duplicate is still open
        for case (let poller, .poller(var watched)) in self.objects where watched[descriptor] != nil {
            watched[descriptor] = nil
            self.objects[poller] = .poller(watched)
        }
        socket.isClosed = true
        socket.wasResetByLoop = socket.options.contains(.lingerZero) || !socket.incoming.isEmpty
        self.connecting.removeAll { $0.socket === socket }
    }

    package func fileIdentity(_ path: String) -> FileIdentity? { self.files[path] }

    package func setMode(_ mode: UInt16, ofFile path: String) -> Int32 {
        self.files[path] == nil ? SystemError.Code.notFound.result : 0
    }

    package func removeFile(_ path: String) -> Int32 {
        self.files.removeValue(forKey: path) == nil ? SystemError.Code.notFound.result : 0
    }
}

// MARK: Inside

extension ScriptedKernel {
    static let badDescriptor = SystemError.Code.badDescriptor.result

    /// The lowest number that is free, as Unix does: numbers are reused at once.
    func open(_ object: Object) -> Int32 {
        var descriptor: Int32 = 3
        while self.objects[descriptor] != nil { descriptor += 1 }
        self.objects[descriptor] = object
        return descriptor
    }

    private func count<Result: SignedInteger>(_ call: String, _ body: () -> Result) -> Result {
        self.calls[call, default: 0] += 1
        if let codes = self.failures[call], let code = codes.first {
            self.failures[call] = Array(codes.dropFirst())
            return Result(code.result)
        }
        return body()
    }

    private func misuse(_ misuse: Misuse, _ code: SystemError.Code) -> Int32 {
        self.misuses.append(misuse)
        return code.result
    }

    var sockets: [Int32: ScriptedSocket] {
        self.objects.compactMapValues { if case .socket(let socket) = $0 { socket } else { nil } }
    }

    private func isOpen(_ descriptor: Int32, _ call: String) -> Bool {
        if self.objects[descriptor] != nil { return true }
        self.misuses.append(.unknownDescriptor(call, descriptor))
        return false
    }

    private func socket(_ descriptor: Int32, _ call: String) -> ScriptedSocket? {
        guard self.isOpen(descriptor, call) else { return nil }
        if case .socket(let socket) = self.objects[descriptor] { return socket }
        self.misuses.append(.notASocket(call, descriptor))
        return nil
    }

    private func watched(by poller: Int32) -> [Int32: Watch]? {
        if case .poller(let watched) = self.objects[poller] { return watched }
        self.misuses.append(.notAPoller(poller))
        return nil
    }

    private func changes(of descriptor: Int32) -> Int {
        if case .socket(let socket) = self.objects[descriptor] { socket.changes } else { 0 }
    }

    private func readiness(of descriptor: Int32) -> Readiness {
        switch self.objects[descriptor] {
        case .socket(let socket): socket.readiness
        case .waker(let bell): bell.isRung.load(ordering: .acquiring) ? .read : []
        case .poller, nil: []
        }
    }

    private func settleConnecting() {
        let waiting = self.connecting
        self.connecting = []
        for (address, socket, plan) in waiting {
            switch plan {
            case .accept, .acceptAtOnce: self.establish(socket, to: address)
            case .refuse: socket.fail(.connectionRefused)
            case .fail(let code), .failAtOnce(let code): socket.fail(code)
            case .hang: self.connecting.append((address, socket, plan))
            }
        }
    }

    private func establish(_ socket: ScriptedSocket, to address: SocketAddress) {
        socket.phase = .connected
        self.upstreams[address, default: []].append(ScriptedPeer(socket: socket, address: address))
    }

    private func amount(of available: Int, _ transfer: ReferenceWritableKeyPath<ScriptedKernel, Transfer>) -> Int {
        switch self[keyPath: transfer] {
        case .whole: return available
        case .random:
            if self.random.chance(oneIn: 8) { return 0 }
            // Small amounts are the interesting ones.
            let most = self.random.chance(oneIn: 2) ? min(available, 8) : available
            return Int.random(in: 1...most, using: &self.random)
        case .script(let amounts):
            guard let amount = amounts.first else { return available }
            self[keyPath: transfer] = .script(Array(amounts.dropFirst()))
            return min(amount, available)
        }
    }

    func newFile(isSocket: Bool) -> FileIdentity {
        defer { self.nextInode += 1 }
        return FileIdentity(device: 1, inode: self.nextInode, isSocket: isSocket)
    }

    private static func path(_ address: SocketAddress) -> String {
        if case .unix(let path) = address { path } else { "" }
    }
}
