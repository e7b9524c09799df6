// SPDX-License-Identifier: MIT
/// @file
/// Whole epochs of training, Dim 64, on generated ratings of the size of MovieLens 100K and 1M: per-example SGD and minibatch Adam,
/// explicit and with sampled negatives, on one thread and on two, beside plain loops for the same on one thread.
///
/// Counters: rate = ratings a second (negatives are not counted), by processor time for one thread and by wall time for two; naive =
/// how many times faster than the plain loop; of_fma = share of one thread's multiply-adds. With other programs on the machine wall
/// times say little: compare the CPU column, which is that of all threads together. Names that contain 20m run only if the filter
/// has that text: 20 million ratings take a minute to generate.

#include "support/machine.hpp"
#include "support/synthetic.hpp"

#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace {

using kindred::Index;

constexpr int dim = 64;
constexpr float l2 = 0.02F;
constexpr kindred::Sgd sgd{.learning_rate = 0.01};
constexpr kindred::Adam adam{.learning_rate = 1e-3};

const kindred::Interactions& ratings(const std::string& size) {
  static std::map<std::string, kindred::Interactions> made;
  const auto found = made.find(size);
  if (found != made.end()) return found->second;
  const benchmarks::Shape shape = size == "100k" ? benchmarks::movielens_100k
                                  : size == "1m" ? benchmarks::movielens_1m
                                                 : benchmarks::movielens_20m;
  return made.emplace(size, benchmarks::synthetic_ratings(shape)).first->second;
}

/// Biased matrix factorisation in plain loops, as one would write it for one program.
class Naive {
 public:
  explicit Naive(const kindred::Interactions& data)
      : p_(start(data.users())), q_(start(data.items())), bias_p_(rows(data.users())), bias_q_(rows(data.items())) {
    for (Index k = 0; k < data.size(); ++k) {
      rows_.push_back({data.user(k).value(), data.item(k).value(), data.value(k)});
      mean_ += data.value(k) / static_cast<float>(data.size());
    }
    for (Index k = 0; k < data.size(); ++k) order_.push_back(static_cast<std::uint32_t>(k));
  }

  [[gnu::noinline]] void sgd_epoch() {
    std::shuffle(order_.begin(), order_.end(), random_);
    const auto rate = static_cast<float>(sgd.learning_rate);
    for (const std::uint32_t k : order_) {
      const Row& row = rows_[k];
      float* p = &p_[std::size_t{row.user} * dim];
      float* q = &q_[std::size_t{row.item} * dim];
      const float slope = 2 * error(row);
      for (int d = 0; d < dim; ++d) {
        const float before = p[d];
        p[d] -= rate * (slope * q[d] + 2 * l2 * before);
        q[d] -= rate * (slope * before + 2 * l2 * q[d]);
      }
      bias_p_[row.user] -= rate * slope;
      bias_q_[row.item] -= rate * slope;
    }
  }

  [[gnu::noinline]] void adam_epoch(std::size_t batch) {
    if (m_.size() == 0) {
      for (const auto* weights : {&p_, &q_, &bias_p_, &bias_q_}) {
        m_.emplace_back(weights->size());
        v_.emplace_back(weights->size());
        gradient_.emplace_back(weights->size());
      }
      seen_users_.resize(bias_p_.size());
      seen_items_.resize(bias_q_.size());
    }
    std::shuffle(order_.begin(), order_.end(), random_);
    for (std::size_t first = 0; first < order_.size(); first += batch) adam_step(first, std::min(order_.size(), first + batch));
  }

 private:
  struct Row {
    std::uint32_t user, item;
    float value;
  };

  static std::vector<float> rows(Index count) { return std::vector<float>(static_cast<std::size_t>(count)); }
  static std::vector<float> start(Index count) {
    return benchmarks::detail::normals(count * dim, 0.0125, kindred::Random(static_cast<std::uint64_t>(count)));
  }

  float error(const Row& row) const {
    const float* p = &p_[std::size_t{row.user} * dim];
    const float* q = &q_[std::size_t{row.item} * dim];
    float sum = mean_ + bias_p_[row.user] + bias_q_[row.item] - row.value;
    for (int d = 0; d < dim; ++d) sum += p[d] * q[d];
    return sum;
  }

