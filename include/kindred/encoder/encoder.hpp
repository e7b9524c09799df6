// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The concept of an encoder: what turns the id of a user or an item into its vector, and can be trained.

#include <kindred/core/random.hpp>
#include <kindred/parameter/embedding_table.hpp>

#include <algorithm>
#include <concepts>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

namespace kindred {

class Features;

/// An encoder has `rows()` entities and gives each a vector of `dim()` numbers, one row of `out` (padded with zeros, see row.hpp).
///
/// - `encode(ids, out)` is const and may be called from many threads at once.
/// - `encode(ids, out, tape)` gives the same vectors while training and remembers in `tape` what `backward` needs.
/// - `backward(ids, d_out, tape, gradients)` adds d loss / d parameters to `gradients`, given d loss / d out, without changing
///   the encoder. The law: it is the exact derivative of `encode` (testing/gradient_check.hpp).
///
/// An encoder that draws random numbers while training (dropout) has a tape with `reseed(Random&)`, called before each batch; without that
/// call it draws none.
///
/// To be regularised by frequency, an encoder has `touch_counts(per_entity, counts)`: for each of its parameters it appends how often each
/// row takes part if entity e is encoded per_entity[e] times (an empty vector for a dense layer).
///
/// Two more are asked for where they are there: `forget(id)` sets the rows that belong to that entity alone to zero, and `knows(id)` says
/// whether the encoder has anything on it (features, or a row that was trained). For growth there is `grow(rows, features)`: the encoder
/// becomes one of `rows` entities, the first ones as before; encoders of features take those of all entities from `features`.
///
/// `EmbeddingTable` is the smallest example. Near miss: an encoder whose `encode` is not const cannot serve, and is none.
template <class E>
concept Encoder = Parameterized<E> && std::default_initializable<typename E::Tape> &&
                  requires(const E encoder, std::span<const Index> ids, RowMatrix<typename E::Scalar>& out,
                           const RowMatrix<typename E::Scalar>& d_out, typename E::Tape& tape, GradientRefs<E> gradients) {
                    { encoder.rows() } -> std::convertible_to<Index>;
                    { encoder.dim() } -> std::convertible_to<Index>;
                    { E::fixed_dim } -> std::convertible_to<int>;
                    encoder.encode(ids, out);
                    encoder.encode(ids, out, tape);
                    encoder.backward(ids, d_out, tape, gradients);
                  };

/// An encoder whose vector for an id is a row of a table, so that an example touches one row and can be trained on its own.
template <class E>
concept LookupEncoder = Encoder<E> && requires(E& encoder) {
  encoder.padded_row(Index{0});
  encoder.stored_row(Index{0});
  requires E::touch == Touch::some_rows;
};

namespace detail {

/// Gives a tape fresh random numbers, if it wants any.
template <class Tape>
void reseed(Tape& tape, Random& random) {
  if constexpr (requires { tape.reseed(random); }) tape.reseed(random);
}

/// Appends the touch counts of an encoder's parameters.
template <class E>
void touch_counts(const E& encoder, std::span<const double> per_entity, std::vector<std::vector<double>>& counts) {
  if constexpr (requires { encoder.touch_counts(per_entity, counts); }) {
    encoder.touch_counts(per_entity, counts);
  } else {
    throw std::invalid_argument("L2: frequency_power must be 0 for a model with an encoder that has no touch_counts");
  }
}

/// Sets the rows that belong to one entity alone to zero; features are shared and stay.
template <class E>
void forget(E& encoder, Index id) {
  if constexpr (LookupEncoder<E>) {
    auto row = encoder.stored_row(id);
    std::fill_n(row.data(), row.size(), typename E::Stored{0});
  } else if constexpr (requires { encoder.forget(id); }) {
    encoder.forget(id);
  }
}
/// The same of each entity that has no rows in the training data.
template <class E>
void forget_without_rows(E& encoder, std::span<const double> rows) {
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (rows[k] == 0) forget(encoder, static_cast<Index>(k));
  }
}

/// Whether an encoder has anything on an entity. A row of a table that is all zero is that of an entity without interactions.
template <class E>
bool knows(const E& encoder, Index id) {
  if constexpr (LookupEncoder<E>) {
    return (encoder.padded_row(id) != 0).any();
  } else if constexpr (requires { encoder.knows(id); }) {
    return encoder.knows(id);
  } else {
    return true;
  }
}

/// Makes an encoder one of `rows` entities: rows of its own for the new ones start at zero.
template <class E>
void grow(E& encoder, Index rows, const std::shared_ptr<const Features>& features) {
  if constexpr (LookupEncoder<E>) {
    encoder.add_rows(rows - encoder.rows());
  } else {
    static_assert(requires { encoder.grow(rows, features); }, "to add users or items, an encoder needs grow(rows, features)");
    encoder.grow(rows, features);
  }
}

}  // namespace detail

}  // namespace kindred
