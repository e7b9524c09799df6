// SPDX-License-Identifier: MIT
/// A shop that is open while it learns: two threads recommend to customers whom the model was never trained with, from what these have
/// bought so far; more purchases arrive; retrained models are published under the readers' feet. How much is lost until then?
///
///     live_updates [u.data of MovieLens 100K]
// expect: 100 %.*0\.[0-9]* of retrained
#include <kindred/data/movielens.hpp>
#include <kindred/data/read_interactions.hpp>
#include <kindred/metric/choose_als.hpp>
#include <kindred/metric/evaluate_held_out.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/model/bias.hpp>
#include <kindred/model/popularity.hpp>
#include <kindred/serve/fold_in.hpp>
#include <kindred/serve/live_model.hpp>
#include <kindred/serve/recommend.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

namespace kd = kindred;

namespace {

using Model = kd::CollaborativeModel<float, 32>;

/// What a request needs of one version.
struct Served {
  Model model;
  kd::FoldIn<Model> fold;

  Served(Model trained, const kd::FoldInOptions& options) : model(std::move(trained)), fold(model, options) {}
};

/// These rows and the first `part` of each user's others.
kd::Interactions with_first(const kd::Interactions& rows, const kd::Interactions& others, double part) {
  kd::InteractionColumns columns;
  const auto add = [&](const kd::Interactions& data, kd::Index row) {
    columns.users.push_back(data.user(row).value());
    columns.items.push_back(data.item(row).value());
    columns.values.push_back(data.value(row));
  };
  for (kd::Index row = 0; row < rows.size(); ++row) add(rows, row);
  for (kd::Index u = 0; u < others.users(); ++u) {
    const auto unordered = others.rows_of(kd::UserId(u));
    std::vector<kd::Index> of_user(unordered.begin(), unordered.end());
    std::sort(of_user.begin(), of_user.end());  // as they came
    const auto count = static_cast<std::size_t>(part * static_cast<double>(of_user.size()) + 0.5);
    for (std::size_t k = 0; k < count; ++k) add(others, of_user[k]);
  }
  return kd::Interactions(columns, {.users = rows.users(), .items = rows.items()});
}

/// The settings that validate best on held-out rows of the training rows.
kd::AlsSetting best_setting(const kd::Interactions& train, const kd::AlsRecipe& recipe) {
  return recipe.settings[kd::choose_als<32>(train, recipe, 1, kd::Threads()).best];
}

void clicks(const kd::HeldOutUsers& split) {
  const kd::AlsRecipe recipe = kd::als_recipe(split.train, kd::Feedback::implicit, 32);
  const kd::AlsSetting setting = best_setting(split.train, recipe);
  const kd::FoldInOptions options{.least_squares = recipe.options_with(setting)};
  const auto none = with_first(split.train, split.fold_in, 0);
  kd::LiveModel<Served> live(std::make_shared<const Served>(kd::fit_als<32>(none, recipe, setting, kd::Threads()), options));
  kd::LiveModel<kd::Interactions> histories(split.fold_in.select({}));
  const auto first = live.snapshot();

  std::atomic<bool> closed{false};
  std::atomic<long> requests{0}, bad{0};
  std::vector<std::thread> readers;
  for (int thread = 0; thread < 2; ++thread) {
    readers.emplace_back([&] {
      for (kd::Index u = 0; !closed; u = (u + 1) % split.fold_in.users()) {
        const auto now = live.snapshot();  // one version, to the end of the request
        const auto bought = histories.snapshot();
        const auto basket = bought->items_of(kd::UserId(u));
        const auto list = kd::recommend(now->fold({.items = basket}), {.count = 10, .exclude = basket});
        const bool repeats = std::any_of(list.begin(), list.end(),
                                         [&](const auto& entry) { return bought->contains(kd::UserId(u), entry.item); });
        bad += list.size() != 10 || repeats ? 1 : 0;
        ++requests;
      }
    });
  }

  const kd::Popularity popularity(split.train);
  std::printf("Customers new to the first model: ndcg@20, recall@20\n%6s %16s %16s %16s\n", "told", "popularity", "folded in",
              "retrained");
  for (const double part : {0.25, 0.5, 0.75, 1.0}) {
    const kd::HeldOutUsers told{split.train, with_first(split.fold_in.select({}), split.fold_in, part), split.test};
    const auto print = [&](const auto& model) {
      const auto figures = kd::evaluate_held_out(model, told, "ndcg@20, recall@20");
      std::printf("%9.4f %6.4f", figures.at("ndcg@20"), figures.at("recall@20"));
      return figures.at("ndcg@20");
    };
    histories.publish(told.fold_in);  // at once part of what customers are recommended
    std::printf("%4.0f %%", 100 * part);
    print(popularity);
    const double folded = print(kd::fold_in(first->model, told.fold_in, options));
    const auto all = with_first(split.train, split.fold_in, part);
    live.publish(std::make_shared<const Served>(kd::fit_als<32>(all, recipe, setting, kd::Threads()), options));
    std::printf("   folded in has %.3f of retrained\n", folded / print(live.snapshot()->model));
  }
  closed = true;
  for (auto& reader : readers) reader.join();
  std::printf("Meanwhile %ld requests were served, %ld of them wrongly.\n", requests.load(), bad.load());
}

void ratings(const kd::HeldOutUsers& split) {
  const kd::AlsRecipe recipe = kd::als_recipe(split.train, kd::Feedback::explicit_ratings, 32);
  const kd::AlsSetting setting = best_setting(split.train, recipe);
  const kd::FoldInOptions options{.least_squares = recipe.options_with(setting)};
  const Model model = kd::fit_als<32>(split.train, recipe, setting, kd::Threads());
  const kd::BiasModel biases(split.train);
  std::printf("\nRatings of new users: RMSE\n%6s %10s %10s %10s\n", "told", "biases", "folded in", "retrained");
  for (const double part : {0.25, 0.5, 0.75, 1.0}) {
    const auto told = with_first(split.fold_in.select({}), split.fold_in, part);
    const auto retrained = kd::fit_als<32>(with_first(split.train, split.fold_in, part), recipe, setting, kd::Threads());
    std::printf("%4.0f %% %10.4f %10.4f %10.4f\n", 100 * part, kd::rmse(kd::fold_in(biases, told), split.test),
                kd::rmse(kd::fold_in(model, told, options), split.test), kd::rmse(retrained, split.test));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const kd::Dataset data =
      argc > 1 ? kd::read_movielens(kd::TextFile(argv[1]))
               : kd::read_interactions(kd::TextFile(KINDRED_EXAMPLES_DATA_DIR "/online-retail-small/interactions.tsv"));
  const kd::HeldOutUsers split = kd::split_held_out_users(data.interactions);
  clicks(split);
  if (argc > 1) ratings(split);
}
