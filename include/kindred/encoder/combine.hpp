// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Encoders made of encoders: the sum of their vectors, or one behind the other.

#include <kindred/core/access.hpp>
#include <kindred/detail/for_each_in.hpp>
#include <kindred/encoder/encoder.hpp>

#include <array>
#include <tuple>

namespace kindred {

namespace detail {

/// What the sum and the concatenation share: the parts, their tapes and parameters.
template <Encoder... Parts>
class EncoderParts {
  static_assert(sizeof...(Parts) >= 2, "an encoder made of encoders needs at least two");

 public:
  using Scalar = typename std::tuple_element_t<0, std::tuple<Parts...>>::Scalar;
  static_assert((std::is_same_v<typename Parts::Scalar, Scalar> && ...),
                "encoders that are combined must have the same Scalar");

  struct Tape {
    std::tuple<typename Parts::Tape...> parts;
    RowMatrix<Scalar> vectors;

    void reseed(Random& from) {
      std::apply([&](auto&... part) { (detail::reseed(part, from), ...); }, parts);
    }
  };

  explicit EncoderParts(Parts... parts) : parts_(std::move(parts)...) { EncoderParts::loaded(); }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("parts", self.parts_);
  }
  void loaded() const {
    for_each([this](const auto& part, auto) {
      require(part.rows() == rows(), "encoders that are combined must have the same number of rows, got ", rows(), " and ",
              part.rows());
    });
  }

  Index rows() const { return std::get<0>(parts_).rows(); }
  template <std::size_t k>
  const auto& part() const {
    return std::get<k>(parts_);
  }
  template <std::size_t k>
  auto& part() {
    return std::get<k>(parts_);
  }

  void touch_counts(std::span<const double> per_entity, std::vector<std::vector<double>>& counts) const {
    for_each([&](const auto& part, auto) { detail::touch_counts(part, per_entity, counts); });
  }

  /// Whether any part has anything on this entity.
  bool knows(Index id) const {
    return std::apply([id](const auto&... part) { return (detail::knows(part, id) || ...); }, parts_);
  }
  void forget(Index id) {
    std::apply([id](auto&... part) { (detail::forget(part, id), ...); }, parts_);
  }

  void grow(Index rows, const std::shared_ptr<const Features>& features) {
    std::apply([&](auto&... part) { (detail::grow(part, rows, features), ...); }, parts_);
  }

  auto parameters() {
    return std::apply([](auto&... part) { return std::tuple_cat(part.parameters()...); }, parts_);
  }
  static auto names() { return detail::names_of_parts("part", Parts::names()...); }

 protected:
  EncoderParts() : parts_(Access::make<Parts>()...) {}

  static std::string kinds() {
    std::string all;
    ((all += (all.empty() ? "" : ", ") + Parts::kind()), ...);
    return all;
  }

  /// f(part, k) for each part, k a std::integral_constant.
  template <class F>
  void for_each(F&& f) const {
    for_each_in(parts_, f);
  }

  template <std::size_t k, class G>
  static auto gradients_of_part(G& gradients) {
    return slice_of_part<parameter_counts, k>(gradients);
  }

  std::tuple<Parts...> parts_;

 private:
  static constexpr std::array<std::size_t, sizeof...(Parts)> parameter_counts{std::tuple_size_v<ParameterTuple<Parts>>...};
};

}  // namespace detail

/// encode(e) = the sum of the parts' vectors: an item as its own embedding plus its features, for example. Models `Encoder`.
/// Throws: std::invalid_argument if the parts' rows or dims differ.
template <Encoder... Parts>
class SumEncoder : public detail::EncoderParts<Parts...> {
  using Base = detail::EncoderParts<Parts...>;

 public:
  using typename Base::Scalar;
  using typename Base::Tape;
  static constexpr int fixed_dim = std::max({Parts::fixed_dim...});

  explicit SumEncoder(Parts... parts) : Base(std::move(parts)...) { require_same_dim(); }

  static std::string kind() { return "sum(" + Base::kinds() + ")"; }
  void loaded() const {
    Base::loaded();
    require_same_dim();
  }

