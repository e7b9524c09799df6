// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What trainers by gradients share: the examples of an epoch window by window, what is known of the data, and the end of an epoch.

#include <kindred/parameter/parameterized.hpp>
#include <kindred/train/example.hpp>
#include <kindred/train/gradient_options.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace kindred::detail {

/// The rows of a data set as a trainer meets them, epoch after epoch. Keeps its memory, so that its pages are not asked for again.
template <class Rep>
class TrainingRows {
 public:
  /// Takes note of the data. Returns whether they are others than those of the last epoch.
  template <class Loss, class Data>
  bool meet(const Loss& loss, const NegativeSampling& negatives, const Data& data) {
    const auto handle = data.handle();
    if (of_one_set(known_, handle)) return false;
    known_ = handle;
    prior_ = prior_of(loss, negatives, data);
    return true;
  }

  /// The constant prediction that a model with a global mean starts from.
  double prior() const { return prior_; }

  /// take(examples, number of the first row) for each window of the epoch's order, in turn. A window is whole batches, whole chunks of the
  /// example source, and about `examples` examples.
  template <class Data, class Take>
  void for_each_window(const Data& data, const NegativeSampling& ahead, std::uint64_t seed, int epoch, int batch,
                       Index examples, const Executor auto& executor, const Take& take) {
    ExampleSource<Data> source(data, ahead, seed, static_cast<std::uint32_t>(epoch), executor, std::move(shuffle_));
    const Index unit = std::lcm(static_cast<Index>(batch), ExampleSource<Data>::chunk);
    const Index window = std::max<Index>(1, examples / source.examples_per_row() / unit) * unit;
    for (Index first = 0; first < data.size(); first += window) {
      take(source.window(first, std::min(window, data.size() - first), executor, examples_), first);
    }
    shuffle_ = std::move(source).release();
  }

 private:
  ShuffleMemory<Rep> shuffle_ = {};
  std::vector<Example<Rep>> examples_ = {};
  std::weak_ptr<const void> known_ = {};  ///< the data of the last epoch
  double prior_ = 0;
};

/// Sets numbers below 1e-15 in size to 0.
template <class Stored>
void flush_tiny(std::span<Stored> numbers) {
  const auto least = magnitude(Stored(1e-15));
  for (Stored& number : numbers) number = magnitude(number) < least ? Stored{0} : number;
}

/// The same for all weights of a model: under a strong L2 they would decay into denormal numbers, which are slow.
template <class Model>
void flush_tiny_weights(Model& model) {
  for_each_parameter(model, [](auto& parameter, auto) { flush_tiny(parameter.numbers()); });
}

}  // namespace kindred::detail
