internal import Foundation
internal import Imaging
internal import Media
internal import StyleNetworks
internal import Torch
internal import Tracking

/// One run, from its first step or a checkpoint to its end. Used on one thread.
final class TrainingRun {
  private let configuration: TrainingConfiguration
  private let emit: @Sendable (TrainingEvent) -> Void
  private let began = Date()
  private let identity: RunIdentity
  private let folder: RunFolder
  private let artwork: Artwork
  private let bank: PhotoBank
  private let loader: PhotoLoader
  private let module: StyleModule
  private let objective: Objective
  private let schedule: Schedule
  private let device: Device
  private var adam: Adam
  /// Seconds of the run before this program took it up.
  private let elapsedBefore: Double
  private var lastCheckpoint: String?
  private var sheet: PreviewSheet?
  private var parts = BatchParts()
  private var tracking: RunTracking?
  private var painting: TrackedImage?
  /// Steps whose losses are still on the device.
  private var unread: [StepReading] = []
  /// How many steps' losses are read at once: each reading waits until a GPU has done all that was asked of it.
  private let readingInterval: Int

  private var recipe: Recipe { configuration.recipe }
  private var elapsed: Double { elapsedBefore + Date().timeIntervalSince(began) }

  /// Loads everything; nothing is written before all of it is there.
  init(_ configuration: TrainingConfiguration, emit: @escaping @Sendable (TrainingEvent) -> Void) throws {
    self.configuration = configuration
    self.emit = emit
    try configuration.recipe.validate()
    try TrainingRun.checkOutput(configuration)
    if let threads = configuration.threads { try Runtime.setThreads(threads) }
    let (device, name) = try TrainingRun.pick(configuration.device)
    self.device = device
    let precision = TrainingRun.pick(configuration.precision, on: device)
    readingInterval = device == .cpu ? 1 : 10
    artwork = try Artwork(configuration)
    // A run does not learn from its own previews, nor from a photograph twice.
    bank = try PhotoBank(
      folder: configuration.photographs, leavingOut: [configuration.runFolder] + [configuration.cache].compactMap(\.self))
    identity = RunIdentity(
      recipe: configuration.recipe, painting: artwork.sha256, crop: configuration.crop, strokeSize: configuration.strokeSize,
      photographs: bank.files.count, initialStyle: try configuration.initialStyle.map { try SHA256.digest(readFile($0)) },
      seed: configuration.seed, precision: precision == .bfloat16 ? "bf16" : "f32", device: name)
    let lossNetwork = try configuration.recipe.lossNetwork.load(
      taps: configuration.recipe.allTaps, folders: configuration.weightFolders, device: device, precision: precision,
      channelsLast: precision == .bfloat16 || device != .cpu)

    var checkpoint: Checkpoint?
    if configuration.resume {
      let folder = try RunFolder(configuration.runFolder, resume: true, replace: false)
      let found = try Checkpoint(path: folder.checkpoint)
      let differences = found.identity.differences(from: identity)
      guard differences.isEmpty else {
        throw TrainingError.runFolder(
          path: configuration.runFolder,
          reason:
            "was begun with other settings (\(differences.joined(separator: ", "))); give the same to resume, or begin anew with"
            + " --overwrite")
      }
      checkpoint = found
    }
    let network = try checkpoint?.network() ?? TrainingRun.initialNetwork(configuration)
    module = try StyleModule(
      network, device: device, precision: precision, channelsLast: precision == .bfloat16 && device != .cpu,
      fusing: configuration.recipe.temporal.features == 0)
    // Every step has the same shapes. What trials bring was measured for passes.
    if module.hasPasses { try Runtime.tune(device) }
    objective = try Objective(
      configuration.recipe, lossNetwork: lossNetwork, artwork: Tensor.pictures([artwork.image], device: device), device: device)
    adam = try checkpoint?.adam(for: module, path: configuration.runFolder) ?? Adam(leaves: module.leaves)
    elapsedBefore = checkpoint?.elapsed ?? 0
    schedule = Schedule(recipe: configuration.recipe, budget: configuration.timeBudget)
    folder = try RunFolder(configuration.runFolder, resume: configuration.resume, replace: configuration.replace)
    lastCheckpoint = checkpoint == nil ? nil : folder.checkpoint
    if let cache = configuration.cache {
      do {
        try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
      } catch {
        throw TrainingError.file(
          path: cache, reason: "the folder of shrunk photographs cannot be made; choose another with --cache")
      }
    }
    loader = PhotoLoader(
      bank: bank,
      decoder: PhotoDecoder(settings: configuration.recipe.photographs, seed: configuration.seed, cache: configuration.cache),
      position: checkpoint?.position ?? 0, skipped: checkpoint?.skipped ?? [:], ahead: 4 * configuration.recipe.photographs.batch,
      threads: TrainingRun.loaderThreads(device))
  }

