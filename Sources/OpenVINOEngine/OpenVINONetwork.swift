internal import COpenVINO
internal import Engine
internal import Imaging
internal import StyleNetworks
internal import Synchronization

/// A network as OpenVINO runs it: one compiled model for each form in which it has been asked for.
final class OpenVINONetwork: NetworkRunner {
  let architecture: Architecture
  let concurrency: Int
  private let network: StyleNetwork
  private let precision: String
  private let threads: Int
  private let streams: Int
  private let cache: String?
  private let compiled = Mutex<[(form: ONNXForm, model: CompiledNetwork)]>([])

  /// Forms that are kept: the last sizes of a clip, a picture, and the tiles of one.
  private static let kept = 4

  /// - Parameters:
  ///   - precision: `f32` or `bf16`.
  ///   - threads: all that compute; 0 leaves it to OpenVINO.
  ///   - streams: pictures at once, which share the threads; 0 for one with all of them.
  ///   - cache: a folder for compiled models; nil keeps none.
  init(_ network: StyleNetwork, precision: String, threads: Int, streams: Int, cache: String?) {
    self.network = network
    concurrency = max(1, streams)
    self.streams = streams
    architecture = network.architecture
    self.precision = precision
    self.threads = threads
    self.cache = cache
  }

  func forward(_ batch: Batch) throws -> Batch {
    guard batch.shape.count == 4, batch.shape[1] == 3, batch.values.count == batch.shape.reduce(1, *) else {
      throw EngineError.failed(engine: OpenVINOEngine.name, reason: "a batch of shape \(batch.shape) is not [N, 3, H, W]")
    }
    let (count, height, width) = (batch.shape[0], batch.shape[2], batch.shape[3])
    let model = try model(
      ONNXForm(ends: .planes(clamped: false), size: ONNXForm.Size(batch: count, height: height, width: width)))
    let size = architecture.outputSize(height: height, width: width)
    let shape = [count, 3, size.height, size.width]
    let values = try [Float](unsafeUninitializedCapacity: shape.reduce(1, *)) { output, initialised in
      try batch.values.withUnsafeBytes { input in
        try model.run(
          input: input, .init(type: COV_F32, shape: batch.shape),
          outputs: [(UnsafeMutableRawBufferPointer(output), .init(type: COV_F32, shape: shape))])
      }
      initialised = output.count
    }
    return Batch(shape: shape, values: values)
  }

  func stylize(_ image: ImageBuffer, statistics: NormStatistics?) throws -> ImageBuffer {
    let norms = statistics.map { given in
      ONNXForm.Norms.fixed(given.layers.map { ONNXForm.Statistics(mean: $0.mean, variance: $0.variance) })
    }
    // Tiles come in several sizes; one model takes them all.
    let size = norms == nil ? ONNXForm.Size(height: image.height, width: image.width) : nil
    let model = try model(ONNXForm(ends: .pixels(bits: image.depth.rawValue), norms: norms ?? .own, size: size))
    let out = architecture.outputSize(height: image.height, width: image.width)
    let type = image.depth == .eight ? COV_U8 : COV_U16
    return try ImageBuffer(width: out.width, height: out.height, depth: image.depth) { output in
      try image.withUnsafeBytes { input in
        try model.run(
          input: input, .init(type: type, shape: [1, image.height, image.width, 3]),
          outputs: [(output, .init(type: type, shape: [1, out.height, out.width, 3]))])
      }
    }
  }

  func statistics(of patches: [ImageBuffer], margin: Int) throws -> NormStatistics {
    guard let first = patches.first, patches.allSatisfy({ min($0.width, $0.height) > 2 * margin }),
      patches.allSatisfy({ ($0.width, $0.height, $0.depth) == (first.width, first.height, first.depth) })
    else {
      throw EngineError.failed(
        engine: OpenVINOEngine.name, reason: "there is nothing to take statistics of inside a margin of \(margin)")
    }
    let size = ONNXForm.Size(batch: patches.count, height: first.height, width: first.width)
    let form = ONNXForm(ends: .pixels(bits: first.depth.rawValue), norms: .pooled(margin: margin), size: size)
    let type = first.depth == .eight ? COV_U8 : COV_U16
    let out = architecture.outputSize(height: first.height, width: first.width)
    let channels = architecture.normChannels
    var painted = [UInt8](repeating: 0, count: patches.count * out.height * out.width * 3 * first.depth.bytes)
    var values = [[Float]]()
    for count in channels { values += [[Float](repeating: 0, count: count), [Float](repeating: 0, count: count)] }
    let model = try model(form, keep: false)
    let pixels = patches.flatMap { patch in patch.withUnsafeBytes { [UInt8]($0) } }
    try pixels.withUnsafeBytes { input in
      try painted.withUnsafeMutableBytes { painted in
        try withMemory(of: &values) { memories in
          var outputs = zip(memories, channels.flatMap { [$0, $0] }).map {
            (memory: $0, layout: CompiledNetwork.Layout(type: COV_F32, shape: [$1]))
          }
          outputs.append((painted, .init(type: type, shape: [patches.count, out.height, out.width, 3])))
          try model.run(
            input: input, .init(type: type, shape: [patches.count, first.height, first.width, 3]), outputs: outputs)
        }
      }
    }
    return NormStatistics(
      layers: channels.indices.map { NormStatistics.LayerStatistics(mean: values[2 * $0], variance: values[2 * $0 + 1]) })
  }

  /// The compiled model of a form; compiled now where it is not there.
  private func model(_ form: ONNXForm, keep: Bool = true) throws -> CompiledNetwork {
    // With a picture's own numbers in it a model is of use for that picture only, and not worth a file.
    var isGeneral = true
    if case .fixed = form.norms { isGeneral = false }

    // Compiled under the lock: of several threads that want the same model, one makes it.
    return try compiled.withLock { models in
      if let known = models.first(where: { $0.form == form })?.model { return known }
      let model = try compile(network.onnx(form), cache: keep && isGeneral ? cache : nil)
      guard keep else { return model }
      models.append((form, model))
      if models.count > Self.kept { models.removeFirst() }
      return model
    }
  }

  /// Where another program that writes the same cache comes in between, OpenVINO fails on its files: the model is compiled without them then.
  private func compile(_ onnx: [UInt8], cache: String?) throws -> CompiledNetwork {
    func compiled(cache: String?) throws -> CompiledNetwork {
      try CompiledNetwork(onnx: onnx, precision: precision, threads: threads, streams: streams, cache: cache)
    }
    guard let cache else { return try compiled(cache: nil) }
    do { return try compiled(cache: cache) } catch { return try compiled(cache: nil) }
  }
}

/// Opens all arrays' memory at once.
private func withMemory<Result>(
  of arrays: inout [[Float]], _ body: ([UnsafeMutableRawBufferPointer]) throws -> Result
) rethrows -> Result {
  let memories = arrays.map { array in
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(4, array.count * 4), alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    return memory
  }
  defer {
    for (index, memory) in memories.enumerated() {
      arrays[index] = [Float](memory.bindMemory(to: Float.self).prefix(arrays[index].count))
      memory.deallocate()
    }
  }
  return try body(memories)
}
