// SPDX-License-Identifier: MIT
/// @file
/// The kernels of the hot paths one by one, on rows that are in the cache: scores, per-example training, update rules. Each stands
/// beside a plain loop over arrays of the same numbers, built with the same flags.
///
/// Counters: rate = pairs, rows or scores a second; naive = how many times faster than the plain loop; of_fma, of_roots, of_read =
/// share of the machine's limits, those of computing measured beside each benchmark. A dot product of rows in the cache loads two
/// numbers for each multiply-add, so 0.5 of the multiply-adds is its ceiling; a row update stores as much as it loads, and its
/// ceiling is lower still.

#include "support/machine.hpp"

#include <kindred/kernel/score.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/train/example_grid.hpp>
#include <kindred/train/l2.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using benchmarks::compare;
using benchmarks::Work;
using kindred::Dynamic;
using kindred::EmbeddingTable;
using kindred::Index;
using kindred::RowMatrix;

// The plain loops. ------------------------------------------------------------------------------------------------------------------

template <class Scalar>
[[gnu::noinline]] Scalar naive_dot(const Scalar* a, const Scalar* b, Index dim) {
  Scalar sum = 0;
  for (Index d = 0; d < dim; ++d) sum += a[d] * b[d];
  return sum;
}

template <class Scalar>
[[gnu::noinline]] void naive_one_to_many(const Scalar* query, const Scalar* rows, Index count, Index dim, Scalar* out) {
  for (Index i = 0; i < count; ++i) {
    Scalar sum = 0;
    for (Index d = 0; d < dim; ++d) sum += query[d] * rows[i * dim + d];
    out[i] = sum;
  }
}

/// One example of biased matrix factorisation by SGD, as textbooks have it.
template <class Scalar>
[[gnu::noinline]] void naive_example(Scalar* p, Scalar* q, Scalar* user_bias, Scalar* item_bias, Scalar mean, Scalar label,
                                     Scalar rate, Scalar decay, Index dim) {
  Scalar error = mean + *user_bias + *item_bias - label;
  for (Index d = 0; d < dim; ++d) error += p[d] * q[d];
  const Scalar slope = 2 * error;
  for (Index d = 0; d < dim; ++d) {
    const Scalar before = p[d];
    p[d] -= rate * (slope * q[d] + decay * before);
    q[d] -= rate * (slope * before + decay * q[d]);
  }
  *user_bias -= rate * slope;
  *item_bias -= rate * slope;
}

template <class Scalar>
[[gnu::noinline]] void naive_row(const kindred::Sgd& rule, Scalar* w, const Scalar* g, Scalar*, Scalar*, Index dim) {
  const auto lr = static_cast<Scalar>(rule.learning_rate);
  for (Index d = 0; d < dim; ++d) w[d] -= lr * g[d];
}

template <class Scalar>
[[gnu::noinline]] void naive_row(const kindred::Adagrad& rule, Scalar* w, const Scalar* g, Scalar* sum, Scalar*, Index dim) {
  const auto lr = static_cast<Scalar>(rule.learning_rate), epsilon = static_cast<Scalar>(rule.epsilon);
  for (Index d = 0; d < dim; ++d) {
    sum[d] += g[d] * g[d];
    w[d] -= lr * g[d] / (std::sqrt(sum[d]) + epsilon);
  }
}

template <class Scalar>
[[gnu::noinline]] void naive_row(const kindred::RowwiseAdagrad& rule, Scalar* w, const Scalar* g, Scalar* sum, Scalar*,
                                 Index dim) {
  Scalar squares = 0;
  for (Index d = 0; d < dim; ++d) squares += g[d] * g[d];
  *sum += squares / static_cast<Scalar>(dim);
  const Scalar lr = static_cast<Scalar>(rule.learning_rate) / (std::sqrt(*sum) + static_cast<Scalar>(rule.epsilon));
  for (Index d = 0; d < dim; ++d) w[d] -= lr * g[d];
}

