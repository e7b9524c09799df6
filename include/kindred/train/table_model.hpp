// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Two-tower models over embedding tables, for which there are ways to train that models of features have not.

#include <kindred/encoder/encoder.hpp>
#include <kindred/parameter/parameterized.hpp>
#include <kindred/scorer/dot_product.hpp>

#include <concepts>
#include <tuple>
#include <type_traits>
#include <utility>

namespace kindred {

/// An example touches one user's row and one item's, and their biases: it can be trained on its own (`PerExampleTrainer`).
template <class M>
concept GridTrainable = Parameterized<M> && LookupEncoder<std::remove_cvref_t<decltype(std::declval<M&>().user_encoder())>> &&
                        LookupEncoder<std::remove_cvref_t<decltype(std::declval<M&>().item_encoder())>> && requires(M& model) {
                          model.user_biases();
                          model.item_biases();
                          model.scorer();
                          { model.has_biases() } -> std::convertible_to<bool>;
                        };

namespace detail {

/// The table of users' biases, which is like that of the items'.
template <class M>
using BiasesOf = std::remove_cvref_t<decltype(std::declval<M&>().user_biases())>;

/// One whose score is the inner product: what an example adds to the gradient of a row is a multiple of the other row. Its parameters
/// are the users' rows, the items' rows, and their biases, in this order.
template <class M>
concept TableModel = GridTrainable<M> && std::tuple_size_v<ParameterTuple<M>> == 4 && requires(const M& model) {
  requires std::same_as<std::remove_cvref_t<decltype(model.scorer())>, DotProduct>;
  { model.scale() } -> std::convertible_to<typename M::Scalar>;
};

}  // namespace detail
}  // namespace kindred
