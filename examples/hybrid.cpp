// SPDX-License-Identifier: MIT
// A hybrid is the sum of models: here what is known about readers and books (content) and who read what (ids), weighted, trained
// together, or in stages. Measured on held-out ratings; every score can be taken apart, and top-k is still one matrix product.
// expect: the sum beats its parts
#include <kindred/core/executor.hpp>
#include <kindred/data/feature_space.hpp>
#include <kindred/data/split.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/model/hybrid.hpp>
#include <kindred/serve/recommend_all.hpp>
#include <kindred/train/fit_content.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>

namespace kd = kindred;

using Ids = kd::CollaborativeModel<float, 8>;
using Content = kd::LinearContentModel<float, 8>;
using Hybrid = kd::HybridModel<Content, Ids>;  // the first part with biases takes the mean

constexpr std::array subjects{"crime", "travel", "history", "poetry", "gardens", "physics"};

int main() {
  // Made-up ratings: readers of an age like subjects in their way, and everyone has a taste of which no feature tells.
  const kd::Index readers = 600, books = 240;
  kd::FeatureRecords about_readers({{"age"}}), about_books({{"subject"}, {"decade"}});
  kd::Random random(3);
  const auto normals = [&](kd::Index rows, kd::Index cols) {
    return kd::RowMatrix<double>::NullaryExpr(rows, cols, [&] { return random.normal(); }).eval();
  };
  const auto liking = normals(5, 6), taste = normals(readers, 3), style = normals(books, 3);
  for (kd::Index r = 0; r < readers; ++r) about_readers.set(r, {std::to_string(20 + 10 * random.below(5))});
  for (kd::Index b = 0; b < books; ++b) {
    about_books.set(b, {subjects[static_cast<std::size_t>(random.below(6))], std::to_string(1970 + 10 * random.below(6))});
  }
  kd::InteractionColumns rows;
  for (std::uint32_t reader = 0; reader < readers; ++reader) {
    const auto age = std::stoi(about_readers.cells(reader)[0]) / 10 - 2;
    for (std::uint32_t book = 0; book < books; ++book) {
      if (random.uniform() > 0.08) continue;
      const auto subject = std::find(subjects.begin(), subjects.end(), about_books.text(book, 0)) - subjects.begin();
      const double stars =
          3 + 0.7 * liking(age, subject) + 0.4 * taste.row(reader).dot(style.row(book)) + 0.4 * random.normal();
      rows.users.push_back(reader), rows.items.push_back(book);
      rows.values.push_back(static_cast<float>(std::clamp(std::round(stars), 1.0, 5.0)));
    }
  }
  const auto [train, test] =
      kd::split_random(kd::Interactions(std::move(rows), {.users = readers, .items = books}), {.test_fraction = 0.2});
  const auto features = [](const kd::FeatureRecords& records, const std::vector<bool>& known) {
    return std::make_shared<const kd::Features>(kd::FeatureSpace(records, known).transform(records));
  };
  const auto of_readers = features(about_readers, kd::users_with_rows(train)),
             of_books = features(about_books, kd::items_with_rows(train));

  // The parts alone, their mean, and the hybrid trained together or in stages: first the content, then the ids on what it leaves.
  const auto trainer = [] {
    return kd::GradientTrainer(
        kd::SquaredError{}, kd::RowwiseAdagrad{.learning_rate = 0.05},
        {.batch = 64, .l2 = {.embeddings = 0.1, .features = 0.02, .biases = 0.05}, .schedule = kd::linear_schedule(20)});
  };
  const kd::FitOptions<Hybrid> epochs{.epochs = 20};
  const Ids new_ids(readers, books, {.deviation = 0.3});
  const Content new_content = kd::make_content<float, 8>(of_readers, of_books, 1, {.dim = 8});

  Content content = new_content;
  kd::fit(content, train, trainer(), {.epochs = 20});
  Ids ids = new_ids;
  kd::fit(ids, train, trainer(), {.epochs = 20});
  const Hybrid mean({0.5, 0.5}, content, ids);
  Hybrid joint(new_content, new_ids);
  kd::fit(joint, train, trainer(), epochs);
  Hybrid staged(content, new_ids);
  staged.train_only<1>();
  kd::fit(staged, train, trainer(), epochs);

  const kd::Threads threads;
  const double of_content = kd::rmse(content, test, threads), of_ids = kd::rmse(ids, test, threads);
  const double of_joint = kd::rmse(joint, test, threads), of_staged = kd::rmse(staged, test, threads);
  std::printf("rmse of %td held-out ratings\n  content alone      %.3f\n  ids alone          %.3f\n  half and half      %.3f\n",
              test.size(), of_content, of_ids, kd::rmse(mean, test, threads));
  std::printf("  trained together   %.3f\n  trained in stages  %.3f\n", of_joint, of_staged);

  std::printf("\nTop-k for all %td readers from vectors of %td + %td numbers. Reader 7, about %s:\n", readers,
              staged.part<0>().vector_dim(), staged.part<1>().vector_dim(), about_readers.cells(7)[0].c_str());
  const auto lists = kd::recommend_all(staged, {.count = 4, .exclude_seen = &train}, threads);
  for (const auto& [book, score] : lists[7]) {
    const auto shares = staged.breakdown(kd::UserId(7), book);
    std::printf("  book %3td, %-8s  %.2f = content %.2f + ids %+.2f\n", book.index(),
                about_books.cells(book.index())[0].c_str(), score, shares[0].score, shares[1].score);
  }
  const double best_part = std::min(of_content, of_ids);
  std::printf("%s\n",
              of_joint < 0.98 * best_part && of_staged < 0.98 * best_part ? "the sum beats its parts" : "something is wrong");
}
