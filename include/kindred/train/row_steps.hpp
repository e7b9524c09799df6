// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Per-example steps of tables by the rule on gradients: any scorer, any rule, any storage. What `PairSteps` does faster where it can.

#include <kindred/kernel/tile.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/train/l2.hpp>
#include <kindred/train/table_model.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>

namespace kindred::detail {

/// The steps of examples, one after the other, on a model of a table for users, one for items, and their biases. Both rows are read before either
/// is moved. The gradient of weight * loss + L2 is the scorer's backward pass of the slope and twice the lambda times the row.
/// Memory: two rows.
template <class M, class Rep, class Loss, class Rule>
class RowSteps {
 public:
  using Scalar = typename M::Scalar;

  /// @param steps  how many the optimizer has taken before the first of these
  RowSteps(M& model, const Loss& loss, const L2Rows<M>& l2, Optimizer<Rule>& optimizer, double rate, std::int64_t steps)
      : model_(model), loss_(loss), l2_(l2), optimizer_(optimizer), rate_(rate), steps_(steps) {}

  /// The sum of weight * loss over the examples of all parts, each before its own step.
  double run(std::initializer_list<std::span<const Example<Rep>>> parts) {
    auto& users = model_.user_encoder();
    auto& items = model_.item_encoder();
    Row user_gradient(1, users.stride()), item_gradient(1, items.stride());  // no members: their own registers
    double sum = 0;
    for (const auto& examples : parts) {
      for (std::size_t k = 0; k < examples.size(); ++k) {
        if (k + ahead < examples.size()) {
          prefetch(users.stored_row(static_cast<Index>(examples[k + ahead].user)).data(), users.stride());
          prefetch(items.stored_row(static_cast<Index>(examples[k + ahead].item)).data(), items.stride());
        }
        sum += step(examples[k], user_gradient, item_gradient);
      }
    }
    return sum;
  }

 private:
  using Users = std::remove_cvref_t<decltype(std::declval<M&>().user_encoder())>;
  using Row = Eigen::Array<Scalar, 1, padded_cols<Scalar, M::fixed_dim>, Eigen::RowMajor>;
  using BiasRow = Eigen::Array<Scalar, 1, 1>;

  static constexpr std::size_t ahead = 4;                                                       // examples
  static constexpr std::size_t user_rows = 0, item_rows = 1, user_biases = 2, item_biases = 3;  // places among the parameters

  EIGEN_ALWAYS_INLINE double step(const Example<Rep>& example, Row& user_gradient, Row& item_gradient) {
    auto& users = model_.user_encoder();
    auto& items = model_.item_encoder();
    const bool biases = model_.has_biases();
    const Scalar scale = model_.scale();
    const std::int64_t t = ++steps_;
    const auto u = static_cast<Index>(example.user), i = static_cast<Index>(example.item);
    const auto weight = static_cast<Scalar>(example.weight), label = static_cast<Scalar>(example.label);
    const auto user = std::as_const(users).padded_row(u), item = std::as_const(items).padded_row(i);
    const Scalar user_bias = biases ? model_.user_biases().data()[u] : Scalar{0};
    const Scalar item_bias = biases ? model_.item_biases().data()[i] : Scalar{0};

    const Scalar score = model_.scorer().score(user, item);
    const Scalar prediction = biases ? model_.global_mean() + scale * (user_bias + item_bias + score) : scale * score;
    const Scalar slope = scale * weight * loss_.slope(prediction, label);
    model_.scorer().backward(user, item, slope, user_gradient, item_gradient);
    const Scalar asks = l2_.asks(example) ? Scalar{2} : Scalar{0};
    if (asks != 0) {
      user_gradient += asks * l2_.of(user_rows)[u] * user;
      item_gradient += asks * l2_.of(item_rows)[i] * item;
    }
    const auto of_rows = optimizer_.template constants<Users>(t, users.cols(), rate_);
    optimizer_.updater(users, user_rows, t, of_rows)(u, user_gradient);
    optimizer_.updater(items, item_rows, t, of_rows)(i, item_gradient);
    if (biases) {
      const BiasRow user_slope(slope + asks * l2_.of(user_biases)[u] * user_bias),
          item_slope(slope + asks * l2_.of(item_biases)[i] * item_bias);
      const auto of_biases = optimizer_.template constants<BiasesOf<M>>(t, 1, rate_);
      optimizer_.updater(model_.user_biases(), user_biases, t, of_biases)(u, user_slope);
      optimizer_.updater(model_.item_biases(), item_biases, t, of_biases)(i, item_slope);
    }
    return static_cast<double>(weight * loss_.value(prediction, label));
  }

  M& model_;
  const Loss& loss_;
  const L2Rows<M>& l2_;
  Optimizer<Rule>& optimizer_;
  double rate_;
  std::int64_t steps_;
};

}  // namespace kindred::detail