  deinit { loader.stop() }

  /// Threads that decode photographs: where a GPU learns, the processors have nothing else to do.
  private static func loaderThreads(_ device: Device) -> Int {
    let cores = ProcessInfo.processInfo.activeProcessorCount
    return device == .cpu ? max(2, min(8, cores / 2)) : max(2, min(24, cores - 2))
  }

  /// Takes steps until the end, or until it is told to stop.
  func run(until shouldStop: () -> Bool) throws {
    try folder.write(identity)
    if !configuration.resume { folder.forgetTracking() }
    tracking = RunTracking(configuration, identity: identity, folder: folder, step: adam.step, emit: emit)
    painting = folder.show(artwork.image)
    do {
      let output = try learn(until: shouldStop)
      // A stopped run ends as a program that was interrupted does.
      let result = result(output: output)
      // What stopped a run is not to stop its upload as well; a second signal ends the program.
      tracking?.finish(exitCode: output == nil ? 130 : 0, result: result, until: { output != nil && shouldStop() })
      emit(.finished(result))
    } catch {
      tracking?.finish(exitCode: 1, result: result(output: nil), until: shouldStop)
      throw error
    }
  }

  /// Takes steps; gives the style file, or nil where it was stopped.
  private func learn(until shouldStop: () -> Bool) throws -> String? {
    tell(
      .started(
        TrainingStart(
          photographs: bank.files.count, step: adam.step, iterations: configuration.timeBudget == nil ? recipe.iterations : nil,
          parameters: module.architecture.parameterCount, device: identity.device, precision: identity.precision,
          initialStyle: configuration.initialStyle, runFolder: folder.path)))
    if let warning = try TrainingRun.otherNetwork(configuration, module.architecture) { tell(.warning(warning)) }
    var durations: [Double] = []
    let first = adam.step
    while !schedule.isOver(step: adam.step, elapsed: elapsed, longest: (durations.max() ?? 0) + reserve(durations)) {
      guard !shouldStop() else {
        try settle(durations, first: first)
        try checkpoint()
        return nil
      }
      let start = Date()
      unread.append(try step())
      let isShown = shows(adam.step, first: first)
      let isKept = adam.step % max(1, configuration.checkpointInterval) == 0
      let isFull = unread.count >= readingInterval
      let isRead = isFull || isShown || isKept || (tracking?.wantsHistograms(adam.step) ?? false)
      if isRead { try check() }
      durations.append(Date().timeIntervalSince(start))
      if durations.count > 20 { durations.removeFirst() }
      if isRead { try settle(durations, first: first) }
      if isKept { try checkpoint() }
    }
    guard adam.step > 0 else { throw TrainingError.noTime(budget: configuration.timeBudget ?? 0) }
    try settle(durations, first: first)
    try checkpoint()
    if configuration.previewInterval > 0 { _ = try preview() }
    try writeStyle()
    return configuration.output
  }

  /// Whether a step ends with a preview.
  private func shows(_ step: Int, first: Int) -> Bool {
    configuration.previewInterval > 0 && (step % configuration.previewInterval == 0 || step == first + 1)
  }

  /// Reads what the device has of the last steps. A loss or gradient that is no number ends the run before anything is written.
  private func check() throws { try StepReading.read(&unread, lastCheckpoint: lastCheckpoint) }

  /// Tells of all steps that were not told of; only the last can have a preview and histograms.
  private func settle(_ durations: [Double], first: Int) throws {
    try check()
    let readings = unread
    unread = []
    for reading in readings {
      var progress = reading.progress()
      complete(&progress, durations)
      tell(.step(progress))
      let preview = shows(progress.step, first: first) ? try preview() : nil
      try track(progress, preview: preview, isFirst: progress.step == first + 1)
    }
  }

  /// Tells those who watch, and the run's console log.
  private func tell(_ event: TrainingEvent) {
    emit(event)
    tracking?.note(event)
  }

