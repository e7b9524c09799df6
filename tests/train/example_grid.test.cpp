// SPDX-License-Identifier: MIT
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

#include <map>
#include <set>
#include <tuple>

using namespace kindred;

namespace {

using Examples = std::vector<Example<std::uint32_t>>;
using Factors = CollaborativeModel<double, 3>;

const L2 l2{.embeddings = 0.05, .biases = 0.02};

/// One cell of the grid holds up to 16 users and 16 items, so that negatives are taken in the order in which they were drawn.
Interactions one_cell() { return made_up_ratings({.users = 11, .items = 15, .rows = 120, .weights = true}); }

template <class Rule, class PlainRule>
double distance_after(int epochs, const Rule& rule, PlainRule plain_rule, const PerExampleOptions& options,
                      const CollaborativeOptions& model_options = {.deviation = 1}) {
  const Interactions data = one_cell();
  Factors model(data.users(), data.items(), model_options);
  PerExampleTrainer trainer(SquaredError{}, rule, options);
  Factors start = model;
  double worst = 0;
  std::optional<PlainFactors> plain;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const EpochReport report = trainer.epoch(model, data, Serial{});
    if (!plain) {
      start.prepare(data, static_cast<double>(model.global_mean()));
      plain.emplace(start);
    }
    const auto number = static_cast<std::uint32_t>(epoch);
    const auto examples = options.negatives.per_positive == 0 ? rows_taken(data, options.seed, number)
                                                              : examples_of(data, options.negatives, options.seed, number);
    const double loss = plain->train(examples, 1, penalty_of(data, options.l2, options.negatives), plain_rule);
    worst = std::max({worst, plain->distance(model), std::abs(report.loss - loss)});
    CHECK(report.examples == std::count_if(examples.begin(), examples.end(), [](const auto& e) { return e.weight != 0; }));
  }
  CHECK(trainer.optimizer().steps() > 0);
  return worst;
}

}  // namespace

TEST_CASE("training per example equals plain loops, one example after the other", "[train]") {
  CHECK(distance_after(3, Sgd{.learning_rate = 0.05}, plain::sgd(0.05), {}) < 1e-12);
  CHECK(distance_after(3, Sgd{.learning_rate = 0.05}, plain::sgd(0.05), {.l2 = l2}) < 1e-12);
  CHECK(distance_after(3, Sgd{.learning_rate = 0.05}, plain::sgd(0.05), {.l2 = l2}, {.biases = false, .deviation = 1}) < 1e-12);
  CHECK(distance_after(3, Adagrad{.learning_rate = 0.05}, plain::adagrad(0.05), {.l2 = l2}) < 1e-12);
  CHECK(distance_after(3, Adam{.learning_rate = 0.05}, plain::adam(0.05), {.l2 = l2}) < 1e-10);
}

TEST_CASE("training per example takes negatives as examples of their own", "[train]") {
  const NegativeSampling negatives{.per_positive = 2, .weight = 0.5};
  CHECK(distance_after(2, Sgd{.learning_rate = 0.05}, plain::sgd(0.05), {.negatives = negatives, .l2 = l2}) < 1e-12);
  L2 all = l2;
  all.negatives = true;
  CHECK(distance_after(2, Sgd{.learning_rate = 0.05}, plain::sgd(0.05), {.negatives = negatives, .l2 = all}) < 1e-12);
  CHECK(distance_after(2, Adam{.learning_rate = 0.05}, plain::adam(0.05), {.negatives = negatives}) < 1e-10);
}

TEST_CASE("training per example knows the scale of the labels and the frequency of the rows", "[train]") {
  const PerExampleOptions options{.l2 = {.embeddings = 0.5, .biases = 0.2, .frequency_power = 0.5}};
  const CollaborativeOptions scaled{.deviation = 1, .scale = 0.25}, no_biases{.biases = false, .deviation = 1, .scale = 0.25};
  CHECK(distance_after(2, Sgd{.learning_rate = 0.05}, plain::sgd(0.05), options) < 1e-12);
  CHECK(distance_after(2, Sgd{.learning_rate = 0.05}, plain::sgd(0.05), options, scaled) < 1e-12);
  CHECK(distance_after(2, Sgd{.learning_rate = 0.05}, plain::sgd(0.05), options, no_biases) < 1e-12);
}

