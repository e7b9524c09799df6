// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/files.hpp"

#include <kindred/loss/squared_error.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/metric/search.hpp>
#include <kindred/metric/training_trial.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace kindred;

namespace {

const SearchSpace x_and_n{{"x", Uniform{-1, 1}}, {"n", Integer{0, 5}}};

/// A trial whose figure falls to |x| as the budget grows; it counts the calls, and is bad where n is 0 or 1.
struct Trial {
  Configuration configuration;
  std::atomic<int>* advances = nullptr;
  int done = 0;

  double advance(int budget) {
    if (budget <= done) throw std::logic_error("a budget must grow");
    done = budget;
    if (advances) ++*advances;
    if (configuration["n"] == 0) throw DivergenceError("diverged");
    if (configuration["n"] == 1) return std::numeric_limits<double>::quiet_NaN();
    return std::abs(configuration["x"]) + 1.0 / budget;
  }
};

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// All that a result says, bit by bit.
std::string bits_of(const SearchResult& result) {
  std::ostringstream out;
  for (const SearchTrial& done : result.trials) {
    out << done.trial << ' ' << done.budget << ' ' << std::bit_cast<std::uint64_t>(std::isnan(done.figure) ? 9e9 : done.figure)
        << '\n';
  }
  out << result.best_place;
  return out.str();
}

const auto factory = [](const Configuration& configuration) { return Trial{configuration}; };

}  // namespace

TEST_CASE("random search measures each trial with the whole budget and takes the best", "[metric]") {
  const auto found = search(x_and_n, Goal::minimize, factory, {.trials = 30, .budget = 4});
  REQUIRE(found.trials.size() == 30);
  double least = 1e9;
  for (Index k = 0; k < 30; ++k) {
    const SearchTrial& done = found.trials[static_cast<std::size_t>(k)];
    CHECK(done.trial == k);
    CHECK(done.budget == 4);
    CHECK(done.configuration == x_and_n.draw(1, k));
    if (done.configuration["n"] <= 1) {
      CHECK(std::isnan(done.figure));
    } else {
      CHECK(done.figure == std::abs(done.configuration["x"]) + 0.25);
      least = std::min(least, done.figure);
    }
  }
  CHECK(found.best().figure == least);

  const auto most = search(x_and_n, Goal::maximize, factory, {.trials = 30, .budget = 4});
  for (const SearchTrial& done : most.trials) CHECK(!(done.figure > most.best().figure));
}

TEST_CASE("successive halving gives the best third three times the budget, rung by rung, from their state", "[metric]") {
  std::atomic<int> advances = 0;
  const auto counted = [&](const Configuration& configuration) { return Trial{configuration, &advances}; };
  const auto found = search(x_and_n, Goal::minimize, counted, {.trials = 27, .budget = 20, .first_budget = 1, .eta = 3});
  // Rungs of budget 1, 3, 9 and 20 with 27, 9, 3 and 1 trials.
  REQUIRE(found.trials.size() == 27 + 9 + 3 + 1);
  CHECK(advances == 27 + 9 + 3 + 1);
  const auto rung = [&](std::size_t first, std::size_t count, int budget) {
    std::vector<Index> trials;
    for (std::size_t k = first; k < first + count; ++k) {
      CHECK(found.trials[k].budget == budget);
      trials.push_back(found.trials[k].trial);
    }
    CHECK(std::is_sorted(trials.begin(), trials.end()));
    return trials;
  };
  (void)rung(0, 27, 1);
  const std::vector<Index> nine = rung(27, 9, 3), three = rung(36, 3, 9), one = rung(39, 1, 20);
  // The nine are those of least |x| among the sound ones.
  std::vector<std::pair<double, Index>> sound;
  for (Index k = 0; k < 27; ++k) {
    if (x_and_n.draw(1, k)["n"] > 1) sound.emplace_back(std::abs(x_and_n.draw(1, k)["x"]), k);
  }
  std::sort(sound.begin(), sound.end());
  std::vector<Index> expected;
  for (std::size_t k = 0; k < 9; ++k) expected.push_back(sound[k].second);
  std::sort(expected.begin(), expected.end());
  CHECK(nine == expected);
  CHECK(one == std::vector<Index>{sound[0].second});
  CHECK(found.best().trial == sound[0].second);
  CHECK(found.best().budget == 20);
  CHECK(std::find(three.begin(), three.end(), one[0]) != three.end());
}

