// SPDX-License-Identifier: MIT
#include "support/als.hpp"

#include "support/training_bits.hpp"

using namespace kindred;
using bits_check::AnyExecutor;

namespace {

Features words_of(Index entities) {
  Features features(6, 2);
  for (Index e = 0; e < entities; ++e) {
    const FeatureWeight words[] = {{e % 3, 1}, {3 + e % 2, 0.5F}};
    const float dense[] = {static_cast<float>(e % 5), 1};
    features.add_row(words, dense);
  }
  return features;
}

std::uint64_t bits_after(const Interactions& data, const AnySolver<float>& solver, const AlsOptions& options,
                         const AnyExecutor& executor) {
  CollaborativeModel<float> model(data.users(), data.items(), {.dim = 13, .biases = options.feedback != Feedback::implicit});
  AlternatingLeastSquares als(solver, options);
  Hash hash;
  for (int epoch = 0; epoch < 2; ++epoch) hash.add(std::bit_cast<std::uint64_t>(als.epoch(model, data, executor).loss));
  hash.add(bits_of(model));
  return hash.value();
}

}  // namespace

TEST_CASE("least squares give the same bits for any number of threads", "[train]") {
  const Interactions data = made_up_ratings({.users = 1400, .items = 90, .rows = 6000, .weights = true});
  const std::vector<AnyExecutor> executors{AnyExecutor(0), AnyExecutor(1), AnyExecutor(2), AnyExecutor(7)};
  std::set<std::uint64_t> different;
  for (const Feedback feedback : {Feedback::implicit, Feedback::explicit_ratings}) {
    AlsOptions options{.feedback = feedback};
    options.user_features = std::make_shared<Features>(words_of(data.users()));
    options.item_features = std::make_shared<Features>(words_of(data.items()));
    const auto check = [&](const AnySolver<float>& solver) {
      const auto bits = bits_after(data, solver, options, executors[0]);
      different.insert(bits);
      for (std::size_t k = 1; k < executors.size(); ++k) CHECK(bits_after(data, solver, options, executors[k]) == bits);
    };
    check(AnySolver<float>(Cholesky{}));
    check(AnySolver<float>(ConjugateGradient{2}));
    check(AnySolver<float>(BlockCoordinate{5}));
  }
  CHECK(different.size() == 6);
}