/// The bias corrections of a late step are 1, so this leaves out the powers, as the kernel does by computing them once a step.
template <class Scalar>
[[gnu::noinline]] void naive_row(const kindred::Adam& rule, Scalar* w, const Scalar* g, Scalar* m, Scalar* v, Index dim) {
  const auto lr = static_cast<Scalar>(rule.learning_rate), epsilon = static_cast<Scalar>(rule.epsilon);
  const auto b1 = static_cast<Scalar>(rule.beta1), b2 = static_cast<Scalar>(rule.beta2);
  for (Index d = 0; d < dim; ++d) {
    m[d] = b1 * m[d] + (1 - b1) * g[d];
    v[d] = b2 * v[d] + (1 - b2) * g[d] * g[d];
    w[d] -= lr * m[d] / (std::sqrt(v[d]) + epsilon);
  }
}

// The kernels. ----------------------------------------------------------------------------------------------------------------------

template <class Scalar, int Dim>
EmbeddingTable<Scalar, Dim> normal_table(Index rows, Index dim, std::uint64_t seed) {
  EmbeddingTable<Scalar, Dim> table(rows, dim);
  kindred::fill_normal(table, 0.1, seed, 0);
  return table;
}

/// The same numbers without padding, for the plain loops.
template <class Scalar, int Dim>
std::vector<Scalar> plain(const EmbeddingTable<Scalar, Dim>& table) {
  const RowMatrix<Scalar> rows = table.value();
  return {rows.data(), rows.data() + rows.size()};
}

/// Dot products of every row of one small table with every row of another.
template <class Scalar, int Dim>
void score_pair(benchmark::State& state, Index dim) {
  constexpr Index rows = 16;
  const auto a = normal_table<Scalar, Dim>(rows, dim, 1), b = normal_table<Scalar, Dim>(rows, dim, 2);
  const auto plain_a = plain(a), plain_b = plain(b);
  std::vector<Scalar> out(rows * rows);
  const auto each = [&](const auto& score) {
    for (Index u = 0; u < rows; ++u) {
      for (Index i = 0; i < rows; ++i) out[static_cast<std::size_t>(u * rows + i)] = score(u, i);
    }
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  };
  const double pairs = rows * rows;
  compare<Scalar>(
      state, Work{.items = pairs, .flops = 2 * pairs * static_cast<double>(dim)},
      [&] { each([&](Index u, Index i) { return kindred::score_pair(a.padded_row(u), b.padded_row(i)); }); },
      [&] {
        each([&](Index u, Index i) {
          return naive_dot(&plain_a[static_cast<std::size_t>(u * dim)], &plain_b[static_cast<std::size_t>(i * dim)], dim);
        });
      });
}

/// One query against `rows` rows. With 27,000 the rows may be in the last cache, and of_read above 1; with 128 MiB they are not.
template <class Scalar>
void score_one_to_many(benchmark::State& state, Index dim, Index rows) {
  const auto query = normal_table<Scalar, Dynamic>(1, dim, 1), items = normal_table<Scalar, Dynamic>(rows, dim, 2);
  const auto plain_query = plain(query), plain_items = plain(items);
  std::vector<Scalar> out(static_cast<std::size_t>(rows));
  const double numbers = static_cast<double>(rows) * static_cast<double>(dim);
  const auto done = [&] {
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  };
  compare<Scalar>(
      state, Work{.items = static_cast<double>(rows), .flops = 2 * numbers, .bytes = numbers * sizeof(Scalar)},
      [&] {
        kindred::score_one_to_many(query.padded_row(0), items.padded_value(), std::span<Scalar>(out));
        done();
      },
      [&] {
        naive_one_to_many(plain_query.data(), plain_items.data(), rows, dim, out.data());
        done();
      });
}

/// 96 users against 27,000 items. The plain loop does the first 1,000 items, and is counted 27 times; `eigen` is Eigen's product.
template <class Scalar>
void score_many_to_many(benchmark::State& state, Index dim) {
  constexpr Index users = 96, items = 27'000, naive_items = 1'000;
  const auto a = normal_table<Scalar, Dynamic>(users, dim, 1), b = normal_table<Scalar, Dynamic>(items, dim, 2);
  const auto plain_a = plain(a), plain_b = plain(b);
  const kindred::ItemTiles<Scalar> tiles(b.padded_value(), dim);
  RowMatrix<Scalar> out(users, items);
  const double scores = double{users} * double{items};
  const auto done = [&] {
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  };
  const double eigen_seconds = benchmarks::median_seconds([&] {
    out.noalias() = a.padded_value() * b.padded_value().transpose();
    done();
  });
  compare<Scalar>(
      state,
      Work{.items = scores, .flops = 2 * scores * static_cast<double>(dim), .naive_part = double{naive_items} / double{items}},
      [&] {
        kindred::score_many_to_many(a.padded_value(), tiles, out);
        done();
      },
      [&] {
        for (Index u = 0; u < users; ++u) {
          naive_one_to_many(&plain_a[static_cast<std::size_t>(u * dim)], plain_b.data(), naive_items, dim, out.row(u).data());
        }
        done();
      });
  state.counters["eigen"] = eigen_seconds * state.counters["rate"] / scores;
}