TEST_CASE("the best may be one that was stopped; of equal figures the first; diverged ones do not go on", "[metric]") {
  const auto worse_later = [](const Configuration&, int budget) { return 1.0 * budget; };
  const auto found = search(x_and_n, Goal::minimize, worse_later, {.trials = 4, .budget = 4, .first_budget = 2, .eta = 2});
  CHECK(found.trials.size() == 4 + 2);
  CHECK(found.best_place == 0);
  CHECK(found.trials[4].trial == 0);
  CHECK(found.trials[5].trial == 1);

  const auto one_is_sound = [](const Configuration& c, int) -> double {
    if (c["n"] != 3) throw DivergenceError("diverged");
    return std::numeric_limits<double>::infinity();
  };
  CHECK_THROWS_AS(search(x_and_n, Goal::maximize, one_is_sound, {.trials = 12, .budget = 4, .first_budget = 1}),
                  DivergenceError);
  const auto some = search(x_and_n, Goal::minimize, factory, {.trials = 8, .budget = 2, .first_budget = 1, .eta = 2});
  for (std::size_t k = 8; k < some.trials.size(); ++k) CHECK(!std::isnan(some.trials[k].figure));
}

TEST_CASE("the result and the file are the same for any number of threads", "[metric]") {
  const TempFile serial(""), parallel("");
  std::filesystem::remove(serial.path());
  SearchOptions options{.trials = 40, .budget = 9, .first_budget = 1, .seed = 5, .file = serial.path()};
  const std::string expected = bits_of(search(x_and_n, Goal::minimize, factory, options));
  const std::string text = text_of(serial.path());
  for (const int threads : {1, 2, 7}) {
    std::filesystem::remove(parallel.path());
    options.file = parallel.path();
    CHECK(bits_of(search(x_and_n, Goal::minimize, factory, options, Threads(threads))) == expected);
    CHECK(text_of(parallel.path()) == text);
  }
  CHECK(!std::filesystem::exists(serial.name() + ".tmp"));
}

TEST_CASE("an interrupted search goes on, and ends as one that was not, wherever it stopped", "[metric]") {
  SearchOptions options{.trials = 18, .budget = 9, .first_budget = 1};
  const std::string expected = bits_of(search(x_and_n, Goal::minimize, factory, options));
  for (int stop_after = 0; stop_after < 26; stop_after += 5) {
    const TempFile file("");
    std::filesystem::remove(file.path());
    options.file = file.path();
    std::atomic<int> measured = 0;
    options.after_trial = [&](const SearchTrial&) { ++measured; };
    const auto interrupted = [&](const Configuration& configuration) {
      struct Fragile : Trial {
        const std::atomic<int>* measured;
        int stop;
        double advance(int budget) {
          if (*measured >= stop) throw std::runtime_error("the power went");
          return Trial::advance(budget);
        }
      };
      return Fragile{{configuration}, &measured, stop_after};
    };
    CHECK_THROWS_AS(search(x_and_n, Goal::minimize, interrupted, options), std::runtime_error);
    CHECK(measured == stop_after);
    measured = 0;
    const auto resumed = search(x_and_n, Goal::minimize, factory, options);
    CHECK(bits_of(resumed) == expected);
    CHECK(measured == static_cast<int>(resumed.trials.size()) - stop_after);  // what was there is not measured again
    measured = 0;
    CHECK(bits_of(search(x_and_n, Goal::minimize, factory, options)) == expected);
    CHECK(measured == 0);
  }
}

TEST_CASE("a finished search can be asked for more trials", "[metric]") {
  const TempFile file("");
  std::filesystem::remove(file.path());
  SearchOptions options{.trials = 10, .budget = 1, .file = file.path()};
  (void)search(x_and_n, Goal::minimize, factory, options);
  options.trials = 15;
  int added = 0;
  options.after_trial = [&](const SearchTrial& done) {
    ++added;
    CHECK(done.trial >= 10);
  };
  const auto more = search(x_and_n, Goal::minimize, factory, options);
  CHECK(added == 5);
  CHECK(bits_of(more) == bits_of(search(x_and_n, Goal::minimize, factory, {.trials = 15, .budget = 1})));
  options.trials = 4;  // fewer: the others stay in the file
  (void)search(x_and_n, Goal::minimize, factory, options);
  CHECK(read_search_file(file.path(), {.space = to_string(x_and_n), .budgets = {1}}, x_and_n).size() == 15);
}

