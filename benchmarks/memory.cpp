// SPDX-License-Identifier: MIT
/// @file
/// Peak memory beside the formulas in the headers: each case in a process of its own, what an empty process takes left out.
///
///     benchmark-memory [--large]
///
/// --large adds 100 million ratings at Dim 64 (500,000 users, 100,003 items), which must fit 8 GiB: about four minutes on two cores.

#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/train/alternating_least_squares.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

namespace {

namespace kd = kindred;
using kd::Index;

constexpr int dim = 64;
using Model = kd::CollaborativeModel<float, dim>;

struct Shape {
  Index users, items, rows;  // items: a prime, so that multiples of a step meet each item once
};

/// rows / users ratings of each user, of different items.
kd::Interactions ratings(const Shape& shape) {
  kd::InteractionColumns columns;
  const auto rows = static_cast<std::size_t>(shape.rows);
  columns.users.reserve(rows), columns.items.reserve(rows), columns.values.reserve(rows);
  kd::Random random(1);
  const Index each = shape.rows / shape.users;
  for (Index user = 0; user < shape.users; ++user) {
    const Index step = 1 + random.below(shape.items - 1);
    Index item = random.below(shape.items);
    for (Index k = 0; k < each; ++k, item = (item + step) % shape.items) {
      columns.users.push_back(static_cast<std::uint32_t>(user));
      columns.items.push_back(static_cast<std::uint32_t>(item));
      columns.values.push_back(static_cast<float>(1 + random.below(5)));
    }
  }
  return kd::Interactions(std::move(columns), {.users = shape.users, .items = shape.items}, kd::Threads());
}

/// The largest resident size of a child process that does this, in bytes.
double peak_of(const std::function<void()>& work) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    work();
    _exit(0);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return 0;
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

void report(const std::string& what, const Shape& shape, double formula, const std::function<void()>& work) {
  const double empty = peak_of([] {}), peak = peak_of(work) - empty;
  std::printf("| %-44s | %10lld | %8.1f | %8.1f | %.2f |\n", what.c_str(), static_cast<long long>(shape.rows), formula / 0x1p20,
              peak / 0x1p20, peak / formula);
}

// The formulas, of the headers named. ------------------------------------------------------------------------------------------------

double of_data(const Shape& s) {  // data/interactions.hpp: with values, and the values' own 4 bytes
  return 36.0 * static_cast<double>(s.rows) + 8.0 * static_cast<double>(s.users + s.items);
}
double of_tables(const Shape& s) {
  return static_cast<double>(s.users + s.items) * (4.0 * dim + 4);
}  // model/collaborative.hpp

/// train/per_example_trainer.hpp
double of_examples(const Shape& s) {
  return 17.0 * static_cast<double>(s.rows) + 2.0 * static_cast<double>(std::max(s.users, s.items)) +
         32.0 * static_cast<double>(s.users + s.items);
}

void measure(const Shape& shape) {
  const double data = of_data(shape), tables = of_tables(shape), rows = static_cast<double>(shape.rows);
  report("Interactions", shape, data, [&] { (void)ratings(shape); });
  report("+ CollaborativeModel", shape, data + tables, [&] {
    const kd::Interactions all = ratings(shape);
    const Model model(shape.users, shape.items);
  });
  const auto train = [&](auto trainer) {
    const kd::Interactions all = ratings(shape);
    Model model(shape.users, shape.items);
    for (int epoch = 0; epoch < 2; ++epoch) trainer.epoch(model, all, kd::Threads());
  };
  report("+ PerExampleTrainer, Sgd", shape, data + tables + of_examples(shape),
         [&] { train(kd::PerExampleTrainer(kd::SquaredError{}, kd::Sgd{.learning_rate = 0.01})); });
  report("+ AlternatingLeastSquares, Cholesky", shape, data + 2 * tables + 4 * rows, [&] {
    const kd::Interactions all = ratings(shape);
    kd::CollaborativeModel<float, dim> model(shape.users, shape.items, {.biases = false});
    kd::AlternatingLeastSquares trainer(kd::Cholesky{}, {});
    trainer.epoch(model, all, kd::Threads());
  });
  if (shape.rows > 20'000'000) return;
  report("+ GradientTrainer, Adam, batch 1024", shape, data + 3 * tables + 18 * rows,
         [&] { train(kd::GradientTrainer(kd::SquaredError{}, kd::Adam{.learning_rate = 0.001}, {.batch = 1024})); });
}

}  // namespace

int main(int argc, char** argv) {
  std::printf("| what | rows | formula, MiB | peak, MiB | ratio |\n| --- | --- | --- | --- | --- |\n");
  for (const Shape& shape : {Shape{20'000, 10'007, 2'000'000}, Shape{100'000, 20'011, 10'000'000}}) measure(shape);
  if (argc > 1 && std::string_view(argv[1]) == "--large") measure({500'000, 100'003, 100'000'000});
}