/// The per-example path of squared error with L2: for each of 4,096 ratings of 64 users and 64 items the dot product, the error, and
/// the new rows of both. Includes the sorting into the grid.
template <class Scalar, int Dim>
void train_example(benchmark::State& state, Index dim) {
  constexpr Index rows = 64, count = 4096;
  constexpr double rate = 0.01, decay = 0.02;
  kindred::CollaborativeModel<Scalar, Dim> model(rows, rows, {.dim = dim});
  std::vector<kindred::Example<std::uint32_t>> examples;
  kindred::Random random(1);
  for (Index k = 0; k < count; ++k) {
    examples.push_back({static_cast<std::uint32_t>(random.below(rows)), static_cast<std::uint32_t>(random.below(rows)),
                        static_cast<float>(1 + random.below(5)), 1.0F});
  }
  kindred::ExampleGrid<std::uint32_t> grid;
  grid.arrange(
      static_cast<Index>(count), [&](Index k) { return examples[static_cast<std::size_t>(k)]; }, model.users(), model.items(),
      1, kindred::Serial{});
  kindred::Optimizer optimizer(kindred::Sgd{.learning_rate = rate});
  optimizer.prepare(model);
  const kindred::L2Rows<decltype(model)> l2(model, kindred::Interactions(kindred::Interactions::Columns{}),
                                            {.embeddings = decay / 2}, false);

  std::vector<Scalar> p = plain(model.user_encoder()), q = plain(model.item_encoder()), user_bias(rows), item_bias(rows);
  compare<Scalar>(
      state, Work{.items = double{count}, .flops = 10.0 * count * static_cast<double>(dim)},
      [&] { benchmark::DoNotOptimize(grid.run(model, kindred::SquaredError{}, l2, optimizer, 1.0, 1, kindred::Serial{})); },
      [&] {
        for (const auto& e : examples) {
          naive_example(&p[static_cast<std::size_t>(e.user * dim)], &q[static_cast<std::size_t>(e.item * dim)],
                        &user_bias[e.user], &item_bias[e.item], Scalar{0}, static_cast<Scalar>(e.label),
                        static_cast<Scalar>(rate), static_cast<Scalar>(decay), dim);
        }
        benchmark::DoNotOptimize(p.data());
        benchmark::ClobberMemory();
      });
}

/// How often a rule takes a root and a quotient for each number.
template <class Rule>
constexpr double roots = std::is_same_v<Rule, kindred::Adam> || std::is_same_v<Rule, kindred::Adagrad> ? 1 : 0;
/// Additions and multiplications for each number, the root left out.
template <class Rule>
constexpr double flops = std::is_same_v<Rule, kindred::Adam>             ? 11
                         : std::is_same_v<Rule, kindred::Adagrad>        ? 5
                         : std::is_same_v<Rule, kindred::RowwiseAdagrad> ? 4
                                                                         : 2;

