// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// For tests of training: made-up ratings, the bits of a model as one number, and matrix factorisation once more, in plain loops.

#include "support/statistics.hpp"

#include <kindred/core/random.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/parameter/parameterized.hpp>
#include <kindred/train/example.hpp>
#include <kindred/train/l2.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

struct MadeUp {
  kindred::Index users = 0, items = 0, rows = 0;
  bool weights = false;  ///< 0.5, 1, 2 and, now and then, 0
  std::uint64_t seed = 7;
};

/// Rows of different (user, item) pairs in a random order; values 0.5, 1, ..., 5, half of their spread from the user and the item.
template <class Rep = std::uint32_t>
kindred::BasicInteractions<Rep> made_up_ratings(const MadeUp& want) {
  kindred::Random random(want.seed);
  std::vector<kindred::Index> pairs(static_cast<std::size_t>(want.users * want.items));
  for (std::size_t k = 0; k < pairs.size(); ++k) pairs[k] = static_cast<kindred::Index>(k);
  random.shuffle(std::span<kindred::Index>(pairs));
  kindred::BasicInteractionColumns<Rep> columns;
  for (kindred::Index k = 0; k < want.rows; ++k) {
    const kindred::Index user = pairs[static_cast<std::size_t>(k)] / want.items,
                         item = pairs[static_cast<std::size_t>(k)] % want.items;
    columns.users.push_back(static_cast<Rep>(user));
    columns.items.push_back(static_cast<Rep>(item));
    columns.values.push_back(0.5F + 0.5F * static_cast<float>((user * 5 % 3) + (item * 7 % 4) + random.below(5)));
    if (want.weights)
      columns.weights.push_back(random.below(8) == 0 ? 0.0F : std::ldexp(1.0F, static_cast<int>(random.below(3)) - 1));
  }
  return kindred::BasicInteractions<Rep>(std::move(columns), {.users = want.users, .items = want.items});
}

/// All bits of all parameters, padding included.
template <class Model>
std::uint64_t bits_of(Model model) {
  Hash hash;
  kindred::detail::for_each_parameter(model, [&](auto& parameter, auto) {
    using Stored = typename std::remove_cvref_t<decltype(parameter)>::Stored;
    using Bits = std::conditional_t<sizeof(Stored) == 2, std::uint16_t,
                                    std::conditional_t<sizeof(Stored) == 4, std::uint32_t, std::uint64_t>>;
    for (kindred::Index k = 0; k < parameter.rows() * parameter.stride(); ++k)
      hash.add(std::bit_cast<Bits>(parameter.data()[k]));
  });
  return hash.value();
}

template <class Data>
std::vector<kindred::Example<typename Data::rep_type>> examples_of(const Data& data, const kindred::NegativeSampling& negatives,
                                                                   std::uint64_t seed, std::uint32_t epoch) {
  std::vector<kindred::Example<typename Data::rep_type>> examples;
  kindred::ExampleSource<Data>(data, negatives, seed, epoch).fill(0, data.size(), kindred::Serial{}, examples);
  return examples;
}

namespace detail_of_order {

/// A loss of 0 that writes down which labels it is asked about.
struct LabelLog {
  std::vector<float>* labels;
  template <class Scalar>
  Scalar value(Scalar, Scalar label) const {
    labels->push_back(static_cast<float>(label));
    return 0;
  }
  template <class Scalar>
  Scalar slope(Scalar, Scalar) const {
    return 0;
  }
};

}  // namespace detail_of_order

/// The rows of nonzero weight in the order in which training per example, without negatives, takes them in epoch number `epoch`.
template <class Data>
std::vector<kindred::Example<typename Data::rep_type>> rows_taken(const Data& data, std::uint64_t seed, std::uint32_t epoch) {
  kindred::BasicInteractionColumns<typename Data::rep_type> columns;
  for (kindred::Index k = 0; k < data.size(); ++k) {
    columns.users.push_back(data.user(k).value());
    columns.items.push_back(data.item(k).value());
    columns.values.push_back(static_cast<float>(k));
    columns.weights.push_back(data.weight(k));
  }
  const kindred::BasicInteractions<typename Data::rep_type> numbered(std::move(columns),
                                                                     {.users = data.users(), .items = data.items()});
  std::vector<float> labels;
  kindred::CollaborativeModel<double, 1> model(data.users(), data.items());
  kindred::PerExampleTrainer trainer(detail_of_order::LabelLog{&labels}, kindred::Sgd{}, {.seed = seed});
  for (std::uint32_t k = 0; k <= epoch; ++k) {
    labels.clear();
    trainer.epoch(model, numbered, kindred::Serial{});
  }
  std::vector<kindred::Example<typename Data::rep_type>> taken;
  for (const float label : labels) {
    const auto k = static_cast<kindred::Index>(label);
    taken.push_back({data.user(k).value(), data.item(k).value(), data.value(k), data.weight(k)});
  }
  return taken;
}

