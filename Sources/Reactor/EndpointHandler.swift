/// Told what happens to an endpoint, on its loop's thread.
package protocol EndpointHandler: AnyObject {
    /// Bytes, or the end of the stream, can be received. Only while ``Endpoint/wantsReading``.
    func endpointReadable(_ endpoint: Endpoint)
    /// The socket takes bytes again and ``Endpoint/outbound`` is empty. Only while ``Endpoint/wantsWriting``, or after bytes had to be queued.
    func endpointWritable(_ endpoint: Endpoint)
    /// The socket took some of what was queued, and not all: whoever measures silence has heard something.
    func endpointProgressed(_ endpoint: Endpoint)
    func endpointConnected(_ endpoint: Endpoint)
    /// The peer has shut down its writing; told once, and only while nobody reads. Bytes may still be unread.
    func endpointPeerClosed(_ endpoint: Endpoint)
    /// Connecting failed, or the connection died while nobody was reading. All that is left to do is to close it.
    func endpointFailed(_ endpoint: Endpoint, _ error: SystemError)
    func endpointDeadline(_ endpoint: Endpoint)
}

extension EndpointHandler {
    package func endpointWritable(_ endpoint: Endpoint) {}
    package func endpointProgressed(_ endpoint: Endpoint) {}
    package func endpointConnected(_ endpoint: Endpoint) {}
    package func endpointPeerClosed(_ endpoint: Endpoint) {}
    package func endpointFailed(_ endpoint: Endpoint, _ error: SystemError) { endpoint.close() }
    package func endpointDeadline(_ endpoint: Endpoint) { endpoint.close() }
}
