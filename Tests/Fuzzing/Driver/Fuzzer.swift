internal import CLibFuzzer
internal import Glibc

/// A decoder of bytes from outside, under libFuzzer: it must neither trap nor take much memory or time, whatever they are.
package struct Fuzzer: Sendable {
  let name: String
  let seeds: @Sendable () -> [[UInt8]]
  let longest: Int
  let decode: @Sendable ([UInt8]) throws -> Void

  /// - Parameters:
  ///   - seeds: inputs to begin with, besides files that tools/fuzz has for it. The decoder takes each of them: what it
  ///     refuses leads nowhere.
  ///   - longest: bytes of an input, at most.
  ///   - decode: decodes an input, throws what the decoder throws, and calls `require` for what has to hold.
  package init(
    _ name: String, seeds: @autoclosure @escaping @Sendable () -> [[UInt8]] = [], longest: Int = 4096,
    _ decode: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    (self.name, self.seeds, self.longest, self.decode) = (name, seeds, longest, decode)
  }

  // libFuzzer takes a C function, which holds nothing. Set once, before it runs.
  nonisolated(unsafe) private static var current = Fuzzer("none") { _ in }

  /// Runs the one of `fuzzers` that the program's first argument names, on the corpus in the folder that the second one names,
  /// with libFuzzer's arguments behind it; without any, prints their names.
  package static func run(_ fuzzers: [Fuzzer]) -> Never {
    guard CommandLine.argc > 1 else {
      for fuzzer in fuzzers { print(fuzzer.name) }
      exit(0)
    }
    guard let fuzzer = fuzzers.first(where: { $0.name == CommandLine.arguments[1] }) else {
      print("no such fuzzer: \(CommandLine.arguments[1])")
      exit(64)
    }
    for (index, seed) in fuzzer.seeds().enumerated() where CommandLine.argc > 2 {
      fuzzer.expectRead(seed, index)
      write(seed, "\(CommandLine.arguments[2])/seed-\(index)")
    }
    current = fuzzer
    let arguments = [CommandLine.arguments[0]] + CommandLine.arguments.dropFirst(2) + ["-max_len=\(fuzzer.longest)"]
    var argc = Int32(arguments.count)
    var argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = .allocate(capacity: arguments.count + 1)
    argv?.initialize(repeating: nil, count: arguments.count + 1)
    for (index, argument) in arguments.enumerated() { argv?[index] = strdup(argument) }
    exit(
      LLVMFuzzerRunDriver(&argc, &argv) { data, size in
        Fuzzer.current.run(Array(UnsafeRawBufferPointer(start: data, count: size)))
        return 0
      })
  }

  private func run(_ bytes: [UInt8]) {
    do {
      try decode(bytes)
    } catch {
      // What was refused has to be told in one line.
      require(!"\(error)".isEmpty, "an error says what is wrong")
    }
  }

  private func expectRead(_ seed: [UInt8], _ index: Int) {
    require(seed.count <= longest, "seed \(index) of \(name) has \(seed.count) bytes, of \(longest) at most")
    do {
      try decode(seed)
    } catch {
      fatalError("seed \(index) of \(name) is refused: \(error)")
    }
  }
}

/// Ends the program, as a finding, where `condition` does not hold.
package func require(_ condition: Bool, _ promise: @autoclosure () -> String) {
  if !condition { fatalError("broken: \(promise())") }
}

/// The parts of an input for decoders of several files or frames: what stands between pairs of record separators (0x1E).
package func parts(_ bytes: [UInt8]) -> [[UInt8]] {
  var parts: [[UInt8]] = [[]]
  var index = 0
  while index < bytes.count {
    if bytes[index] == 0x1E, index + 1 < bytes.count, bytes[index + 1] == 0x1E {
      parts.append([])
      index += 2
    } else {
      parts[parts.count - 1].append(bytes[index])
      index += 1
    }
  }
  return parts
}

/// The input that stands for `parts`.
package func joined(_ parts: [[UInt8]]) -> [UInt8] { Array(parts.joined(separator: [0x1E, 0x1E])) }

/// A folder in memory for decoders that read files, removed by the system with what is in /dev/shm.
package enum Scratch {
  private static let folder: String = {
    let folder = "/dev/shm/sigstreamd-fuzz-\(getpid())"
    require(mkdir(folder, 0o700) == 0 || errno == EEXIST, "\(folder) can be made")
    return folder
  }()

  /// Writes `bytes` to the file `name`.
  ///
  /// - Returns: its path.
  package static func write(_ bytes: [UInt8], _ name: String) -> String {
    let path = "\(folder)/\(name)"
    FuzzDriver.write(bytes, path)
    return path
  }
}

private func write(_ bytes: [UInt8], _ path: String) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  require(descriptor >= 0 && Glibc.write(descriptor, bytes, bytes.count) == bytes.count, "\(path) can be written")
  close(descriptor)
}
