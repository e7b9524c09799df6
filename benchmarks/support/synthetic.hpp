// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Generated ratings of the shape of MovieLens: few users rate much, few items are rated by most, and there is something to learn.
/// Everything follows from the seed, so two machines measure on the same data.

#include <kindred/core/random.hpp>
#include <kindred/data/interactions.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace benchmarks {

struct Shape {
  kindred::Index users, items, ratings;
};

inline constexpr Shape movielens_100k{943, 1682, 100'000};
inline constexpr Shape movielens_1m{6040, 3706, 1'000'000};
inline constexpr Shape movielens_20m{138'000, 27'000, 20'000'000};

namespace detail {

/// How many ratings each user gives: 20 + Lomax(1.8), at most 0.35 items, with the scale at which they add up to `shape.ratings`.
inline std::vector<kindred::Index> activity(const Shape& shape, kindred::Random random) {
  using kindred::Index;
  std::vector<double> tail(static_cast<std::size_t>(shape.users));
  for (double& x : tail) x = std::pow(1 - random.uniform(), -1 / 1.8) - 1;
  const double most = 0.35 * static_cast<double>(shape.items);
  const auto counts = [&](double scale) {
    std::vector<Index> out;
    for (const double x : tail) out.push_back(static_cast<Index>(std::min(20 + scale * x, most)));
    return out;
  };
  const auto sum = [](const std::vector<Index>& v) { return std::accumulate(v.begin(), v.end(), Index{0}); };
  double low = 0, high = 1e6;
  for (int step = 0; step < 60; ++step) {
    const double middle = (low + high) / 2;
    (sum(counts(middle)) <= shape.ratings ? low : high) = middle;
  }
  std::vector<Index> out = counts(low);
  Index left = shape.ratings - sum(out);
  for (std::size_t u = 0; left > 0; u = (u + 1) % out.size()) {
    if (static_cast<double>(out[u]) + 1 > most) continue;
    ++out[u];
    --left;
  }
  return out;
}

/// For each item the sum of the popularities (rank + 100)^-1.3 of the items up to it, the ranks dealt out at random.
inline std::vector<double> popularity_sums(Shape shape, kindred::Random random) {
  std::vector<double> out(static_cast<std::size_t>(shape.items));
  for (std::size_t rank = 0; rank < out.size(); ++rank) out[rank] = std::pow(static_cast<double>(rank) + 100, -1.3);
  random.shuffle(std::span<double>(out));
  std::partial_sum(out.begin(), out.end(), out.begin());
  return out;
}

inline std::vector<float> normals(kindred::Index count, double deviation, kindred::Random random) {
  std::vector<float> out(static_cast<std::size_t>(count));
  for (float& x : out) x = static_cast<float>(deviation * random.normal());
  return out;
}

}  // namespace detail

/// Ratings r = 3.5 + b_u + b_i + p_u.q_i + noise, rounded to half stars in [0.5, 5], in a random order; no pair occurs twice.
///
/// b_u ~ N(0, 0.35), b_i ~ N(0, 0.45), p.q of rank 16 with deviation 0.55, noise N(0, 0.75). The best possible RMSE is about 0.71.
/// `shape.ratings` must be at least 20 for each user, and at most about a third of users * items.
inline kindred::Interactions synthetic_ratings(const Shape& shape, std::uint64_t seed = 1) {
  using kindred::Index;
  using kindred::Random;
  using kindred::Stream;
  constexpr Index rank = 16;
  std::uint32_t part = 0;
  const auto stream = [&] { return Random(seed, Stream::user, part++); };
  const auto activity = detail::activity(shape, stream());
  const auto popularity = detail::popularity_sums(shape, stream());
  const double factor = std::sqrt(0.55 / std::sqrt(double{rank}));
  const auto user_bias = detail::normals(shape.users, 0.35, stream()), item_bias = detail::normals(shape.items, 0.45, stream());
  const auto user_rows = detail::normals(shape.users * rank, factor, stream());
  const auto item_rows = detail::normals(shape.items * rank, factor, stream());

  kindred::BasicInteractionColumns<std::uint32_t> columns;
  std::vector<Index> last_user(static_cast<std::size_t>(shape.items), -1);
  Random random = stream();
  for (Index u = 0; u < shape.users; ++u) {
    for (Index n = 0; n < activity[static_cast<std::size_t>(u)];) {
      const double at = random.uniform() * popularity.back();
      const auto i =
          static_cast<std::size_t>(std::upper_bound(popularity.begin(), popularity.end() - 1, at) - popularity.begin());
      if (last_user[i] == u) continue;
      last_user[i] = u;
      ++n;
      const float* p = &user_rows[static_cast<std::size_t>(u * rank)];
      const float* q = &item_rows[i * rank];
      const double mean = 3.5 + double{user_bias[static_cast<std::size_t>(u)]} + double{item_bias[i]} +
                          double{std::inner_product(p, p + rank, q, 0.0F)};
      columns.users.push_back(static_cast<std::uint32_t>(u));
      columns.items.push_back(static_cast<std::uint32_t>(i));
      columns.values.push_back(static_cast<float>(std::clamp(std::round(2 * (mean + 0.75 * random.normal())) / 2, 0.5, 5.0)));
    }
  }
  std::vector<Index> order(columns.users.size());
  std::iota(order.begin(), order.end(), Index{0});
  stream().shuffle(std::span<Index>(order));
  return kindred::Interactions(std::move(columns), {.users = shape.users, .items = shape.items}).select(order);
}

}  // namespace benchmarks
