/// First in, first out, or last when it has to be; both ends amortised O(1).
struct FIFO<Element> {
  // Elements taken out leave nil behind, so that what they hold is freed at once.
  private var storage: [Element?] = []
  private var head = 0

  var count: Int { storage.count - head }
  var isEmpty: Bool { count == 0 }
  var first: Element? { isEmpty ? nil : storage[head] }

  mutating func append(_ element: Element) {
    storage.append(element)
  }

  mutating func removeFirst() -> Element? {
    guard !isEmpty else { return nil }
    let element = storage[head]
    storage[head] = nil
    head += 1
    // One that empties begins anew: thousands of short queues stay short.
    if head == storage.count {
      storage.removeAll(keepingCapacity: true)
      head = 0
    } else if head * 2 > storage.count && head > 32 {
      storage.removeFirst(head)
      head = 0
    }
    return element
  }

  mutating func removeLast() -> Element? {
    guard !isEmpty else { return nil }
    return storage.removeLast()
  }
}

extension FIFO: Sendable where Element: Sendable {}
