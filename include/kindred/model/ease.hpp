// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The linear autoencoder of items in closed form: strong, without training and with one number to choose, for catalogues of
/// some thousand items.

#include <kindred/core/executor.hpp>
#include <kindred/model/item_item.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

namespace kindred {

struct EaseOptions {
  double lambda = 300;       ///< L2 weight: 100 to 500 is best with one or two thousand users, more with more users
  Index max_items = 20'000;  ///< a larger catalogue is refused, for memory goes by its square
  HistoryOptions history{};  ///< of predictions; the weights are always learned of who has what
};

/// A full matrix B of how much having item j speaks for item i.
class DenseItemWeights {
 public:
  DenseItemWeights(RowMatrix<float> value, std::vector<bool> known) : value_(std::move(value)), known_(std::move(known)) {}

  Index items() const { return value_.rows(); }
  bool known(Index item) const { return known_[static_cast<std::size_t>(item)]; }
  float at(Index j, Index i) const { return value_(j, i); }
  void add_row(Index j, float weight, std::span<float> out) const {
    Eigen::Map<Eigen::RowVectorXf>(out.data(), items()) += weight * value_.row(j);
  }
  const RowMatrix<float>& value() const { return value_; }

  static std::string kind() { return "dense"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("value", self.value_);
    field("known", self.known_);
  }
  void loaded() const {
    detail::require(value_.rows() == value_.cols() && value_.rows() == static_cast<Index>(known_.size()),
                    "DenseItemWeights: the matrix must be square, got ", value_.rows(), " x ", value_.cols(), " for ",
                    known_.size(), " items");
  }

 private:
  friend class Access;
  DenseItemWeights() = default;

  RowMatrix<float> value_;
  std::vector<bool> known_;
};

namespace detail {

/// The lower triangle of X'X + lambda I, X the users x items matrix of who has what.
template <class Rep, Executor E>
Eigen::MatrixXd gram(const BasicInteractions<Rep>& data, double lambda, const E& executor) {
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(data.items(), data.items());
  for_each_range(executor, data.items(), 16, [&](Index begin, Index end) {
    for (Index j = begin; j < end; ++j) {
      gram(j, j) = lambda;
      for (const auto user : data.users_of(BasicItemId<Rep>(j))) {
        const auto items = data.items_of(user);
        for (auto i = std::lower_bound(items.begin(), items.end(), BasicItemId<Rep>(j)); i != items.end(); ++i) {
          gram(i->index(), j) += 1;
        }
      }
    }
  });
  return gram;
}

/// B from the lower triangle L of a Cholesky decomposition: P = (LL')^-1 a block of columns at a time, of which only the rows
/// from the diagonal on are solved for, since P is symmetric.
template <class Lower, Executor E>
RowMatrix<float> ease_weights(const Eigen::MatrixBase<Lower>& lower, const E& executor) {
  using Real = typename Lower::Scalar;
  const Index n = lower.rows();
  constexpr Index width = 64;
  RowMatrix<float> value(n, n);
  Eigen::Matrix<Real, Eigen::Dynamic, 1> diagonal(n);
  for_each_range(executor, n, width, [&](Index begin, Index end) {
    const auto corner = lower.bottomRightCorner(n - begin, n - begin);
    Lower columns = Lower::Identity(n - begin, end - begin);
    corner.template triangularView<Eigen::Lower>().solveInPlace(columns);
    corner.transpose().template triangularView<Eigen::Upper>().solveInPlace(columns);
    for (Index j = begin; j < end; ++j) {
      diagonal(j) = columns(j - begin, j - begin);
      for (Index i = j; i < n; ++i) value(i, j) = value(j, i) = static_cast<float>(columns(i - begin, j - begin));
    }
  });
  std::vector<float> scale(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) scale[static_cast<std::size_t>(i)] = -static_cast<float>(1 / diagonal(i));
  for_each_range(executor, n, width, [&](Index begin, Index end) {
    for (Index j = begin; j < end; ++j) {
      for (Index i = 0; i < n; ++i) value(j, i) *= scale[static_cast<std::size_t>(i)];
      value(j, j) = 0;
    }
  });
  return value;
}

}  // namespace detail

/// score(u, i) = sum over the items j that u has of w_uj B_ji, where B is the minimum of
///   |X - X B|^2 + lambda |B|^2   with zeros on the diagonal of B,
/// X the users x items matrix of ones where the user has the item. In closed form, with P = (X'X + lambda I)^-1:
///   B_ji = -P_ji / P_ii .
///
/// Solved in double, since the condition of X'X + lambda I is about (the most users of an item * items of a user) / lambda,
/// of which float would lose too many digits for large data; kept in float.
/// Cost: items^3 multiply-adds, a third of them (the Cholesky decomposition) on one thread, and the sum over users of (items
/// of the user)^2; about a second for 2,000 items, five minutes for 18,000. O(items * items of the user) to score all items.
/// Memory: 12 items^2 bytes while it is made, 4 items^2 afterwards: 4.8 GB and 1.6 GB for 20,000 items.
/// Repeatable: the same bits for any executor.
/// Throws: std::invalid_argument for lambda <= 0, no items, more than max_items, and as `history_weights`; std::out_of_range
/// for an unknown id.
/// Source: Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019, eq. 8.
/// Prefer `ItemKnn` for more items. An item without interactions scores 0 for everyone: see `ImputedModel`.
class Ease : public ItemItemModel<DenseItemWeights> {
 public:
  template <class Rep, Executor E = Serial>
  explicit Ease(const BasicInteractions<Rep>& data, const EaseOptions& options = {}, const E& executor = {})
      : ItemItemModel(learn(data, options, executor), interaction_features(data, Side::users, options.history)) {}

 private:
  friend class Access;
  Ease() = default;

  template <class Rep, Executor E>
  static DenseItemWeights learn(const BasicInteractions<Rep>& data, const EaseOptions& options, const E& executor) {
    const Index n = data.items();
    detail::require(options.lambda > 0 && options.lambda < 1e30, "Ease: lambda must be positive and finite, got ",
                    options.lambda);
    detail::require(n > 0, "Ease: the data must have at least one item, got none");
    detail::require(n <= options.max_items, "Ease: there must be at most ", options.max_items, " items (max_items), got ", n,
                    ", which would take ",
                    std::round(0.12 * static_cast<double>(n) / 1000 * static_cast<double>(n) / 1000) / 10, " GB of memory");
    auto gram = detail::gram(data, options.lambda, executor);
    const Eigen::LLT<Eigen::Ref<decltype(gram)>> in_place(gram);
    detail::require(in_place.info() == Eigen::Success,
                    "Ease: lambda must be large enough for X'X + lambda I to be inverted, got ", options.lambda);
    std::vector<bool> known;
    for (Index i = 0; i < n; ++i) known.push_back(!data.users_of(BasicItemId<Rep>(i)).empty());
    return {detail::ease_weights(gram, executor), std::move(known)};
  }
};

}  // namespace kindred