  Index dim() const { return this->template part<0>().dim(); }

  void encode(std::span<const Index> ids, RowMatrix<Scalar>& out) const {
    Tape tape;
    encode(ids, out, tape);
  }
  void encode(std::span<const Index> ids, RowMatrix<Scalar>& out, Tape& tape) const {
    this->for_each([&](const auto& part, auto k) {
      if constexpr (k == 0) {
        out.setZero(static_cast<Index>(ids.size()), padded<Scalar, fixed_dim>(dim()));
      }
      part.encode(ids, tape.vectors, std::get<k>(tape.parts));
      out.leftCols(dim()) += tape.vectors.leftCols(dim());
    });
  }
  void backward(std::span<const Index> ids, const RowMatrix<Scalar>& d_out, Tape& tape, auto gradients) const {
    this->for_each([&](const auto& part, auto k) {
      using Part = std::remove_cvref_t<decltype(part)>;
      tape.vectors.setZero(d_out.rows(), padded<Scalar, Part::fixed_dim>(dim()));
      tape.vectors.leftCols(dim()) = d_out.leftCols(dim());
      part.backward(ids, tape.vectors, std::get<k>(tape.parts), Base::template gradients_of_part<k>(gradients));
    });
  }

 private:
  friend class kindred::Access;
  SumEncoder() = default;

  void require_same_dim() const {
    this->for_each([this](const auto& part, auto) {
      detail::require(part.dim() == dim(), "SumEncoder: the parts must have the same dim, got ", dim(), " and ", part.dim());
    });
  }
};

/// encode(e) = the parts' vectors one behind the other: the input of an `Mlp` over several kinds of features. Models `Encoder`.
/// Throws: std::invalid_argument if the parts' rows differ.
template <Encoder... Parts>
class ConcatEncoder : public detail::EncoderParts<Parts...> {
  using Base = detail::EncoderParts<Parts...>;

 public:
  using typename Base::Scalar;
  using typename Base::Tape;
  static constexpr int fixed_dim = ((Parts::fixed_dim == Dynamic) || ...) ? Dynamic : (Parts::fixed_dim + ...);

  explicit ConcatEncoder(Parts... parts) : Base(std::move(parts)...) {}

  static std::string kind() { return "concat(" + Base::kinds() + ")"; }

  Index dim() const {
    Index sum = 0;
    this->for_each([&](const auto& part, auto) { sum += part.dim(); });
    return sum;
  }

  void encode(std::span<const Index> ids, RowMatrix<Scalar>& out) const {
    Tape tape;
    encode(ids, out, tape);
  }
  void encode(std::span<const Index> ids, RowMatrix<Scalar>& out, Tape& tape) const {
    out.setZero(static_cast<Index>(ids.size()), padded<Scalar, fixed_dim>(dim()));
    Index first = 0;
    this->for_each([&](const auto& part, auto k) {
      part.encode(ids, tape.vectors, std::get<k>(tape.parts));
      out.middleCols(first, part.dim()) = tape.vectors.leftCols(part.dim());
      first += part.dim();
    });
  }
  void backward(std::span<const Index> ids, const RowMatrix<Scalar>& d_out, Tape& tape, auto gradients) const {
    Index first = 0;
    this->for_each([&](const auto& part, auto k) {
      using Part = std::remove_cvref_t<decltype(part)>;
      tape.vectors.setZero(d_out.rows(), padded<Scalar, Part::fixed_dim>(part.dim()));
      tape.vectors.leftCols(part.dim()) = d_out.middleCols(first, part.dim());
      first += part.dim();
      part.backward(ids, tape.vectors, std::get<k>(tape.parts), Base::template gradients_of_part<k>(gradients));
    });
  }

 private:
  friend class kindred::Access;
  ConcatEncoder() = default;
};

template <Encoder First, Encoder Second, Encoder... Rest>
ConcatEncoder(First, Second, Rest...) -> ConcatEncoder<First, Second, Rest...>;

}  // namespace kindred