  /// Tells the trackers of a step.
  private func track(_ progress: TrainingProgress, preview: TrackedImage?, isFirst: Bool) throws {
    guard let tracking else { return }
    let wantsHistograms = tracking.wantsHistograms(progress.step)
    var values: [String: [Float]] = [:]
    if wantsHistograms {
      for (name, leaf) in zip(module.names, module.leaves) {
        values["parameters/" + name] = try leaf.detached().to(.float32).floats()
        values["gradients/" + name] = try leaf.gradient()?.to(.float32).floats()
      }
    }
    tracking.log(progress, elapsed: elapsed, style: isFirst ? painting : nil, preview: preview, values: values)
  }

  /// One step of Adam on one batch.
  private func step() throws -> StepReading {
    let share = schedule.share(step: adam.step, elapsed: elapsed)
    let rate = schedule.rate(share: share)
    let asked = Date()
    let photographs = try Tensor.pictures(loader.next(recipe.photographs.batch), device: device)  // [N, 3, H, W]
    let waited = Date().timeIntervalSince(asked)
    let objective = schedule.isFinishing(share: share) ? objective.finished : objective
    let disturbance = try objective.recipe.temporal.disturbance(
      shape: photographs.shape(), seed: configuration.seed, step: adam.step, device: device)
    let temporalShare = schedule.temporalShare(share: share)
    let losses = try parts.backward(
      photographs, disturbance, clear: { () throws(TorchError) in try adam.clearGradients() },
      losses: { (some, disturbance) throws(TorchError) in
        try objective.losses(
          of: module, on: some, disturbance: disturbance, temporalShare: temporalShare, batch: recipe.photographs.batch)
      },
      halved: { size in
        tell(
          .warning(
            "memory ran out; steps go on with \(size) of their \(recipe.photographs.batch) photographs at a time and add the gradients up,"
              + " which takes longer and learns nearly the same"))
      })
    let norm = try adam.clipGradients(to: recipe.clip > 0 ? recipe.clip : .infinity)
    try adam.update(rate: rate)
    return try StepReading(
      step: adam.step, losses: losses, gradientNorm: norm, recipe: objective.recipe, learningRate: rate,
      temporalShare: temporalShare,
      waited: waited)
  }

  private func complete(_ progress: inout TrainingProgress, _ durations: [Double]) {
    let mean = durations.reduce(0, +) / Double(max(1, durations.count))
    progress.share = schedule.share(step: progress.step, elapsed: elapsed)
    progress.picturesPerSecond = mean > 0 ? Double(recipe.photographs.batch) / mean : 0
    if let budget = configuration.timeBudget {
      progress.remaining = max(0, budget - elapsed)
      progress.iterations = adam.step + (mean > 0 ? Int(progress.remaining / mean) : 0)
    } else {
      progress.remaining = Double(recipe.iterations - progress.step) * mean
    }
  }

  /// Seconds kept for the end of a run with a time budget: a checkpoint, a preview, the style file.
  private func reserve(_ durations: [Double]) -> Double {
    0.3 + (configuration.previewInterval > 0 ? durations.max() ?? 0 : 0)
  }

  private func checkpoint() throws {
    // What a resumed run does not repeat must have been written down.
    tracking?.flush()
    let state = try Checkpoint(
      module: module, adam: adam, identity: identity, position: loader.position, elapsed: elapsed, skipped: loader.skipped)
    try state.write(to: folder.checkpoint)
    lastCheckpoint = folder.checkpoint
    tell(.checkpoint(path: folder.checkpoint, step: adam.step))
  }

  private func result(output: String?) -> TrainingResult {
    TrainingResult(
      output: output, steps: adam.step, seconds: elapsed,
      skipped: Dictionary(loader.skipped.values.map { ($0, 1) }, uniquingKeysWith: +), checkpoint: folder.checkpoint)
  }

  private func preview() throws -> TrackedImage? {
    if sheet == nil { sheet = try PreviewSheet(bank: bank, settings: recipe.photographs, device: device) }
    guard let image = try sheet?.painted(by: module) else { return nil }
    let path = folder.preview(step: adam.step)
    let tracked = try folder.write(image, to: path, caption: "step \(adam.step): photographs, painted")
    tell(.preview(path: path, step: adam.step))
    return tracked
  }

  private func writeStyle() throws {
    let card = StyleCard(configuration, identity: identity, steps: adam.step)
    let target = try AtomicFile(target: configuration.output, replace: configuration.replace || configuration.resume)
    try target.write(StyleFile(network: module.network(), card: card).serialized())
    try target.commit()
  }
}
