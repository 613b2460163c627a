import HoloModel
import HoloSystem

/// How a restored file is named until it gets its own name: `.NAME.TOKEN.partial`. The token says which restore made it
/// (random), which of that restore's files it is, and proves that a restore made the name, so that no one else's file is
/// ever taken for one that a restore left behind.
struct PartialTargetName {
  /// Hexadecimal digits.
  private enum Width {
    static let run = 16
    static let number = 8
    static let proof = 16
  }

  private static let end = Array(".partial".utf8)

  /// The restore that made it.
  let run: [UInt8]
  /// 0: the file that says whether that restore still runs.
  let number: UInt32

  static func randomRun() -> [UInt8] { Array(Digest128.random().hexadecimal.utf8.prefix(Width.run)) }

  static func bytes(run: [UInt8], number: UInt32, beside name: [UInt8]) -> [UInt8] {
    let form = PartialName(base: name, tokenByteCount: Width.run + Width.number + Width.proof)
    let digits = String(number, radix: 16)
    let token =
      String(decoding: run, as: UTF8.self) + String(repeating: "0", count: Width.number - digits.utf8.count) + digits
    let start = form.name(token: token).dropLast(end.count)
    return form.name(token: token + proof(of: Array(start)))
  }

  /// Nil where no restore made the name.
  init?(_ name: [UInt8]) {
    let start = name.dropLast(Self.end.count + Width.proof)
    let token = start.suffix(Width.run + Width.number)
    guard name.suffix(Self.end.count) == Self.end[...], token.count == Width.run + Width.number,
      Array(name.dropFirst(start.count).dropLast(Self.end.count)) == Array(Self.proof(of: Array(start)).utf8),
      let number = UInt32(String(decoding: token.suffix(Width.number), as: UTF8.self), radix: 16)
    else { return nil }
    run = Array(token.prefix(Width.run))
    self.number = number
  }

  /// Of the name up to the proof.
  private static func proof(of start: [UInt8]) -> String {
    let context = Array("HoloSnap restore, partial file: ".utf8)
    return String(BLAKE3.hash(context + start).short.hexadecimal.prefix(Width.proof))
  }
}