TEST_CASE("training per example scales the learning rate by the schedule", "[train]") {
  const Schedule half = [](double) { return 0.5; };
  CHECK(distance_after(2, Adagrad{.learning_rate = 0.1}, plain::adagrad(0.05), {.l2 = l2, .schedule = half}) < 1e-12);
}

TEST_CASE("a million examples and more are taken window by window, all of them", "[train]") {
  const Interactions data = made_up_ratings({.users = 80, .items = 400, .rows = 4100});
  Factors model(80, 400);
  PerExampleTrainer trainer(SquaredError{}, Sgd{.learning_rate = 1e-3}, {.negatives = {.per_positive = 255}});
  CHECK(trainer.epoch(model, data, Threads(2)).examples == 4100 * 256);
  CHECK(trainer.optimizer().steps() == 4100 * 256);
}

namespace {

/// What a scorer saw: in which loop of the executor and in which of its chunks, and the places of the two rows.
struct Seen {
  Index round = 0, block = 0;
  std::vector<std::tuple<Index, Index, const void*, const void*>> rows;
};

struct RecordingScorer {
  Seen* seen = nullptr;
  template <class A, class B>
  auto score(const A& a, const B& b) const {
    if (seen) seen->rows.emplace_back(seen->round, seen->block, a.data(), b.data());
    return DotProduct{}.score(a, b);
  }
  template <class A, class B, class Scalar, class DA, class DB>
  void backward(const A& a, const B& b, Scalar d, DA&& da, DB&& db) const {
    DotProduct{}.backward(a, b, d, da, db);
  }
  template <class Row>
  void index_form(Row&&) const {}
};

/// Runs the chunks of a loop from last to first, as an unlucky schedule might.
struct Backwards {
  Seen* seen;
  template <class F>
  void for_each(Index n, F&& f) const {
    ++seen->round;
    for (Index k = n - 1; k >= 0; --k) {
      seen->block = k;
      f(k);
    }
  }
  int concurrency() const { return 1; }
};

}  // namespace

TEST_CASE("the grid takes every example once, and shares no row between cells of a round", "[train]") {
  constexpr Index users = 300, items = 70;  // more than 16 blocks of 16 users, fewer of items
  using Recorded = CollaborativeModel<double, 3, RecordingScorer>;
  Seen seen;
  const Interactions data = made_up_ratings({.users = users, .items = items, .rows = 4000, .weights = true});
  Recorded model(users, items, {.deviation = 1}, RecordingScorer{&seen}), other = model;
  Recorded start = model;
  PerExampleTrainer trainer(SquaredError{}, Sgd{.learning_rate = 0.05}, {.l2 = l2}), again = trainer;
  trainer.epoch(model, data, Backwards{&seen});
  const auto log = std::exchange(seen.rows, {});

  const auto id_of = [](const auto& table, const void* row) {
    return static_cast<std::uint32_t>((static_cast<const double*>(row) - table.data()) / table.stride());
  };
  std::map<std::pair<std::uint32_t, std::uint32_t>, Index> rows;
  for (Index k = 0; k < data.size(); ++k) {
    if (data.weight(k) != 0) rows[{data.user(k).value(), data.item(k).value()}] = k;
  }
  REQUIRE(log.size() == rows.size());

  Examples taken;
  std::set<std::pair<std::uint32_t, std::uint32_t>> once;
  std::map<std::pair<Index, std::uint32_t>, Index> user_block, item_block;  // (round, id) -> the block it was used in
  bool apart = true;
  for (const auto& [round, block, user_row, item_row] : log) {
    const auto user = id_of(model.user_encoder(), user_row), item = id_of(model.item_encoder(), item_row);
    REQUIRE(rows.contains({user, item}));
    once.insert({user, item});
    const Index k = rows[{user, item}];
    taken.push_back({user, item, data.value(k), data.weight(k)});
    apart = apart && user_block.try_emplace({round, user}, block).first->second == block;
    apart = apart && item_block.try_emplace({round, item}, block).first->second == block;
  }
  CHECK(once.size() == rows.size());
  CHECK(apart);

  // The moves are those of the order recorded, and those of any other order of the cells of a round.
  start.prepare(data, model.global_mean());
  PlainFactors plain(start);
  plain.train(taken, 1, {.l2 = l2}, plain::sgd(0.05));
  CHECK(plain.distance(model) < 1e-12);
  again.epoch(other, data, Serial{});
  CHECK(bits_of(model) == bits_of(other));
}

