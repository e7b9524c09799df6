// SPDX-License-Identifier: MIT
/// @file
/// kindred's side of the comparisons with its peers: reads the files that they read, does what they do through the public headers, and
/// prints a line of JSON. The scripts beside this file run it:
///
///     benchmark-peers-kindred TASK NAME=VALUE...
///
/// `als` rows=FILE, `ranking` rows=FILE loss=warp|bpr, `sgd` rows=FILE test=FILE, `keras` rows=FILE, `topk` users=FILE items=FILE seen=FILE,
/// with one=N for N users one after another.
/// FILE of rows: a header line, then user, item and value, tab-separated, ids from 0. FILE of factors: float32, row after row.

#include <kindred/kernel/top_k.hpp>
#include <kindred/loss/bpr.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/loss/warp.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/serve/item_index.hpp>
#include <kindred/serve/recommend_all.hpp>
#include <kindred/train/alternating_least_squares.hpp>
#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/ranking_recipe.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace kd = kindred;
using kd::Index;

class Arguments {
 public:
  Arguments(int argc, char** argv) {
    for (int k = 2; k < argc; ++k) {
      const std::string text = argv[k];
      const auto equals = text.find('=');
      values_[text.substr(0, equals)] = equals == std::string::npos ? "" : text.substr(equals + 1);
    }
  }
  std::string text(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) throw std::invalid_argument(name + "= is missing");
    return found->second;
  }
  double number(const std::string& name, double otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : std::stod(found->second);
  }
  int whole(const std::string& name, int otherwise) const { return static_cast<int>(number(name, otherwise)); }

 private:
  std::map<std::string, std::string> values_;
};

/// Seconds: of one thread by the processor's clock, so that other programs count little; of more threads by the wall's.
class Clock {
 public:
  explicit Clock(const Arguments& about) : processor_(about.whole("threads", 1) == 1) {}
  double now() const {
    return processor_ ? static_cast<double>(std::clock()) / CLOCKS_PER_SEC
                      : std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }

 private:
  bool processor_;
};

kd::Interactions read_rows(const std::string& path, Index users = 0, Index items = 0) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": must be readable");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  kd::InteractionColumns columns;
  const char* at = std::find(text.data(), text.data() + text.size(), '\n');
  const char* const end = text.data() + text.size();
  const auto next = [&](auto& value) { at = std::from_chars(at + 1, end, value).ptr; };
  while (end - at > 1) {
    std::uint32_t user = 0, item = 0;
    float value = 0;
    next(user), next(item), next(value);
    columns.users.push_back(user);
    columns.items.push_back(item);
    columns.values.push_back(value);
  }
  return kd::Interactions(std::move(columns), {.users = users, .items = items});
}

void print(const std::vector<double>& seconds, const std::string& quality = "") {
  std::printf("{\"seconds\": [");
  for (std::size_t k = 0; k < seconds.size(); ++k) std::printf("%s%.6g", k > 0 ? ", " : "", seconds[k]);
  std::printf("], \"quality\": {%s}}\n", quality.c_str());
}

/// Trains. Returns each epoch's seconds after the first, in which memory is touched for the first time and the data is arranged.
template <class Model, class Trainer>
std::vector<double> later_epochs(Model& model, const kd::Interactions& rows, Trainer trainer, int epochs,
                                 const Arguments& about, const kd::Threads& threads) {
  const Clock clock(about);
  std::vector<double> seconds;
  double last = 0;
  const auto mark = [&](const kd::EpochReport& epoch) {
    if (epoch.epoch > 1) seconds.push_back(clock.now() - last);
    last = clock.now();
    return true;
  };
  kd::fit(model, rows, trainer, {.epochs = epochs, .after_epoch = mark}, threads);
  return seconds;
}

