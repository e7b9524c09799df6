// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/statistics.hpp"

#include <kindred/data/negatives.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <vector>

using namespace kindred;

namespace {

/// How often each item was drawn for the user.
template <class Sampler, class Rep = std::uint32_t>
std::vector<double> draw(const Sampler& sampler, Index user, Index items, int draws, std::uint64_t seed = 1) {
  std::vector<double> counts(static_cast<std::size_t>(items));
  Random random(seed, Stream::negatives);
  for (int k = 0; k < draws; ++k) {
    const auto item = sampler.sample(BasicUserId<Rep>(user), random);
    if (!item) FAIL("nothing was drawn for user " << user);
    ++counts[static_cast<std::size_t>(item->index())];
  }
  return counts;
}

/// Eight items that 20, 10, 5, 4, 3, 2, 1 and 0 of the users 100 ... 119 have. User 0 has none, user 1 items 1 and 5, user 2 all but
/// item 3, user 3 all; user 4 all that anybody has, so that only item 7 is left; user 5 the popular ones 0 to 3; and user 6 item 0.
template <class Rep = std::uint32_t>
BasicInteractions<Rep> shop() {
  BasicInteractionColumns<Rep> columns;
  const auto add = [&](int user, int item) {
    columns.users.push_back(static_cast<Rep>(user));
    columns.items.push_back(static_cast<Rep>(item));
  };
  const std::vector<int> popularity{20, 10, 5, 4, 3, 2, 1};
  for (int item = 0; item < 7; ++item) {
    for (int k = 0; k < popularity[static_cast<std::size_t>(item)]; ++k) add(100 + k, item);
  }
  for (const int item : {5, 1}) add(1, item);
  for (const int item : {0, 1, 2, 4, 5, 6}) add(2, item);
  for (const int item : {0, 1, 2, 3, 4, 5, 6}) add(3, item);
  for (const int item : {0, 1, 2, 3, 4, 5, 6}) add(4, item);
  for (const int item : {0, 1, 2, 3}) add(5, item);
  add(6, 0);
  return BasicInteractions<Rep>(std::move(columns), {.items = 8});
}

/// (rows of each item)^power, and 0 for the items of the user: what the draws for the user should be in proportion to.
std::vector<double> conditional(const Interactions& data, Index user, double power) {
  std::vector<double> out;
  for (Index i = 0; i < data.items(); ++i) {
    const auto rows = static_cast<double>(data.rows_of(ItemId(i)).size());
    out.push_back(data.contains(UserId(user), ItemId(i)) ? 0 : std::pow(rows, power));
  }
  return out;
}

struct Certain {
  double log_probability(UserId, ItemId) const { return 0; }
};
struct SwappedSampler : Certain {
  std::optional<UserId> sample(ItemId, Random&) const { return {}; }
};
struct ChangingSampler : Certain {
  std::optional<ItemId> sample(UserId, Random&) { return {}; }
};
struct OneForAll : Certain {
  ItemId sample(UserId, Random&) const { return ItemId(0); }
};
struct NoProbability {
  ItemId sample(UserId, Random&) const { return ItemId(0); }
};

}  // namespace

TEST_CASE("what is a negative sampler and what is not", "[data]") {
  STATIC_REQUIRE(NegativeSampler<UniformNegatives>);
  STATIC_REQUIRE(NegativeSampler<PopularityNegatives>);
  STATIC_REQUIRE(NegativeSampler<OneForAll>);
  STATIC_REQUIRE(NegativeSampler<BasicUniformNegatives<std::uint64_t>, std::uint64_t>);
  STATIC_REQUIRE(!NegativeSampler<NoProbability>);
  STATIC_REQUIRE(!NegativeSampler<BasicUniformNegatives<std::uint64_t>>);
  STATIC_REQUIRE(!NegativeSampler<SwappedSampler>);
  STATIC_REQUIRE(!NegativeSampler<ChangingSampler>);
  STATIC_REQUIRE(!NegativeSampler<Random>);
}

TEST_CASE("the places of missing items skip the positives", "[data]") {
  // Every set of positives among 10 items against counting.
  for (unsigned set = 0; set < 1024; ++set) {
    std::vector<ItemId> positives;
    std::vector<Index> missing;
    for (Index i = 0; i < 10; ++i) {
      if (set >> i & 1) {
        positives.emplace_back(i);
      } else {
        missing.push_back(i);
      }
    }
    std::vector<Index> got;
    for (Index k = 0; k < static_cast<Index>(missing.size()); ++k) {
      got.push_back(detail::missing_item(std::span<const ItemId>(positives), k).index());
    }
    if (got != missing) FAIL("wrong for the set " << set);
  }
}