TEST_CASE("neighbouring ids share a block, so that threads do not write one cache line of the biases", "[train]") {
  Seen seen;
  CollaborativeModel<double, 3, RecordingScorer> model(64, 16, {}, RecordingScorer{&seen});
  BasicInteractionColumns<std::uint32_t> columns;
  for (std::uint32_t user = 0; user < 64; ++user) columns.users.push_back(user), columns.items.push_back(user % 16);
  PerExampleTrainer(SquaredError{}, Sgd{}).epoch(model, Interactions(columns), Backwards{&seen});
  std::map<Index, std::set<Index>> blocks;  // of 16 ids -> the cells they were in
  for (const auto& [round, block, user_row, item_row] : seen.rows) {
    const auto user = (static_cast<const double*>(user_row) - model.user_encoder().data()) / model.user_encoder().stride();
    blocks[user / 16].insert(block);
  }
  REQUIRE(blocks.size() == 4);
  for (const auto& [neighbours, cells] : blocks) CHECK(cells.size() == 1);
}

TEST_CASE("the rows of a cell are taken in runs of 256 rows of the larger table", "[train]") {
  Seen seen;
  CollaborativeModel<double, 3, RecordingScorer> model(20000, 20, {}, RecordingScorer{&seen});
  PerExampleTrainer(SquaredError{}, Sgd{})
      .epoch(model, made_up_ratings({.users = 20000, .items = 20, .rows = 20000}), Backwards{&seen});
  std::map<std::pair<Index, Index>, Index> last;  // (round, block) -> the user of the last example
  bool ordered = true, mixed = false;
  for (const auto& [round, block, user_row, item_row] : seen.rows) {
    const auto user = (static_cast<const double*>(user_row) - model.user_encoder().data()) / model.user_encoder().stride();
    Index& before = last[{round, block}];
    ordered = ordered && user / 4096 >= before / 4096;
    mixed = mixed || (user / 4096 == before / 4096 && user + 2048 < before);
    before = user;
  }
  CHECK(seen.rows.size() == 20000);
  CHECK(ordered);
  CHECK(mixed);  // within a run they are in any order
}

TEST_CASE("the rows of a run are shuffled, and begun at any place in each epoch", "[train]") {
  std::vector<float> labels;
  CollaborativeModel<double, 1> model(3, 1);
  const Interactions three(Interactions::Columns{.users = {0, 1, 2}, .items = {0, 0, 0}, .values = {0, 1, 2}});
  std::map<std::vector<float>, int> first_times, times;
  for (std::uint64_t seed = 0; seed < 6000; ++seed) {
    labels.clear();
    PerExampleTrainer(detail_of_order::LabelLog{&labels}, Sgd{}, {.seed = seed}).epoch(model, three, Serial{});
    ++first_times[labels];
  }
  REQUIRE(first_times.size() == 6);
  for (const auto& [order, count] : first_times) CHECK(std::abs(count - 1000) < 150);  // five standard deviations

  PerExampleTrainer trainer(detail_of_order::LabelLog{&labels}, Sgd{});
  for (int epoch = 0; epoch < 3000; ++epoch) {
    labels.clear();
    trainer.epoch(model, three, Serial{});
    ++times[labels];
  }
  REQUIRE(times.size() == 3);
  for (const auto& [order, count] : times) CHECK(std::abs(count - 1000) < 130);
}

TEST_CASE("a trainer knows which rows it has sorted", "[train]") {
  const Interactions one = made_up_ratings({.users = 40, .items = 30, .rows = 300}),
                     two = made_up_ratings({.users = 40, .items = 30, .rows = 300, .seed = 8}), copy = one;
  Factors in_turns(40, 30), afresh = in_turns;
  PerExampleTrainer trainer(SquaredError{}, Sgd{.learning_rate = 0.01}), other = trainer;
  for (const Interactions* data : {&one, &two, &copy, &one}) {
    trainer.epoch(in_turns, *data, Serial{});
    other = PerExampleTrainer(other);  // a copy has nothing sorted
    other.epoch(afresh, *data, Serial{});
  }
  CHECK(bits_of(in_turns) == bits_of(afresh));
}
