import FuzzSupport
import Glibc
import HoloFormat

// libFuzzer, with one parser: FUZZ_PARSER=npy fuzz [libFuzzer's options] FOLDER…
// Each input is judged as it is, and with its hashes made anew.

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
  _ argumentCount: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@_silgen_name("LLVMFuzzerMutate")
func mutateWithoutStructure(_ data: UnsafeMutablePointer<UInt8>?, _ count: Int, _ limit: Int) -> Int

func parserNamed() -> FuzzParser {
  if let parser = getenv("FUZZ_PARSER").flatMap({ FuzzParser(rawValue: String(cString: $0)) }) { return parser }
  print("FUZZ_PARSER is one of: \(FuzzParser.allCases.map(\.rawValue).joined(separator: ", "))")
  exit(64)
}

let parser = parserNamed()
nonisolated(unsafe) let judge = try Judge(parser)
let corpus = try parser.corpus().map(\.bytes)

/// libFuzzer's own changes, or ours; sometimes sealed, so that what it keeps is what lies behind the hashes.
@_cdecl("LLVMFuzzerCustomMutator")
func mutate(_ data: UnsafeMutablePointer<UInt8>?, _ count: Int, _ limit: Int, _ seed: CUnsignedInt) -> Int {
  guard let data else { return 0 }
  if seed % 3 == 0 { return mutateWithoutStructure(data, count, limit) }
  var bytes = Array(UnsafeBufferPointer(start: data, count: count))
  var mutator = Mutator(parser, corpus: corpus, seed: UInt64(seed))
  mutator.mutate(&bytes)
  if seed % 3 == 1 { parser.seal(&bytes, repairing: true) }
  let kept = min(bytes.count, limit)
  for index in 0..<kept { data[index] = bytes[index] }
  return kept
}

func judged(_ bytes: [UInt8]) {
  do throws(FormatError) { _ = try judge.check(bytes) } catch { fatalError("\(error)") }
}

var argumentCount = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(
  runDriver(&argumentCount, &arguments) { data, count in
    var bytes = Array(UnsafeBufferPointer(start: data, count: count))
    judged(bytes)
    guard parser.hasSeal else { return 0 }
    parser.seal(&bytes, repairing: count % 2 == 0)
    judged(bytes)
    return 0
  })