TEMPLATE_TEST_CASE("many missing items are found as one by one", "[data]", std::uint32_t, std::uint64_t) {
  constexpr Index items = 4700;
  BasicInteractionColumns<TestType> columns;
  Random random(2);
  const std::vector<Index> sizes = {0,   1,   15,  16,  17,   31,   32,   33,   47,   48,   100,
                                    255, 256, 257, 511, 4095, 4096, 4097, 4111, 4400, 4699, 4700};
  std::vector<Index> order(static_cast<std::size_t>(items));
  std::iota(order.begin(), order.end(), Index{0});
  for (std::size_t user = 0; user < sizes.size(); ++user) {
    random.shuffle(std::span(order));
    for (Index k = 0; k < sizes[user]; ++k) {
      columns.users.push_back(static_cast<TestType>(user));
      columns.items.push_back(static_cast<TestType>(order[static_cast<std::size_t>(k)]));
    }
  }
  const BasicInteractions<TestType> data(std::move(columns), {.users = static_cast<Index>(sizes.size()), .items = items});
  std::vector<Index> users, places, expected;
  for (Index user = 0; user < data.users(); ++user) {  // neighbours in one search are of lists of all lengths
    for (Index place = 0; place < items - sizes[static_cast<std::size_t>(user)]; ++place) {
      users.push_back(user);
      places.push_back(place);
      expected.push_back(detail::missing_item(data.items_of(BasicUserId<TestType>(user)), place).index());
    }
  }
  users.push_back(data.users() - 1);  // who has everything
  places.push_back(0);
  expected.push_back(-1);
  std::vector<Index> mixed(users.size());
  std::iota(mixed.begin(), mixed.end(), Index{0});
  random.shuffle(std::span(mixed));
  std::vector<Index> mixed_users, wanted;
  for (const Index k : mixed) {
    mixed_users.push_back(users[static_cast<std::size_t>(k)]);
    wanted.push_back(places[static_cast<std::size_t>(k)]);
  }
  std::vector<Index> found(wanted.size());
  const detail::MissingItems<TestType> missing(data);
  missing.find(data, mixed_users, found, [&](std::size_t k, Index) { return wanted[k]; });
  for (std::size_t k = 0; k < mixed.size(); ++k) {
    if (found[k] != expected[static_cast<std::size_t>(mixed[k])]) {
      FAIL("user " << mixed_users[k] << ": got " << found[k] << ", expected " << expected[static_cast<std::size_t>(mixed[k])]);
    }
  }

  const BasicUniformNegatives<TestType> sampler(data);
  Random together(5), alone(5);
  const auto find = [&](const std::vector<Index>& of) {
    missing.find(data, of, found, [&](std::size_t, Index others) { return together.below(others); });
  };
  find(mixed_users);
  for (std::size_t k = 0; k < found.size(); ++k) {
    const auto item = sampler.sample(BasicUserId<TestType>(mixed_users[k]), alone);
    if (found[k] != (item ? item->index() : -1)) FAIL("draw " << k);
  }
  CHECK_THROWS_AS(find(std::vector<Index>{data.users()}), std::out_of_range);
}

TEMPLATE_TEST_CASE("uniform negatives are uniform over what the user does not have", "[data]", std::uint32_t, std::uint64_t) {
  const auto data = shop<TestType>();
  const BasicUniformNegatives<TestType> sampler(data);
  const auto counts_of = [&](Index user) { return draw<BasicUniformNegatives<TestType>, TestType>(sampler, user, 8, 40000); };
  for (const Index user : {0, 1, 5, 6}) {
    std::vector<double> expected;
    for (Index i = 0; i < 8; ++i)
      expected.push_back(data.contains(BasicUserId<TestType>(user), BasicItemId<TestType>(i)) ? 0 : 1);
    CHECK(chi_square_z(counts_of(user), expected) < 4);
  }
  CHECK(counts_of(3)[7] == 40000);
  const auto two_left = counts_of(2);
  CHECK(chi_square_z(two_left, std::vector<double>{0, 0, 0, 1, 0, 0, 0, 1}) < 4);
  CHECK(chi_square_z(two_left, std::vector<double>{0, 0, 0, 1.1, 0, 0, 0, 1}) > 6);  // a tenth off would be seen
}

TEST_CASE("popularity negatives follow popularity to the power, among what the user does not have", "[data]") {
  const Interactions data = shop();
  for (const double power : {0.0, 0.5, 0.75, 1.0, 2.0}) {
    const PopularityNegatives sampler(data, {.power = power});
    for (const Index user : {0, 1, 2, 5, 6}) {
      const auto counts = draw(sampler, user, 8, 40000);
      CAPTURE(power, user);
      CHECK(chi_square_z(counts, conditional(data, user, power)) < 4);
    }
    const auto counts = draw(sampler, 6, 8, 60000);  // a somewhat wrong power would be seen
    CHECK(chi_square_z(counts, conditional(data, 6, power + 0.1)) > 6);
  }
  CHECK(chi_square_z(draw(PopularityNegatives(data), 0, 8, 100000), conditional(data, 0, 0.75)) < 4);  // the default
}

