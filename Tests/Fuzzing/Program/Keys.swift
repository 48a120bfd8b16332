import FuzzDriver
import StreamIO

@testable import sigstreamd

extension Program {
  private static let files = [
    "# For peers.\ncurve\n    public-key = \"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"\n",
    "    secret-key = \"JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6\"\n",
    "# clients\nrq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7 bed 3\n",
  ].map { Array($0.utf8) }

  static let keys = [
    Fuzzer("key", seeds: files) { bytes in
      let path = Scratch.write(bytes, "x.key_secret")
      let pair = try KeyFile.readSecret(path: path, credentials: nil)
      require(CurveKey(z85: pair.publicKey.z85) == pair.publicKey, "a key that is written is read again")
    },
    Fuzzer("public-key", seeds: files) { bytes in
      let key = try KeyFile.publicKey(Scratch.write(bytes, "x.key"))
      require(String(decoding: bytes, as: UTF8.self).contains(key.z85), "the key is what the file says")
    },
    Fuzzer("allow-list", seeds: files) { bytes in
      let list = try AllowList(path: Scratch.write(bytes, "clients"))
      require(list.count <= bytes.count / 40, "a key has 40 characters")
    },
  ]
}
