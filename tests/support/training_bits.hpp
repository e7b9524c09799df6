// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The promise that training gives the same bits for any number of threads, as a check of one type of model.

#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

#include <bit>
#include <cmath>
#include <functional>
#include <optional>
#include <set>
#include <vector>

namespace bits_check {

using namespace kindred;

/// `Serial` for 0 threads, so that everything is compiled once.
class AnyExecutor {
 public:
  explicit AnyExecutor(int threads) {
    if (threads > 0) pool_.emplace(threads);
  }
  template <class F>
  void for_each(Index n, F&& f) const {
    const std::function<void(Index)> body = std::ref(f);
    pool_ ? pool_->for_each(n, body) : Serial{}.for_each(n, body);
  }
  int concurrency() const { return pool_ ? pool_->concurrency() : 1; }

 private:
  std::optional<Threads> pool_;
};

template <class Model, template <class, class> class Trainer = GradientTrainer>
std::uint64_t bits_after(const Interactions& data, const typename Trainer<SquaredError, Adam>::Options& options,
                         const AnyExecutor& executor, std::uint64_t seed = 1) {
  Model model(data.users(), data.items(), {.dim = Model::fixed_dim == Dynamic ? 13 : Model::fixed_dim, .seed = seed});
  Trainer<SquaredError, Adam> trainer(SquaredError{}, Adam{.learning_rate = 0.01}, options);
  Hash hash;
  for (int epoch = 0; epoch < 2; ++epoch) {
    const EpochReport report = trainer.epoch(model, data, executor);
    CHECK(std::isfinite(report.loss));
    hash.add(std::bit_cast<std::uint64_t>(report.loss));
  }
  hash.add(bits_of(model));
  return hash.value();
}

/// The same bits for any number of threads, and others for another seed.
template <class Model>
void check_bits() {
  const Interactions data = made_up_ratings({.users = 1400, .items = 90, .rows = 3000, .weights = true});
  const std::vector<AnyExecutor> executors{AnyExecutor(0), AnyExecutor(1), AnyExecutor(2), AnyExecutor(7)};
  std::set<std::uint64_t> different;
  const auto check = [&](const auto& bits_of_training, auto options) {
    const auto bits = bits_of_training(options, executors[0]);
    different.insert(bits);
    for (std::size_t k = 1; k < executors.size(); ++k) CHECK(bits_of_training(options, executors[k]) == bits);
    options.seed = 2;
    different.insert(bits_of_training(options, executors[2]));
  };
  const auto by_example = [&](const PerExampleOptions& options, const AnyExecutor& executor) {
    return bits_after<Model, PerExampleTrainer>(data, options, executor);
  };
  const auto by_batch = [&](const GradientOptions& options, const AnyExecutor& executor) {
    return bits_after<Model>(data, options, executor);
  };
  for (const int per_positive : {0, 3}) {
    check(by_example, PerExampleOptions{.negatives = {.per_positive = per_positive}, .l2 = {.embeddings = 0.01}});
    for (const int batch : {128, 2048}) {  // 2048 rows: several chunks of examples, several of rows in the step
      check(by_batch, GradientOptions{.batch = batch, .negatives = {.per_positive = per_positive}, .l2 = {.embeddings = 0.01}});
    }
  }
  different.insert(bits_after<Model>(data, {}, executors[0], 2));
  CHECK(different.size() == 13);
}

}  // namespace bits_check
