/// The frames of one multipart message, wherever they lie.
package protocol MessageFrames: ~Copyable {
  /// Frames in the message.
  var count: Int { get }

  /// Calls `body` with the bytes of a frame, which are valid during the call.
  ///
  /// - Precondition: `index` is in 0..<count.
  borrowing func withFrame<Result, Failure: Error>(
    _ index: Int, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result
}
