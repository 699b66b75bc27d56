import NIOCore
import NIOPosix
import Synchronization

/// A loop for each server that is asked, and with it a queue for looking up its name.
///
/// The system's lookups cannot be called off and run one after the other on each loop: on a shared one, a name whose DNS
/// is silent would hold up every other server for as long as its lookups take. Loops live as long as the process, since a
/// lookup that hangs comes back to its loop whenever it likes.
enum ServerLoops {
    private static let loops = Mutex<[String: MultiThreadedEventLoopGroup]>([:])

    static func loop(of authority: String) -> any EventLoopGroup {
        Self.loops.withLock { loops in
            if let known = loops[authority] { return known }
            guard loops.count < Self.countMax else { return MultiThreadedEventLoopGroup.singleton }
            let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            loops[authority] = loop
            return loop
        }
    }

    /// A thread each; beyond it servers share those that the process has.
    private static let countMax = 64
}
