import Glibc

/// The wall clock, which tokens' times are held against.
enum Wall {
    static var now: Int64 { Int64(time(nil)) }
}
