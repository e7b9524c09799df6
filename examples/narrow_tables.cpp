// SPDX-License-Identifier: MIT
// What 16-bit tables lose: a model of floats served in 16 bits, and models trained in 16 bits, with their errors and their memory.
//   narrow_tables u1.base u1.test
// takes that split of MovieLens 100K; without arguments, ratings made up from hidden vectors.
// expect: bfloat16, trained
#include <kindred/kindred.hpp>

#include <algorithm>
#include <iostream>
#include <utility>

namespace kd = kindred;

namespace {

template <class Stored>
using Model = kd::CollaborativeModel<float, 64, kd::DotProduct, Stored>;

/// Ratings from 1 to 5: the product of two hidden vectors, and noise.
std::pair<kd::Interactions, kd::Interactions> made_up() {
  kd::InteractionColumns columns;
  kd::Random random(1);
  Eigen::MatrixXf p(300, 4), q(200, 4);
  for (auto* vectors : {&p, &q}) {
    for (float& x : vectors->reshaped()) x = static_cast<float>(random.normal());
  }
  for (int u = 0; u < 300; ++u) {
    for (int i = 0; i < 200; ++i) {
      if (random.below(5) > 0) continue;
      columns.users.push_back(static_cast<std::uint32_t>(u));
      columns.items.push_back(static_cast<std::uint32_t>(i));
      columns.values.push_back(std::clamp(3 + p.row(u).dot(q.row(i)) + 0.3F * static_cast<float>(random.normal()), 1.0F, 5.0F));
    }
  }
  auto split = kd::split_random(kd::Interactions(std::move(columns)), {.test_fraction = 0.2});
  return {std::move(split.train), std::move(split.test)};
}

std::pair<kd::Interactions, kd::Interactions> read(const char* train, const char* test) {
  kd::IdMap users, items;
  kd::read_movielens(kd::TextFile(test), {}, users, items);  // the ids of both files
  return {kd::read_movielens(kd::TextFile(train), {}, users, items), kd::read_movielens(kd::TextFile(test), {}, users, items)};
}

template <class Stored>
Model<Stored> trained(const kd::Interactions& ratings, const kd::CollaborativeRecipe& recipe) {
  Model<Stored> model(ratings.users(), ratings.items(), recipe.model);
  kd::fit(model, ratings, recipe.trainer_with(recipe.l2[2]), {.epochs = recipe.epochs});
  return model;
}

template <class M>
void report(const char* what, const M& model, const kd::Interactions& test) {
  const auto& users = model.user_encoder();
  const auto bytes = (model.users() + model.items()) * users.stride() * static_cast<kd::Index>(sizeof(*users.data()));
  std::cout << what << ": rmse " << kd::rmse(model, test) << ", tables " << bytes / 1024 << " KiB\n";
}

}  // namespace

int main(int argc, char** argv) {
  const auto [train, test] = argc > 2 ? read(argv[1], argv[2]) : made_up();
  const kd::CollaborativeRecipe recipe = kd::collaborative_recipe(train, kd::Feedback::explicit_ratings);
  const auto model = trained<float>(train, recipe);
  report("float", model, test);
  report("half, converted", Model<Eigen::half>(model), test);
  report("bfloat16, converted", Model<Eigen::bfloat16>(model), test);
  report("half, trained", trained<Eigen::half>(train, recipe), test);
  report("bfloat16, trained", trained<Eigen::bfloat16>(train, recipe), test);
}
