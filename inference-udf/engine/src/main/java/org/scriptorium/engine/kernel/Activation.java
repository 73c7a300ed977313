package org.scriptorium.engine.kernel;

/** The functions between the two halves of a feed-forward, and of routers. */
public enum Activation {
  /** x / (1 + exp(-x)) (Elfwing et al. 2017, arXiv:1702.03118). */
  SILU,
  /** x times the normal distribution's function, by the error function (Hendrycks and Gimpel 2016, arXiv:1606.08415). */
  GELU,
  /** GELU's approximation by tanh: x / (1 + exp(-2 sqrt(2 / pi) (x + 0.044715 x^3))). */
  GELU_TANH,
  /** GELU's approximation by a sigmoid: x / (1 + exp(-1.702 x)). */
  QUICK_GELU,
  /** max(x, 0). */
  RELU,
  /** 1 / (1 + exp(-x)). */
  SIGMOID,
  /** 1 - 2 / (1 + exp(2 x)). */
  TANH
}