/// Eight rows moved by a rule, their gradients given.
template <class Scalar, int Dim, class Rule>
void update_row(benchmark::State& state, Index dim) {
  constexpr Index rows = 8;
  auto table = normal_table<Scalar, Dim>(rows, dim, 1);
  const auto gradient = normal_table<Scalar, Dim>(rows, dim, 2);
  const Rule rule{.learning_rate = 1e-6};
  kindred::Optimizer<Rule> optimizer(rule);
  optimizer.prepare(table);
  const auto move = optimizer.updater(table, std::integral_constant<std::size_t, 0>{}, 1'000'000);

  std::vector<Scalar> w = plain(table), m(w.size()), v(w.size());
  const std::vector<Scalar> g = plain(gradient);
  const double numbers = double{rows} * static_cast<double>(dim);
  compare<Scalar>(
      state, Work{.items = double{rows}, .flops = flops<Rule> * numbers, .roots = roots<Rule> * numbers},
      [&] {
        for (Index r = 0; r < rows; ++r) move(r, gradient.padded_row(r));
        benchmark::DoNotOptimize(table.data());
        benchmark::ClobberMemory();
      },
      [&] {
        for (Index r = 0; r < rows; ++r) {
          const auto first = static_cast<std::size_t>(r * dim);
          naive_row(rule, &w[first], &g[first], &m[first], &v[first], dim);
        }
        benchmark::DoNotOptimize(w.data());
        benchmark::ClobberMemory();
      });
}

// Their names: kernel/scalar/dim/fixed or dynamic. ------------------------------------------------------------------------------------

template <class F>
void add(std::string name, F&& f) {
  benchmark::RegisterBenchmark(name.c_str(), std::forward<F>(f));
}

/// For each scalar and Dim, fixed and dynamic: name.<Scalar, fixed Dim>(state, dim).
template <class F>
void add_all(const std::string& kernel, F f) {
  const auto add_scalar = [&](auto scalar, const char* name) {
    const auto add_dim = [&](auto dim) {
      const std::string start = kernel + "/" + name + "/" + std::to_string(dim()) + "/";
      add(start + "fixed", [=](benchmark::State& state) { f.template operator()<decltype(scalar), dim()>(state, dim()); });
      add(start + "dynamic", [=](benchmark::State& state) { f.template operator()<decltype(scalar), Dynamic>(state, dim()); });
    };
    add_dim(std::integral_constant<int, 16>{});
    add_dim(std::integral_constant<int, 64>{});
    add_dim(std::integral_constant<int, 100>{});
    add_dim(std::integral_constant<int, 128>{});
  };
  add_scalar(float{}, "float");
  add_scalar(double{}, "double");
}

/// For kernels that take matrices, whose dim is always dynamic.
template <class F>
void add_dynamic(const std::string& kernel, F f) {
  for (const Index dim : {16, 64, 100, 128}) {
    add(kernel + "/float/" + std::to_string(dim) + "/dynamic", [=](benchmark::State& state) { f(state, float{}, dim); });
    add(kernel + "/double/" + std::to_string(dim) + "/dynamic", [=](benchmark::State& state) { f(state, double{}, dim); });
  }
}

void add_kernels() {
  add_all("score_pair", []<class Scalar, int Dim>(benchmark::State& state, Index dim) { score_pair<Scalar, Dim>(state, dim); });
  add_dynamic("score_one_to_many_27000",
              []<class Scalar>(benchmark::State& state, Scalar, Index dim) { score_one_to_many<Scalar>(state, dim, 27'000); });
  add_dynamic("score_one_to_many_128MiB", []<class Scalar>(benchmark::State& state, Scalar, Index dim) {
    score_one_to_many<Scalar>(state, dim, (Index{128} << 20) / static_cast<Index>(sizeof(Scalar)) / dim);
  });
  add_dynamic("score_many_to_many",
              []<class Scalar>(benchmark::State& state, Scalar, Index dim) { score_many_to_many<Scalar>(state, dim); });
  add_all("train_example",
          []<class Scalar, int Dim>(benchmark::State& state, Index dim) { train_example<Scalar, Dim>(state, dim); });
  add_all("sgd_row",
          []<class Scalar, int Dim>(benchmark::State& state, Index dim) { update_row<Scalar, Dim, kindred::Sgd>(state, dim); });
  add_all("rowwise_adagrad_row", []<class Scalar, int Dim>(benchmark::State& state, Index dim) {
    update_row<Scalar, Dim, kindred::RowwiseAdagrad>(state, dim);
  });
  add_all("adagrad_row", []<class Scalar, int Dim>(benchmark::State& state, Index dim) {
    update_row<Scalar, Dim, kindred::Adagrad>(state, dim);
  });
  add_all("adam_row", []<class Scalar, int Dim>(benchmark::State& state, Index dim) {
    update_row<Scalar, Dim, kindred::Adam>(state, dim);
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_kernels();
  return benchmarks::run(argc, argv);
}