/// What `L2` asks of an example: lambda_r |r|^2 for its rows r, in plain words.
struct PlainPenalty {
  kindred::L2 l2 = {};
  bool implicit = false;                               ///< negatives are sampled: they have label 0
  std::vector<double> user_rows = {}, item_rows = {};  ///< how many rows of the data each has; not needed for frequency_power 0

  double of(double weight, const std::vector<double>& rows, std::size_t id) const {
    return l2.frequency_power == 0 ? weight : weight / std::pow(std::max(1.0, rows[id]), l2.frequency_power);
  }
  bool asks(float label) const { return !implicit || l2.negatives || label != 0; }
};

template <class Data>
PlainPenalty penalty_of(const Data& data, const kindred::L2& l2, const kindred::NegativeSampling& negatives) {
  PlainPenalty penalty{l2, negatives.per_positive > 0, std::vector<double>(static_cast<std::size_t>(data.users())),
                       std::vector<double>(static_cast<std::size_t>(data.items()))};
  for (kindred::Index k = 0; k < data.size(); ++k) {
    ++penalty.user_rows[static_cast<std::size_t>(data.user(k).index())];
    ++penalty.item_rows[static_cast<std::size_t>(data.item(k).index())];
  }
  return penalty;
}

/// pred(u, i) = mean + scale (b_u + b_i + p_u . q_i), all in double, one number at a time: what training is checked against.
///
/// All parameters are one vector: p, then q, then the user biases, then the item biases.
class PlainFactors {
 public:
  template <class Model>
  explicit PlainFactors(const Model& model)
      : users_(at(model.users())),
        items_(at(model.items())),
        dim_(at(model.dim())),
        biases_(model.has_biases()),
        mean_(static_cast<double>(model.global_mean())),
        scale_(static_cast<double>(model.scale())),
        all(values_of(model)) {}

  /// The model's parameters in the same order.
  template <class Model>
  static std::vector<double> values_of(Model model) {
    std::vector<double> values;
    kindred::detail::for_each_parameter(model, [&](auto& parameter, auto) {
      for (kindred::Index r = 0; r < parameter.rows(); ++r) {
        for (kindred::Index c = 0; c < parameter.cols(); ++c) values.push_back(static_cast<double>(parameter.row(r)(c)));
      }
    });
    return values;
  }

  double predict(std::size_t user, std::size_t item) const {
    double sum = biases_ ? all[user_bias(user)] + all[item_bias(item)] : 0;
    for (std::size_t d = 0; d < dim_; ++d) sum += all[p(user, d)] * all[q(item, d)];
    return (biases_ ? mean_ : 0) + scale_ * sum;
  }

  struct Slope {
    std::vector<double> of;
    std::vector<bool> touched;
    double loss = 0;  ///< sum of weight * error^2
  };