TEST_CASE("items nobody has are drawn only when nothing else is left, or with power 0", "[data]") {
  const Interactions data = shop();
  CHECK(draw(PopularityNegatives(data), 0, 8, 20000)[7] == 0);
  CHECK(draw(PopularityNegatives(data), 4, 8, 100)[7] == 100);
  CHECK(draw(PopularityNegatives(data, {.power = 0}), 0, 8, 20000)[7] > 2000);
  // Items 1 to 5 of six have no rows but one user has item 0: the rest are equally likely.
  const Interactions bare({.users = {0}, .items = {0}}, {.users = 2, .items = 6});
  CHECK(chi_square_z(draw(PopularityNegatives(bare), 0, 6, 50000), std::vector<double>{0, 1, 1, 1, 1, 1}) < 4);
  CHECK(draw(PopularityNegatives(bare), 1, 6, 100)[0] == 100);
  const Interactions nothing({}, {.users = 1, .items = 6});
  CHECK(chi_square_z(draw(PopularityNegatives(nothing), 0, 6, 50000)) < 4);
}

TEST_CASE("a user who has nearly everything gets the exact distribution too", "[data]") {
  // 500 items. User 0 has all but items 10, 20 and 499, which 0, 1 and 3 others have; all others have 50 rows. A draw hits one of the
  // three once in 6,000 draws, so nearly all come from the exact list.
  BasicInteractionColumns<std::uint32_t> columns;
  const auto add = [&](std::uint32_t user, std::uint32_t item) {
    columns.users.push_back(user);
    columns.items.push_back(item);
  };
  for (std::uint32_t i = 0; i < 500; ++i) {
    if (i == 10 || i == 20 || i == 499) continue;
    for (std::uint32_t user = 0; user < 50; ++user) add(user, i);
  }
  add(1, 20);
  for (const std::uint32_t user : {1U, 2U, 3U}) add(user, 499);
  const Interactions data(columns);
  const auto popular = draw(PopularityNegatives(data, {.power = 1}), 0, 500, 5000);
  CHECK(popular[10] == 0);
  CHECK(popular[20] + popular[499] == 5000);
  CHECK(chi_square_z(std::vector<double>{popular[20], popular[499]}, std::vector<double>{1, 3}) < 4);
  const auto uniform = draw(UniformNegatives(data), 0, 500, 30000);
  CHECK(uniform[10] + uniform[20] + uniform[499] == 30000);
  CHECK(chi_square_z(std::vector<double>{uniform[10], uniform[20], uniform[499]}) < 4);
}

TEST_CASE("a user who has everything gets nothing", "[data]") {
  const Interactions all({.users = {0, 0, 1}, .items = {0, 1, 0}});
  Random random(1);
  CHECK(!UniformNegatives(all).sample(UserId(0), random).has_value());
  CHECK(!PopularityNegatives(all).sample(UserId(0), random).has_value());
  CHECK(UniformNegatives(all).sample(UserId(1), random) == ItemId(1));
  CHECK(PopularityNegatives(all).sample(UserId(1), random) == ItemId(1));
  const Interactions no_items({}, {.users = 1});
  CHECK(!UniformNegatives(no_items).sample(UserId(0), random).has_value());
  CHECK(!PopularityNegatives(no_items).sample(UserId(0), random).has_value());
}

