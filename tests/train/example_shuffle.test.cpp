// SPDX-License-Identifier: MIT
// Data of so many rows that they are dealt out to buckets before they are shuffled.
#include <kindred/train/example.hpp>

#include "support/catch.hpp"
#include "support/statistics.hpp"

#include <algorithm>
#include <vector>

using namespace kindred;

namespace {

constexpr Index rows = 40'000;  // eight buckets

/// Row k is of user k.
Interactions many_rows() {
  BasicInteractionColumns<std::uint32_t> columns;
  for (std::uint32_t k = 0; k < rows; ++k) {
    columns.users.push_back(k);
    columns.items.push_back(k % 7);
    columns.values.push_back(static_cast<float>(k % 5));
  }
  return Interactions(std::move(columns));
}

template <class E>
std::vector<std::uint32_t> order(const Interactions& data, std::uint64_t seed, std::uint32_t epoch, const E& executor,
                                 ShuffleMemory<std::uint32_t> memory = {}) {
  const ExampleSource<Interactions> source(data, {}, seed, epoch, executor, std::move(memory));
  std::vector<Example<std::uint32_t>> room;
  std::vector<std::uint32_t> users;
  bool right = true;
  for (const auto& example : source.window(0, data.size(), executor, room)) {
    right = right && example.item == example.user % 7 && example.label == static_cast<float>(example.user % 5) &&
            example.weight == 1;
    users.push_back(example.user);
  }
  CHECK(right);
  CHECK(room.empty());
  return users;
}

}  // namespace

TEST_CASE("many rows come once each, in the same order for any number of threads and whatever the memory held", "[train]") {
  const auto data = many_rows();
  const auto users = order(data, 1, 0, Serial{});
  auto sorted = users;
  std::sort(sorted.begin(), sorted.end());
  bool once = true;
  for (std::size_t k = 0; k < sorted.size(); ++k) once = once && sorted[k] == k;
  CHECK(once);
  CHECK(users == order(data, 1, 0, Threads(3)));
  CHECK(users != order(data, 1, 1, Serial{}));
  CHECK(users != order(data, 2, 0, Serial{}));

  ExampleSource<Interactions> used(data, {}, 9, 9);
  CHECK(users == order(data, 1, 0, Serial{}, std::move(used).release()));
}

TEST_CASE("a row of many is as likely at one place of the order as at another, and so is the row behind it", "[train]") {
  const auto data = many_rows();
  constexpr std::size_t bins = 25, width = rows / bins;
  std::vector<double> places(bins * 4), neighbours(bins);
  for (std::uint32_t epoch = 0; epoch < 400; ++epoch) {
    const auto users = order(data, 1, epoch, Serial{});
    for (std::size_t k = 0; k < users.size(); ++k) {
      if (users[k] % 10'000 == 0) {
        ++places[users[k] / 10'000 * bins + k / width];
        if (k + 1 < users.size()) ++neighbours[users[k + 1] / width];
      }
    }
  }
  CHECK(chi_square_z(places) < 4);
  CHECK(chi_square_z(neighbours) < 4);
}
