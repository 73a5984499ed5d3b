internal import Torch

/// The gradients of a batch, taken in as many parts as memory needs: each part's losses weigh as much as it has photographs, so that the gradients add up to
/// the whole batch's.
struct BatchParts {
  /// In how many parts a batch is taken.
  private(set) var count = 1

  /// Computes losses and adds their gradients to the leaves; where memory ends, once more with parts of half the size.
  ///
  /// - Parameters:
  ///   - photographs: [N, 3, H, W].
  ///   - disturbance: that of the whole batch.
  ///   - clear: forgets the gradients, also those of a try that broke off.
  ///   - losses: the losses of some photographs, with their graph.
  ///   - halved: hears how many photographs a part has from now on.
  /// - Returns: the losses of the batch, without a graph where there are several parts.
  mutating func backward(
    _ photographs: Tensor, _ disturbance: TemporalLoss.Disturbance?, clear: () throws(TorchError) -> Void,
    losses: (Tensor, TemporalLoss.Disturbance?) throws(TorchError) -> Objective.Losses, halved: (Int) -> Void
  ) throws(TorchError) -> Objective.Losses {
    let size = try photographs.shape()[0]
    while true {
      do throws(TorchError) {
        try clear()
        return try summed(photographs, disturbance, size: size, losses)
      } catch {
        guard error.isOutOfMemory, count < size else { throw error }
        count = min(size, 2 * count)
        halved((size + count - 1) / count)
      }
    }
  }

  private func summed(
    _ photographs: Tensor, _ disturbance: TemporalLoss.Disturbance?, size: Int,
    _ losses: (Tensor, TemporalLoss.Disturbance?) throws(TorchError) -> Objective.Losses
  ) throws(TorchError) -> Objective.Losses {
    guard count > 1 else {
      let whole = try losses(photographs, disturbance)
      try whole.total.backward()
      return whole
    }
    var sum: Objective.Losses?
    let length = (size + count - 1) / count
    for start in stride(from: 0, to: size, by: length) {
      let part = min(length, size - start)
      let found = try losses(
        photographs.narrowed(dimension: 0, start: start, length: part), disturbance?.narrowed(start: start, length: part))
      let share = Double(part) / Double(size)
      try found.total.scaled(by: share).backward()
      let weighed = try found.detached(share: share)
      sum = try sum?.plus(weighed) ?? weighed
    }
    guard let sum else { throw TorchError.failed(call: "backward", reason: "no photographs") }
    return sum
  }
}

extension Objective.Losses {
  /// The same numbers times a share, without their graph.
  fileprivate func detached(share: Double) throws(TorchError) -> Objective.Losses {
    var terms: [LossTerm: Tensor] = [:]
    for (term, loss) in self.terms { terms[term] = try loss.detached().scaled(by: share) }
    return Objective.Losses(terms: terms, total: try total.detached().scaled(by: share))
  }

  fileprivate func plus(_ other: Objective.Losses) throws(TorchError) -> Objective.Losses {
    var terms = self.terms
    for (term, loss) in other.terms { terms[term] = try terms[term]?.plus(loss) ?? loss }
    return Objective.Losses(terms: terms, total: try total.plus(other.total))
  }
}

extension TemporalLoss.Disturbance {
  /// What is done to some of the pictures.
  fileprivate func narrowed(start: Int, length: Int) throws(TorchError) -> TemporalLoss.Disturbance {
    var part = self
    part.noise = try noise.narrowed(dimension: 0, start: start, length: length)
    if let flow {
      part.flow = ExactFlow(
        places: try flow.places.narrowed(dimension: 0, start: start, length: length),
        mask: try flow.mask.narrowed(dimension: 0, start: start, length: length))
    }
    return part
  }
}
