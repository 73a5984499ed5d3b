internal import CTorch

extension Tensor {
  /// Makes this tensor a leaf to which gradients flow, or no such leaf.
  public func setRequiresGradient(_ requires: Bool = true) throws(TorchError) {
    try Runtime.check("requires_grad_") { $0.set_requires_gradient(handle, requires) }
  }

  /// The same memory as a tensor that no gradient flows through.
  public func detached() throws(TorchError) -> Tensor {
    try .make("detach") { $0.detach(handle, $1) }
  }

  /// Computes the gradients of this tensor, which has one element, with respect to every leaf that requires one, and adds them to those
  /// that are there.
  public func backward() throws(TorchError) {
    try Runtime.check("backward") { $0.backward(handle) }
  }

  /// This leaf's gradient, of its shape; nil before the first `backward`.
  public func gradient() throws(TorchError) -> Tensor? {
    var result: OpaquePointer?
    try Runtime.check("grad") { $0.gradient(handle, &result) }
    return result.map { Tensor(owning: $0) }
  }

  /// Forgets this leaf's gradient.
  public func clearGradient() throws(TorchError) {
    try Runtime.check("grad") { $0.clear_gradient(handle) }
  }

  /// The value of a tensor of one element.
  public func item() throws(TorchError) -> Double {
    var value = 0.0
    try Runtime.check("item") { $0.item(handle, &value) }
    return value
  }
}

/// Runs synchronous work whose operations are not recorded for gradients.
///
/// Recording is a state of the thread: `body` must not suspend.
public func withoutGradients<Result>(_ body: () throws(TorchError) -> Result) throws(TorchError) -> Result {
  var previous = true
  try Runtime.check("GradMode") { $0.set_recording(false, &previous) }
  defer {
    var ignored = false
    // The first call went through the same table, so this one does.
    try? Runtime.check("GradMode") { $0.set_recording(previous, &ignored) }
  }
  return try body()
}

/// Adam (Kingma & Ba 2014, "Adam: A Method for Stochastic Optimization") without weight decay, as `torch.optim.Adam` computes it.
public struct Adam: Sendable {
  /// The decay of the mean of gradients.
  public var beta1 = 0.9
  /// The decay of the mean of squared gradients.
  public var beta2 = 0.999
  /// What keeps the quotient finite.
  public var epsilon = 1e-8
  /// How many steps were taken.
  public private(set) var step: Int
  /// The leaves that are learnt.
  public let leaves: [Tensor]
  /// The running mean of each leaf's gradient, of its shape.
  public let firstMoments: [Tensor]
  /// The running mean of each leaf's squared gradient, of its shape.
  public let secondMoments: [Tensor]

  /// An optimiser that has taken `step` steps; moments are those it had then, in the order of the leaves.
  public init(leaves: [Tensor], firstMoments: [Tensor], secondMoments: [Tensor], step: Int) {
    self.leaves = leaves
    self.firstMoments = firstMoments
    self.secondMoments = secondMoments
    self.step = step
  }

  /// An optimiser that has seen nothing.
  public init(leaves: [Tensor]) throws(TorchError) {
    var zeros: [[Tensor]] = [[], []]
    for leaf in leaves {
      for index in zeros.indices {
        let zero = try leaf.detached().copied()
        try zero.scaleInPlace(by: 0)
        zeros[index].append(zero)
      }
    }
    self.init(leaves: leaves, firstMoments: zeros[0], secondMoments: zeros[1], step: 0)
  }

  /// Changes every leaf that has a gradient.
  ///
  /// - Parameter rate: the learning rate.
  public mutating func update(rate: Double) throws(TorchError) {
    step += 1
    let handles = [leaves, firstMoments, secondMoments].map { $0.map { Optional($0.handle) } }
    let (step, beta1, beta2, epsilon) = (Int64(step), beta1, beta2, epsilon)
    try Runtime.check("adam") {
      $0.adam(handles[0], handles[1], handles[2], Int32(handles[0].count), step, rate, beta1, beta2, epsilon)
    }
  }

  /// Forgets every leaf's gradient.
  public func clearGradients() throws(TorchError) {
    for leaf in leaves { try leaf.clearGradient() }
  }

  /// Scales all gradients by one factor so that their joint L2 norm is at most `maximum`, as `torch.nn.utils.clip_grad_norm_` does.
  ///
  /// - Parameter maximum: above 0; infinity leaves them as they are.
  /// - Returns: the norm before, []; reading it waits for the device.
  public func clipGradients(to maximum: Double) throws(TorchError) -> Tensor {
    let handles = leaves.map { Optional($0.handle) }
    // LibTorch divides it as a 32-bit number.
    let maximum = min(maximum, Double(Float.greatestFiniteMagnitude))
    return try .make("clip_grad_norm_") { $0.clip_gradients(handles, Int32(handles.count), maximum, $1) }
  }
}