void als(const Arguments& about, const kd::Threads& threads) {
  const kd::Interactions rows = read_rows(about.text("rows"));
  kd::CollaborativeModel<float> model(rows.users(), rows.items(), {.dim = about.whole("dim", 64), .biases = false});
  kd::AlsOptions options;
  options.lambda = about.number("lambda", 0.003);
  options.unobserved = about.number("unobserved", 0.1);
  const auto train = [&](auto solver) {
    print(
        later_epochs(model, rows, kd::AlternatingLeastSquares(solver, options), 1 + about.whole("epochs", 3), about, threads));
  };
  const std::string solver = about.text("solver");
  if (solver == "cholesky") return train(kd::Cholesky{});
  if (solver == "cg") return train(kd::ConjugateGradient{});
  if (solver == "block") return train(kd::BlockCoordinate{});
  throw std::invalid_argument("solver must be cholesky, cg or block, got " + solver);
}

template <class Loss>
void ranking(const Loss& loss, const Arguments& about, const kd::Threads& threads) {
  const kd::Interactions rows = read_rows(about.text("rows"));
  kd::RankingRecipe recipe = kd::recipe_for(loss, rows, 64);
  recipe.trainer.batch = about.whole("batch", recipe.trainer.batch);
  recipe.trainer.negatives.per_positive = about.whole("negatives", recipe.trainer.negatives.per_positive);
  kd::CollaborativeModel<float, 64> model(rows.users(), rows.items(), recipe.model);
  const int epochs = 1 + about.whole("epochs", 3);
  print(later_epochs(model, rows, recipe.trainer_with(recipe.l2.front(), loss), epochs, about, threads));
}

/// Seconds from rows in memory to a trained model: what the peer's fit does.
void sgd(const Arguments& about, const kd::Threads& threads) {
  const kd::Interactions rows = read_rows(about.text("rows")), test = read_rows(about.text("test"), rows.users(), rows.items());
  const Clock clock(about);
  const double start = clock.now();
  kd::CollaborativeRecipe recipe = kd::collaborative_recipe(rows, kd::Feedback::explicit_ratings, 64);
  recipe.epochs = about.whole("epochs", recipe.epochs);
  recipe.rule.learning_rate = about.number("rate", recipe.rule.learning_rate);
  recipe.trainer.schedule = kd::linear_schedule(recipe.epochs);
  kd::CollaborativeModel<float, 64> model(rows.users(), rows.items(), recipe.model);
  std::vector<double> epochs =
      later_epochs(model, rows, recipe.trainer_with(about.number("l2", recipe.l2.front())), recipe.epochs, about, threads);
  const double total = clock.now() - start;
  std::sort(epochs.begin(), epochs.end());
  print({total}, kd::detail::concat("\"rmse\": ", kd::rmse(model, test),
                                    ", \"epoch\": ", epochs.empty() ? 0.0 : epochs[epochs.size() / 2]));
}

/// Ten epochs of Adam on the squared error, Dim 100, batches of 128.
void keras(const Arguments& about, const kd::Threads& threads) {
  const kd::Interactions rows = read_rows(about.text("rows"));
  kd::CollaborativeModel<float, 100> model(rows.users(), rows.items(), {.biases = false, .deviation = 0.5});
  const Clock clock(about);
  const double start = clock.now();
  const auto report =
      kd::fit(model, rows, kd::GradientTrainer(kd::SquaredError{}, kd::Adam{.learning_rate = 1e-3}, {.batch = 128}),
              {.epochs = 10}, threads);
  print({clock.now() - start}, kd::detail::concat("\"loss\": ", report.epochs.back().loss));
}

/// A model that is two tables of factors: top-k needs no more.
class Factors {
 public:
  using Scalar = float;
  Factors(const std::string& users, const std::string& items, Index dim)
      : dim_(dim), users_(read(users, dim)), items_(read(items, dim)) {}
  Index users() const { return users_.rows(); }
  Index items() const { return items_.rows(); }
  Index vector_dim() const { return dim_; }
  float score(kd::UserId user, kd::ItemId item) const { return users_.row(user.index()).dot(items_.row(item.index())); }
  void score_items(kd::UserId user, std::span<float> out) const {
    Eigen::Map<Eigen::VectorXf>(out.data(), items()).noalias() = items_ * users_.row(user.index()).transpose();
  }
  void user_vectors(std::span<const Index> ids, kd::RowMatrix<float>& out) const {
    out.resize(static_cast<Index>(ids.size()), users_.cols());
    for (std::size_t k = 0; k < ids.size(); ++k) out.row(static_cast<Index>(k)) = users_.row(ids[k]);
  }
  void item_vectors(kd::RowMatrix<float>& out) const { out = items_; }

