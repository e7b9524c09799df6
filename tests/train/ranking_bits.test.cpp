// SPDX-License-Identifier: MIT
#include <kindred/loss/bpr.hpp>
#include <kindred/loss/grouped.hpp>
#include <kindred/loss/sampled_softmax.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/loss/warp.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/train/gradient_trainer.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

#include <bit>
#include <set>

using namespace kindred;

namespace {

template <class Loss>
std::uint64_t bits_after(const Loss& loss, const GradientOptions& options, const Interactions& data, const auto& executor) {
  CollaborativeModel<float, 16> model(data.users(), data.items(), {.seed = 1});
  GradientTrainer trainer(loss, Adagrad{.learning_rate = 0.1}, options);
  Hash hash;
  for (int epoch = 0; epoch < 2; ++epoch) hash.add(std::bit_cast<std::uint64_t>(trainer.epoch(model, data, executor).loss));
  hash.add(bits_of(model));
  return hash.value();
}

}  // namespace

TEST_CASE("training by groups gives the same bits for any number of threads, and others for another seed", "[train]") {
  const Interactions data = made_up_ratings({.users = 300, .items = 90, .rows = 2500, .weights = true});
  std::set<std::uint64_t> different;
  const auto check = [&](const auto& loss, const NegativeSampling& negatives) {
    for (const int batch : {7, 500}) {
      GradientOptions options{.batch = batch, .negatives = negatives, .l2 = {.embeddings = 0.01}};
      if (negatives.in_batch && batch < 10) continue;
      const auto bits = bits_after(loss, options, data, Serial{});
      for (const int threads : {1, 2, 7}) CHECK(bits_after(loss, options, data, Threads(threads)) == bits);
      different.insert(bits);
      options.seed = 2;
      different.insert(bits_after(loss, options, data, Threads(2)));
    }
  };
  check(Bpr{}, {.per_positive = 3});
  check(Warp{}, {.per_positive = 9, .popularity_power = 0.5});
  check(WarpKos{}, {.per_positive = 9});
  check(SampledSoftmax{}, {.per_positive = 20, .in_batch = true});
  check(Grouped{SquaredError{}}, {.per_positive = 2, .hardest_of = 4});
  CHECK(different.size() == 18);
}