TEST_CASE("a negative is never one of the user's positives", "[data]") {
  Random random(3);
  BasicInteractionColumns<std::uint32_t> columns;
  for (std::uint32_t user = 0; user < 60; ++user) {
    for (std::uint32_t item = 0; item < 50; ++item) {
      if (random.below(60) < static_cast<Index>(user)) {  // from nothing to nearly everything
        columns.users.push_back(user);
        columns.items.push_back(item);
      }
    }
  }
  const Interactions data(columns, {.users = 60, .items = 50});
  const UniformNegatives uniform(data);
  const PopularityNegatives popular(data);
  int wrong = 0;
  for (Index u = 0; u < 60; ++u) {
    for (int k = 0; k < 200; ++k) {
      const auto a = uniform.sample(UserId(u), random), b = popular.sample(UserId(u), random);
      const bool full = data.items_of(UserId(u)).size() == 50;
      wrong += a.has_value() == full || b.has_value() == full;
      wrong += (a && data.contains(UserId(u), *a)) || (b && data.contains(UserId(u), *b));
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("bad powers and unknown users are errors", "[data]") {
  const Interactions data = shop();
  for (const double bad : {-0.5, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_AS(PopularityNegatives(data, {.power = bad}), std::invalid_argument);
  }
  CHECK(message_of([&] { PopularityNegatives(data, {.power = -0.5}); }) ==
        "PopularityNegatives: power must be at least 0 and finite, got -0.5");
  Random random(1);
  CHECK_THROWS_AS(UniformNegatives(data).sample(UserId(120), random), std::out_of_range);
  CHECK_THROWS_AS(PopularityNegatives(data).sample(UserId(120), random), std::out_of_range);
}

TEST_CASE("a huge power neither overflows nor leaves the catalogue", "[data]") {
  CHECK(draw(PopularityNegatives(shop(), {.power = 1e6}), 0, 8, 1000)[0] == 1000);
  CHECK(draw(PopularityNegatives(shop(), {.power = 200}), 6, 8, 1000)[1] == 1000);
  CHECK(draw(PopularityNegatives(shop(), {.power = 1e6}), 6, 8, 1000)[0] == 0);
}

TEST_CASE("an alias table draws by weight and never what weighs nothing", "[data]") {
  const std::vector<std::vector<double>> tables{{1},
                                                {5, 0, 0},
                                                {0, 0, 5},
                                                {1, 2, 3, 4},
                                                {0.1, 0.2, 0.3, 0.4, 0},
                                                {1e-12, 1, 1e-12},
                                                std::vector<double>(1000, 0.1),
                                                {1e300, 1e300}};
  for (const auto& weights : tables) {
    const detail::AliasTable table(weights);
    std::vector<double> counts(weights.size());
    Random random(1);
    for (int k = 0; k < 100000; ++k) ++counts[static_cast<std::size_t>(table.draw(random))];
    CHECK(chi_square_z(counts, weights) < 4);
  }
}

TEST_CASE("rounding in an alias table never lends weight to what has none", "[data]") {
  // The entry without weight is the last to be paired.
  Random random(1);
  int drawn = 0;
  for (int table = 0; table < 300; ++table) {
    std::vector<double> weights(20);
    for (std::size_t k = 1; k < weights.size(); ++k) weights[k] = random.uniform();
    const detail::AliasTable alias(weights);
    for (int k = 0; k < 200; ++k) drawn += alias.draw(random) == 0;
  }
  CHECK(drawn == 0);
}

TEST_CASE("the same seed draws the same negatives, from copies too", "[data]") {
  const PopularityNegatives sampler(shop());
  const PopularityNegatives copy = sampler;
  CHECK(draw(sampler, 5, 8, 1000, 7) == draw(copy, 5, 8, 1000, 7));
  CHECK(draw(sampler, 5, 8, 1000, 7) != draw(copy, 5, 8, 1000, 8));
  Random random(9, Stream::negatives);
  const UniformNegatives uniform(shop());
  Hash hash;
  for (int k = 0; k < 100; ++k) hash.add(static_cast<std::uint64_t>(uniform.sample(UserId(k % 7), random)->index()));
  CHECK(hash.value() == 0xA2FE7E85414E3CE4);  // computed by an independent program too
}

TEST_CASE("the probabilities of negatives add up to 1, and are how often they are drawn", "[data]") {
  InteractionColumns columns{{0, 0, 1, 1, 1, 2, 2}, {0, 1, 1, 2, 3, 3, 1}, {}, {}, {}};
  const Interactions data(columns, {.users = 4, .items = 6});
  const auto check = [&](const auto& sampler, bool all) {
    for (const UserId user : {UserId(0), UserId(1), UserId(3)}) {
      std::vector<double> drawn(6);
      Random random(5);
      constexpr int draws = 20'000;
      for (int k = 0; k < draws; ++k) drawn[static_cast<std::size_t>(sampler.sample(user, random)->index())] += 1.0 / draws;
      double sum = 0;
      for (Index i = 0; i < 6; ++i) {
        if (data.contains(user, ItemId(i))) continue;
        const double probability = std::exp(sampler.log_probability(user, ItemId(i)));
        sum += probability;
        CHECK_THAT(drawn[static_cast<std::size_t>(i)], Catch::Matchers::WithinAbs(probability, 0.015));
        CHECK((probability > 0 || !all));
      }
      CHECK_THAT(sum, Catch::Matchers::WithinRel(1.0, 1e-12));
    }
  };
  check(UniformNegatives(data), true);
  check(PopularityNegatives(data, {.power = 0.75}), false);
  check(PopularityNegatives(data, {.power = 0}), true);
  // Only items without rows are left: each equally likely.
  const PopularityNegatives one(Interactions(InteractionColumns{{0, 1}, {0, 0}, {}, {}, {}}, {.users = 2, .items = 3}),
                                {.power = 1});
  CHECK_THAT(one.log_probability(UserId(0), ItemId(2)), Catch::Matchers::WithinRel(-std::log(2.0), 1e-12));
}