  void adam_step(std::size_t first, std::size_t last) {
    const float scale = 1 / static_cast<float>(last - first);
    std::vector<std::uint32_t> users, items;
    for (std::size_t k = first; k < last; ++k) {
      const Row& row = rows_[order_[k]];
      const float slope = 2 * scale * error(row);
      float* gp = &gradient_[0][std::size_t{row.user} * dim];
      float* gq = &gradient_[1][std::size_t{row.item} * dim];
      const float* p = &p_[std::size_t{row.user} * dim];
      const float* q = &q_[std::size_t{row.item} * dim];
      for (int d = 0; d < dim; ++d) {
        gp[d] += slope * q[d] + 2 * l2 * scale * p[d];
        gq[d] += slope * p[d] + 2 * l2 * scale * q[d];
      }
      gradient_[2][row.user] += slope;
      gradient_[3][row.item] += slope;
      if (!seen_users_[row.user]) users.push_back(row.user);
      if (!seen_items_[row.item]) items.push_back(row.item);
      seen_users_[row.user] = seen_items_[row.item] = 1;
    }
    ++step_;
    move(p_, 0, users, dim);
    move(q_, 1, items, dim);
    move(bias_p_, 2, users, 1);
    move(bias_q_, 3, items, 1);
    for (const auto u : users) seen_users_[u] = 0;
    for (const auto i : items) seen_items_[i] = 0;
  }

  void move(std::vector<float>& weights, std::size_t table, const std::vector<std::uint32_t>& touched, std::size_t width) {
    const auto b1 = static_cast<float>(adam.beta1), b2 = static_cast<float>(adam.beta2);
    const auto epsilon = static_cast<float>(adam.epsilon);
    const auto rate = static_cast<float>(adam.learning_rate / (1 - std::pow(adam.beta1, step_)));
    const auto root = static_cast<float>(1 / std::sqrt(1 - std::pow(adam.beta2, step_)));
    for (const std::size_t row : touched) {
      for (std::size_t d = row * width; d < (row + 1) * width; ++d) {
        const float g = gradient_[table][d];
        gradient_[table][d] = 0;
        m_[table][d] = b1 * m_[table][d] + (1 - b1) * g;
        v_[table][d] = b2 * v_[table][d] + (1 - b2) * g * g;
        weights[d] -= rate * m_[table][d] / (root * std::sqrt(v_[table][d]) + epsilon);
      }
    }
  }

  std::vector<Row> rows_;
  std::vector<std::uint32_t> order_;
  std::vector<float> p_, q_, bias_p_, bias_q_;
  std::vector<std::vector<float>> m_, v_, gradient_;
  std::vector<char> seen_users_, seen_items_;
  std::mt19937 random_{1};
  float mean_ = 0;
  double step_ = 0;
};

struct Case {
  std::string size;
  int batch, negatives, threads;
};

template <class Trainer>
void epoch(benchmark::State& state, const Case& about, Trainer trainer) {
  const kindred::Interactions& data = ratings(about.size);
  kindred::CollaborativeModel<float, dim> model(data.users(), data.items());
  const kindred::Threads threads(about.threads);
  const auto rows = static_cast<double>(data.size());
  const auto kernel = [&] { benchmark::DoNotOptimize(trainer.epoch(model, data, threads).loss); };
  if (about.threads > 1 || about.negatives > 0) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t processor_start = std::clock();
    for (auto _ : state) kernel();
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    const double processor = static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC;
    state.counters["rate"] = rows * static_cast<double>(state.iterations()) / (about.threads > 1 ? wall.count() : processor);
  } else {
    Naive naive(data);
    benchmarks::compare<float>(state, benchmarks::Work{.items = rows, .flops = 10.0 * dim * rows}, kernel, [&] {
      about.batch == 1 ? naive.sgd_epoch() : naive.adam_epoch(static_cast<std::size_t>(about.batch));
    });
  }
}

void add(const Case& about) {
  const std::string name = (about.batch == 1 ? "per_example_sgd" : "minibatch_adam_" + std::to_string(about.batch)) + "/" +
                           about.size + (about.negatives > 0 ? "/negatives_" + std::to_string(about.negatives) : "") +
                           "/threads_" + std::to_string(about.threads);
  benchmark::RegisterBenchmark(
      name.c_str(),
      [about](benchmark::State& state) {
        const kindred::NegativeSampling negatives{.per_positive = about.negatives};
        const kindred::L2 penalty{.embeddings = l2};
        if (about.batch == 1) {
          epoch(state, about,
                kindred::PerExampleTrainer(kindred::SquaredError{}, sgd, {.negatives = negatives, .l2 = penalty}));
        } else {
          epoch(state, about,
                kindred::GradientTrainer(kindred::SquaredError{}, adam,
                                         {.batch = about.batch, .negatives = negatives, .l2 = penalty}));
        }
      })
      ->Unit(benchmark::kMillisecond)
      ->MeasureProcessCPUTime()
      ->UseRealTime();
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> sizes{"100k", "1m"};
  for (int k = 1; k < argc; ++k) {
    if (std::string(argv[k]).find("20m") != std::string::npos) sizes.emplace_back("20m");
  }
  for (const std::string& size : sizes) {
    for (const int batch : {1, 128, 1024, 8192}) {
      for (const int threads : {1, 2}) add({size, batch, 0, threads});
    }
    for (const int batch : {1, 1024}) {
      for (const int threads : {1, 2}) add({size, batch, 4, threads});
    }
  }
  return benchmarks::run(argc, argv);
}