TEST_CASE("figures read back exactly, diverged ones too", "[metric]") {
  const TempFile file("");
  const SearchHead head{
      .space = to_string(x_and_n), .seed = 2, .goal = Goal::maximize, .budgets = {2, 6}, .about = "rows of 3 May"};
  std::vector<SearchTrial> trials;
  const std::vector<double> figures{0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, std::nan("")};
  for (std::size_t k = 0; k < figures.size(); ++k) {
    const auto trial = static_cast<Index>(k);
    trials.push_back(
        {.trial = trial, .budget = k % 2 == 0 ? 6 : 2, .configuration = x_and_n.draw(2, trial), .figure = figures[k]});
  }
  write_search_file(file.path(), head, trials);
  const auto back = read_search_file(file.path(), head, x_and_n);
  REQUIRE(back.size() == trials.size());
  for (const SearchTrial& done : back) {
    const SearchTrial& given = trials[static_cast<std::size_t>(done.trial)];
    CHECK(done.budget == given.budget);
    CHECK(done.configuration == given.configuration);
    if (std::isnan(given.figure)) {
      CHECK(std::isnan(done.figure));
    } else {
      CHECK(std::bit_cast<std::uint64_t>(done.figure) == std::bit_cast<std::uint64_t>(given.figure));
    }
  }
  CHECK(back[0].budget == 2);  // by budget, then by number
  CHECK(back[0].trial == 1);
}

TEST_CASE("a file of another search, or a line that is not right, is refused with its line", "[metric]") {
  const TempFile file("");
  std::filesystem::remove(file.path());
  const SearchOptions options{.trials = 3, .budget = 2, .file = file.path(), .about = "ratings"};
  (void)search(x_and_n, Goal::minimize, factory, options);
  const std::string good = text_of(file.path());

  const auto message = [&](const SearchSpace& with_space, Goal goal, SearchOptions with) {
    with.file = file.path();
    return message_of([&] { (void)search(with_space, goal, factory, with); });
  };
  auto changed = options;
  changed.seed = 2;
  CHECK(message(x_and_n, Goal::minimize, changed) == file.name() + ":4: expected 'seed 2' as this search has it, got 'seed 1'");
  changed = options;
  changed.budget = 3;
  CHECK(message(x_and_n, Goal::minimize, changed) ==
        file.name() + ":6: expected 'budgets 3' as this search has it, got 'budgets 2'");
  changed = options;
  changed.about = "clicks";
  CHECK(message(x_and_n, Goal::minimize, changed) ==
        file.name() + ":2: expected 'about clicks' as this search has it, got 'about ratings'");
  CHECK(message(x_and_n, Goal::maximize, options).starts_with(file.name() + ":5: expected 'goal maximize'"));
  CHECK(message({{"x", Uniform{-1, 2}}, {"n", Integer{0, 5}}}, Goal::minimize, options)
            .starts_with(file.name() + ":3: expected 'space"));
  CHECK(text_of(file.path()) == good);  // refused, and left alone

  const auto with_line = [&](const std::string& line) {
    std::ofstream(file.path(), std::ios::binary) << good << line << '\n';
    return message(x_and_n, Goal::minimize, options);
  };
  const std::string at = file.name() + ":10: ";
  CHECK(with_line("x\t2\t0.5\t").starts_with(at + "expected a whole number in the number of the trial, got 'x'"));
  CHECK(with_line("-1\t2\t0.5\t") == at + "expected a number of a trial from 0 to 4294967295, got -1");
  CHECK(with_line("4294967296\t2\t0.5\t") == at + "expected a number of a trial from 0 to 4294967295, got 4294967296");
  CHECK(with_line("3\t7\t0.5\t") == at + "expected one of the budgets of the search, got 7");
  CHECK(with_line("3\t2\tnan\t").starts_with(at + "expected a finite number in the figure, got 'nan'"));
  CHECK(with_line("3\t2\t0.5\tx=0").starts_with(at + "expected 'x="));
  CHECK(with_line("3\t2").starts_with(at + "expected a finite number in the figure"));
  const auto last = good.rfind('\n', good.size() - 2) + 1;
  CHECK(with_line(good.substr(last, good.size() - last - 1)) ==
        at + "expected each trial once with a budget, got trial 2 twice with 2");
  std::ofstream(file.path(), std::ios::binary) << good.substr(0, good.size() - 3);  // torn
  CHECK(message(x_and_n, Goal::minimize, options).starts_with(file.name() + ":9: expected 'x="));
  std::ofstream(file.path(), std::ios::binary) << "";
  CHECK(message(x_and_n, Goal::minimize, options).starts_with(file.name() + ":1: expected 'kindred-search 1', got the end"));
  CHECK_THROWS_AS(read_search_file(file.path(), {}, x_and_n), ParseError);

  changed = options;
  changed.file = file.path() / "no" / "folder";
  int calls = 0;
  CHECK_THROWS_AS(
      search(x_and_n, Goal::minimize, [&](const Configuration&, int) { return 1.0 * ++calls; }, changed), std::runtime_error);
  CHECK(calls == 0);  // before any training
}