 private:
  static kd::RowMatrix<float> read(const std::string& path, Index dim) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    if (bytes.empty()) throw std::runtime_error(path + ": must have factors");
    const Index rows = static_cast<Index>(bytes.size() / sizeof(float)) / dim;
    kd::RowMatrix<float> out = kd::RowMatrix<float>::Zero(rows, kd::padded<float>(dim));
    out.leftCols(dim) = Eigen::Map<const kd::RowMatrix<float>>(reinterpret_cast<const float*>(bytes.data()), rows, dim);
    return out;
  }
  Index dim_;
  kd::RowMatrix<float> users_, items_;
};
static_assert(kd::VectorModel<Factors>);

/// The time of each query, as whoever waits for it sees it.
void top_k_one_by_one(const Arguments& about, const Factors& model, const kd::Interactions& seen) {
  const kd::ItemIndex index(model);
  kd::ItemIndexWorkspace<> workspace;
  std::vector<double> seconds;
  double sum = 0;
  const Index users = about.whole("one", 0), k = about.whole("k", 10);
  for (Index user = 0; user < users; ++user) {
    const auto start = std::chrono::steady_clock::now();
    const auto list =
        kd::recommend_into(index, model, kd::UserId(user), {.count = k, .exclude = seen.items_of(kd::UserId(user))}, workspace);
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    for (const auto& entry : list) sum += double{entry.score};
  }
  std::sort(seconds.begin(), seconds.end());
  const double median = seconds[seconds.size() / 2], late = seconds[seconds.size() * 99 / 100];
  print({median},
        kd::detail::concat("\"p99 microseconds\": ", 1e6 * late, ", \"mean score\": ", sum / static_cast<double>(users * k)));
}

void top_k(const Arguments& about, const kd::Threads& threads) {
  const Factors model(about.text("users"), about.text("items"), about.whole("dim", 64));
  const kd::Interactions seen = read_rows(about.text("seen"), model.users(), model.items());
  const bool filter = about.whole("filter", 1) != 0;
  if (about.whole("one", 0) > 0) return top_k_one_by_one(about, model, seen);
  const Clock clock(about);
  std::vector<double> seconds;
  double sum = 0;
  for (int run = 0; run <= about.whole("runs", 3); ++run) {
    const double start = clock.now();
    const auto lists = kd::recommend_all(
        model, kd::RecommendAllOptions{.count = about.whole("k", 10), .exclude_seen = filter ? &seen : nullptr}, threads);
    if (run > 0) seconds.push_back(clock.now() - start);
    sum = 0;
    for (Index user = 0; user < lists.size(); ++user) {
      for (const auto& entry : lists[user]) sum += double{entry.score};
    }
    sum /= static_cast<double>(lists.size() * about.whole("k", 10));
  }
  print(seconds, kd::detail::concat("\"mean score\": ", sum));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string task = argc > 1 ? argv[1] : "";
    const Arguments about(argc, argv);
    const kd::Threads threads(about.whole("threads", 1));
    if (task == "als") return als(about, threads), 0;
    if (task == "ranking" && about.text("loss") == "warp") return ranking(kd::Warp{}, about, threads), 0;
    if (task == "ranking" && about.text("loss") == "bpr") return ranking(kd::Bpr{}, about, threads), 0;
    if (task == "sgd") return sgd(about, threads), 0;
    if (task == "keras") return keras(about, threads), 0;
    if (task == "topk") return top_k(about, threads), 0;
    std::cerr << "usage: benchmark-peers-kindred als|ranking|sgd|keras|topk NAME=VALUE...\n";
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
  }
  return 2;
}
