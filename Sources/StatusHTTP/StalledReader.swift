internal import NIOCore

/// Closes a connection whose client takes nothing of its answers for some time: it would otherwise count among those that are
/// open for as long as it likes.
///
/// One for each connection, used on its event loop.
final class StalledReader: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = Any
  private let limit: TimeAmount
  private var closing: Scheduled<Void>?

  init(limit: TimeAmount) { self.limit = limit }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    cancel()
    let channel = context.channel
    if !channel.isWritable {
      closing = channel.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
    }
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    cancel()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { cancel() }

  private func cancel() {
    closing?.cancel()
    closing = nil
  }
}
