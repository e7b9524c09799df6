// SPDX-License-Identifier: MIT
// How do I choose the embedding size? By cross-validation on the training rows: for each size, the best of a few L2 weights, its quality, how
// much that varies, and what it costs. Without arguments on a shop's purchases (recall@20); with two, on ratings (RMSE):
//   choose_dim u1.base u1.test
// expect: On the test rows the size chosen is good
#include <kindred/data/read_interactions.hpp>
#include <kindred/metric/choose_collaborative.hpp>
#include <kindred/metric/cross_validate.hpp>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

namespace kd = kindred;

struct Problem {
  kd::Feedback feedback;
  kd::TrainTest rows;
  kd::Index folds;
};

/// A size with its best L2 weight.
struct Candidate {
  kd::Index dim;
  double l2 = 0;
  kd::CrossValidation validation = {};
  double seconds = 0;  // of one training
};

kd::CollaborativeRecipe recipe_of(const Problem& problem, const kd::Interactions& rows, kd::Index dim) {
  kd::CollaborativeRecipe recipe = kd::collaborative_recipe(rows, problem.feedback, dim);
  if (problem.feedback == kd::Feedback::implicit) {  // less than the recipe's work, so that the example is quick
    recipe.trainer.negatives = {.per_positive = 8};
    recipe.epochs = 10;
    recipe.trainer.schedule = kd::linear_schedule(recipe.epochs);
    recipe.l2 = {0.1};
  }
  return recipe;
}

Candidate measure(const Problem& problem, kd::Index dim, const kd::Threads& threads) {
  const kd::CollaborativeRecipe recipe = recipe_of(problem, problem.rows.train, dim);
  Candidate best{.dim = dim};
  std::atomic<std::int64_t> microseconds = 0, trainings = 0;
  for (const double l2 : recipe.l2) {
    const auto make_and_fit = [&](const kd::Interactions& rows) {
      const auto start = std::chrono::steady_clock::now();
      auto model = kd::fit_collaborative<kd::Dynamic>(rows, recipe, l2);
      const auto taken = std::chrono::steady_clock::now() - start;
      microseconds += std::chrono::duration_cast<std::chrono::microseconds>(taken).count();
      ++trainings;
      return model;
    };
    const auto figure = [&](const auto& model, const kd::TrainTest& fold) {
      return kd::validation_figure(model, fold, problem.feedback);
    };
    const auto found = kd::cross_validate(problem.rows.train, {.folds = problem.folds}, make_and_fit, figure, threads);
    const bool less = found.mean < best.validation.mean;
    if (best.l2 == 0 || less == (problem.feedback == kd::Feedback::explicit_ratings)) best.l2 = l2, best.validation = found;
  }
  best.seconds = static_cast<double>(microseconds) * 1e-6 / static_cast<double>(trainings);
  return best;
}

Problem read(int argc, char** argv) {
  if (argc > 2) {
    auto files = kd::read_train_test(kd::TextFile(argv[1]), kd::TextFile(argv[2]));
    return {kd::Feedback::explicit_ratings, {std::move(files.train), std::move(files.test)}, 5};
  }
  // Each customer's last purchases are the test rows. They are looked at once, at the end.
  const auto shop = kd::read_interactions(kd::TextFile(KINDRED_EXAMPLES_DATA_DIR "/online-retail-small/interactions.tsv"),
                                          {.columns = {.user = "customer", .item = "product", .time = "day"}});
  auto split = kd::split_last_fraction(shop.interactions, {.test_fraction = 0.2});
  return {kd::Feedback::implicit, std::move(split), 3};
}

int main(int argc, char** argv) {
  const Problem problem = read(argc, argv);
  const bool ratings = problem.feedback == kd::Feedback::explicit_ratings;
  const char* const name = ratings ? "RMSE" : "recall@20";
  const kd::Threads threads;
  std::printf("%td users, %td items, %td training rows; %s of %td folds of them\n\n", problem.rows.train.users(),
              problem.rows.train.items(), problem.rows.train.size(), name, problem.folds);
  std::printf("%5s %8s  %-19s %10s %11s %8s\n", "size", "L2", name, "seconds", "parameters", "MB");

  std::vector<Candidate> sizes;
  std::vector<kd::CrossValidation> figures;
  for (const kd::Index dim : {2, 4, 8, 16, 32, 64, 128}) {
    sizes.push_back(measure(problem, dim, threads));
    const Candidate& size = sizes.back();
    figures.push_back(size.validation);
    kd::CollaborativeModel<float> model(problem.rows.train.users(), problem.rows.train.items(),
                                        recipe_of(problem, problem.rows.train, dim).model);
    kd::Index parameters = 0, padded = 0;
    std::apply(
        [&](const auto&... table) {
          ((parameters += table.rows() * table.cols(), padded += table.padded_value().size()), ...);
        },
        model.parameters());
    std::printf("%5td %8.3f  %.4f +- %.4f %13.2f %11td %8.2f\n", dim, size.l2, size.validation.mean,
                size.validation.standard_error, size.seconds, parameters, static_cast<double>(padded) * 4e-6);
    std::fflush(stdout);
  }

  const auto choice = kd::choose_by_folds(figures, kd::validation_goal(problem.feedback));
  const std::size_t chosen = choice.simplest;
  std::printf(
      "\nBest by validation: size %td. Smallest within one standard error of it (of the differences, fold by fold): %td.\n",
      sizes[choice.best].dim, sizes[chosen].dim);
  std::printf("Chosen: %td%s.\n\nAfter the choice, each size trained on all training rows; %s of the test rows:\n",
              sizes[chosen].dim, chosen + 1 == sizes.size() ? ", the largest tried: a larger one may be better still" : "",
              name);

  std::vector<double> on_test(sizes.size());
  threads.for_each(static_cast<kd::Index>(sizes.size()), [&](kd::Index k) {
    const Candidate& size = sizes[static_cast<std::size_t>(k)];
    const auto model =
        kd::fit_collaborative<kd::Dynamic>(problem.rows.train, recipe_of(problem, problem.rows.train, size.dim), size.l2);
    on_test[static_cast<std::size_t>(k)] = kd::validation_figure(model, problem.rows, problem.feedback);
  });
  std::size_t best = 0;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    std::printf("%5td  %.4f%s\n", sizes[k].dim, on_test[k], k == chosen ? "  chosen" : "");
    if (ratings ? on_test[k] < on_test[best] : on_test[k] > on_test[best]) best = k;
  }
  const double away = std::abs(on_test[chosen] - on_test[best]);
  std::printf("%.4f from the best size on the test rows, %td. %s\n", away, sizes[best].dim,
              away <= (ratings ? 0.002 : 0.01) ? "On the test rows the size chosen is good." : "Something is wrong.");
}
