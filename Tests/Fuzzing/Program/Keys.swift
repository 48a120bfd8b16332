import FuzzDriver
import StreamIO

@testable import sigstreamd

extension Program {
  private static let publicLine = "    public-key = \"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"\n"
  private static let secretLine = "    secret-key = \"JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6\"\n"
  private static let publicFile = Array("# For peers.\ncurve\n\(publicLine)".utf8)

  static let keys = [
    Fuzzer("key", seeds: [Array("curve\n\(publicLine)\(secretLine)".utf8)]) { bytes in
      let path = Scratch.write(bytes, "x.key_secret")
      let pair = try KeyFile.readSecret(path: path, credentials: nil)
      require(CurveKey(z85: pair.publicKey.z85) == pair.publicKey, "a key that is written is read again")
    },
    Fuzzer("public-key", seeds: [publicFile]) { bytes in
      let key = try KeyFile.publicKey(Scratch.write(bytes, "x.key"))
      require(String(decoding: bytes, as: UTF8.self).contains(key.z85), "the key is what the file says")
    },
    Fuzzer("allow-list", seeds: [Array("# clients\nrq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7 bed 3\n".utf8)]) { bytes in
      let list = try AllowList(path: Scratch.write(bytes, "clients"))
      require(list.count <= bytes.count / 40, "a key has 40 characters")
    },
  ]
}