  /// The gradient of  (1/B) sum [weight (pred - label)^2 + the penalty of p_u, q_i, b_u and b_i]  over the B examples of nonzero weight.
  template <class Rep>
  Slope slope(std::span<const kindred::Example<Rep>> examples, const PlainPenalty& penalty) const {
    Slope slope{.of = std::vector<double>(all.size()), .touched = std::vector<bool>(all.size())};
    double count = 0;
    for (const auto& example : examples) count += example.weight != 0 ? 1 : 0;
    const auto add = [&](std::size_t place, double amount, double decay) {
      slope.of[place] += (amount + 2 * decay * all[place]) / count;
      slope.touched[place] = true;
    };
    for (const auto& example : examples) {
      if (example.weight == 0) continue;
      const auto u = static_cast<std::size_t>(example.user), i = static_cast<std::size_t>(example.item);
      const double weight = static_cast<double>(example.weight), error = predict(u, i) - static_cast<double>(example.label);
      const double asks = penalty.asks(example.label) ? 1 : 0, by_score = 2 * weight * error * scale_;
      const auto of_user = [&](double lambda) { return asks * penalty.of(lambda, penalty.user_rows, u); };
      const auto of_item = [&](double lambda) { return asks * penalty.of(lambda, penalty.item_rows, i); };
      slope.loss += weight * error * error;
      for (std::size_t d = 0; d < dim_; ++d) {
        add(p(u, d), by_score * all[q(i, d)], of_user(penalty.l2.embeddings));
        add(q(i, d), by_score * all[p(u, d)], of_item(penalty.l2.embeddings));
      }
      if (!biases_) continue;
      add(user_bias(u), by_score, of_user(penalty.l2.biases));
      add(item_bias(i), by_score, of_item(penalty.l2.biases));
    }
    return slope;
  }

  /// Passes over the examples in their order, `batch` of them a step; `rule` moves one weight by its gradient in step t, with two numbers
  /// of memory, 0 at first. Returns the mean of weight * error^2, each before the step that used it.
  template <class Rep, class Rule>
  double train(const std::vector<kindred::Example<Rep>>& examples, std::size_t batch, const PlainPenalty& penalty,
               Rule&& rule) {
    if (memory_.empty()) memory_.resize(all.size());
    double loss = 0, count = 0;
    for (std::size_t first = 0; first < examples.size(); first += batch) {
      const auto part =
          std::span<const kindred::Example<Rep>>(examples).subspan(first, std::min(batch, examples.size() - first));
      double used = 0;
      for (const auto& example : part) used += example.weight != 0 ? 1 : 0;
      if (used == 0) continue;
      const Slope slope = this->slope(part, penalty);
      ++steps_;
      for (std::size_t k = 0; k < all.size(); ++k) {
        if (slope.touched[k]) rule(all[k], slope.of[k], memory_[k], static_cast<double>(steps_));
      }
      loss += slope.loss;
      count += used;
    }
    return loss / count;
  }

  /// The largest distance of a parameter of the model from the one here.
  template <class Model>
  double distance(const Model& model) const {
    const auto values = values_of(model);
    double worst = values.size() == all.size() ? 0 : INFINITY;
    for (std::size_t k = 0; k < std::min(values.size(), all.size()); ++k) {
      const double distance = std::abs(values[k] - all[k]);
      worst = distance <= worst ? worst : (distance > worst ? distance : INFINITY);  // NaN counts as far
    }
    return worst;
  }

 private:
  static std::size_t at(kindred::Index k) { return static_cast<std::size_t>(k); }
  std::size_t p(std::size_t user, std::size_t d) const { return user * dim_ + d; }
  std::size_t q(std::size_t item, std::size_t d) const { return (users_ + item) * dim_ + d; }
  std::size_t user_bias(std::size_t user) const { return (users_ + items_) * dim_ + user; }
  std::size_t item_bias(std::size_t item) const { return (users_ + items_) * dim_ + users_ + item; }

  std::size_t users_, items_, dim_;
  bool biases_;
  double mean_, scale_;
  std::vector<std::pair<double, double>> memory_;
  std::int64_t steps_ = 0;

 public:
  std::vector<double> all;
};

/// The update rules of `PlainFactors::train`, from their papers.
namespace plain {

inline auto sgd(double rate) {
  return [=](double& w, double g, std::pair<double, double>&, double) { w -= rate * g; };
}
inline auto adagrad(double rate) {
  return [=](double& w, double g, std::pair<double, double>& memory, double) {
    memory.first += g * g;
    w -= rate * g / (std::sqrt(memory.first) + 1e-10);
  };
}
inline auto adam(double rate) {
  return [=](double& w, double g, std::pair<double, double>& memory, double t) {
    auto& [m, v] = memory;
    m = 0.9 * m + (1 - 0.9) * g;
    v = 0.999 * v + (1 - 0.999) * g * g;
    w -= rate * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-7);
  };
}

}  // namespace plain