TEST_CASE("search refuses options out of range", "[metric]") {
  const auto message = [](const SearchOptions& options) {
    return message_of([&] { (void)search(x_and_n, Goal::minimize, factory, options); });
  };
  CHECK(message({.trials = 0}) == "search: trials must be from 1 to 2^32, got 0");
  CHECK(message({.budget = 0}) == "search: budget must be at least 1, got 0");
  CHECK(message({.budget = 3, .first_budget = 4}) == "search: first_budget must be from 0 to the budget, 3, got 4");
  CHECK(message({.eta = 1}) == "search: eta must be at least 2, got 1");
  CHECK(message({.about = "two\nlines"}) == "search: about must be one line, got more");
}

TEST_CASE("a training trial that goes on is the one that was not stopped, and halving finds what random search finds",
          "[metric]") {
  Interactions::Columns columns;
  Random random(3);
  for (std::uint32_t u = 0; u < 40; ++u) {
    for (std::uint32_t i = 0; i < 30; ++i) {
      if (random.uniform() > 0.5) continue;
      columns.users.push_back(u), columns.items.push_back(i);
      columns.values.push_back(static_cast<float>(3 + ((u + i) % 2 == 0 ? 1 : -1) + 0.3 * random.normal()));
    }
  }
  std::vector<Index> train_rows, test_rows;
  const Interactions all(columns);
  for (Index k = 0; k < all.size(); ++k) (k % 5 == 0 ? test_rows : train_rows).push_back(k);
  const Interactions train = all.select(train_rows), validation = all.select(test_rows);
  const auto trial = [&](const Configuration& c) {
    using Model = CollaborativeModel<float, 4>;
    return TrainingTrial(Model(40, 30), PerExampleTrainer(SquaredError{}, Adagrad{.learning_rate = c["learning_rate"]}), train,
                         [&validation](const Model& model) { return rmse(model, validation); });
  };
  const SearchSpace rates{{"learning_rate", LogUniform{1e-4, 0.3}}};
  auto once = trial(rates.draw(1, 0)), twice = trial(rates.draw(1, 0));
  (void)twice.advance(3);
  CHECK(once.advance(8) == twice.advance(8));
  CHECK(message_of([&] { (void)once.advance(8); }) == "TrainingTrial: epochs must be more than the 8 done, got 8");

  const auto whole = search(rates, Goal::minimize, trial, {.trials = 9, .budget = 9}, Threads(2));
  const auto halved = search(rates, Goal::minimize, trial, {.trials = 9, .budget = 9, .first_budget = 3}, Threads(2));
  CHECK(halved.trials.size() == 9 + 3);
  CHECK(halved.best().figure <= 1.05 * whole.best().figure);
  CHECK(whole.best().figure < 0.8);  // 1.04 is the deviation of the ratings
}
