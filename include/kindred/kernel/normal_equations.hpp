// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The kernels of alternating least squares: the Gramian of a table, and the linear system of one row, given the other table.
///
/// Sums run over blocks of gathered rows in the register tile (kernel/symmetric_update.hpp), instead of one outer product a row.

#include <kindred/core/executor.hpp>
#include <kindred/core/types.hpp>
#include <kindred/kernel/cholesky.hpp>
#include <kindred/kernel/row_problem.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace kindred {

/// out = factor * (the sum over the rows z of z z'), over the first `dim` columns. Both triangles are written.
///
/// Cost: rows dim^2 multiply-adds, of which half are done. Memory: `parts`, at most 32 dim (dim + 64).
/// Repeatable: at most 32 ranges of rows, cut by their number alone, added in order. Allocates nothing if `parts` and `out` are large enough.
template <class Rows, class Scalar, Executor E>
void gramian(const Eigen::MatrixBase<Rows>& rows, Index dim, double factor, std::vector<Eigen::MatrixX<Scalar>>& parts,
             Eigen::MatrixX<Scalar>& out, const E& executor) {
  constexpr Index block = 64, most = 32;
  const Index grain = std::max(4 * block, (rows.rows() + most - 1) / most), width = detail::packed<Scalar>(dim);
  const auto used = static_cast<std::size_t>((rows.rows() + grain - 1) / grain);
  if (parts.size() < used) parts.resize(used);
  for_each_range(executor, rows.rows(), grain, [&](Index begin, Index end) {
    auto& part = parts[static_cast<std::size_t>(begin / grain)];
    part.setZero(width, width + block);  // the sums, then a block of rows
    Scalar* const some = part.data() + width * width;
    for (Index first = begin; first < end; first += block) {
      const Index count = std::min(block, end - first);
      for (Index r = 0; r < count; ++r) part.col(width + r).head(dim) = rows.row(first + r).head(dim).transpose();
      detail::update_lower(part.data(), width, width, some, some, width, count);
    }
  });
  out.setZero(dim, dim);
  for (std::size_t k = 0; k < used; ++k) out += parts[k].topLeftCorner(dim, dim);
  out *= static_cast<Scalar>(factor);
  for (Index c = 0; c < dim; ++c) {
    for (Index r = 0; r < c; ++r) out(r, c) = out(c, r);
  }
}

/// Where the numbers of one row's problem are put together; reused from row to row.
template <class Scalar>
struct RowWorkspace {
  std::vector<Index> ids;
  std::vector<Scalar> weights, pulls, predictions, remaining;  ///< one for each interaction of the row
  DefiniteSystem<Scalar> system;                               ///< A and b, or a block of them
  Eigen::VectorX<Scalar> x, ridge, centre, residual, direction, product;
  RowMatrix<Scalar> gathered, scaled;  ///< `block` rows, padded to whole packets

  static constexpr Index block = 64;

  /// Room for problems of `dim` and up to `rows` interactions, so that nothing is allocated later.
  void reserve(Index dim, Index rows) {
    const auto n = static_cast<std::size_t>(rows);
    ids.reserve(n);
    for (auto* numbers : {&weights, &pulls, &predictions, &remaining}) numbers->reserve(n);
    system.reset(dim);
    for (auto* vector : {&x, &ridge, &centre, &residual, &direction, &product}) vector->resize(dim);
    gathered.resize(block, detail::packed<Scalar>(dim));
    scaled.resize(block, detail::packed<Scalar>(dim));
  }
};

namespace detail {

/// Some packets of the rows k = begin ... begin + count - 1, from the design's column `from` on: z as it is, times its weight if they are
/// `weighted`, and the sum of pulls[k] z, which stays in registers.
template <bool weighted, class Scalar, int... p>
void gather_packets(std::integer_sequence<int, p...>, const RowProblem<Scalar>& problem, Index from, Index begin, Index count,
                    const Scalar* pulls, Scalar* gathered, Scalar* scaled, Index stride, Scalar* right) {
  constexpr int packet = tile_packet<Scalar>;
  using Packet = TilePacket<Scalar>;
  std::array<Packet, sizeof...(p)> sum{TilePacketMap<Scalar>(right + p * packet)...};
  for (Index r = 0; r < count; ++r, gathered += stride, scaled += stride) {
    const auto k = static_cast<std::size_t>(begin + r);
    if (k + 8 < problem.ids.size())
      prefetch(problem.design + problem.ids[k + 8] * problem.stride + from, Index{sizeof...(p)} * packet);
    const Scalar* const z = problem.design + problem.ids[k] * problem.stride + from;
    const std::array<Packet, sizeof...(p)> row{Eigen::Map<const Packet>(z + p * packet)...};
    ((TilePacketMap<Scalar>(gathered + p * packet) = row[p]), ...);
    if constexpr (weighted) ((TilePacketMap<Scalar>(scaled + p * packet) = problem.weights[k] * row[p]), ...);
    (multiply_add(sum[p], row[p], pulls[k]), ...);
  }
  ((TilePacketMap<Scalar>(right + p * packet) = sum[p]), ...);
}

/// The same for all columns of a block: four packets at a time, then one, then what is less than a packet.
template <bool weighted, class Scalar>
void gather_rows(const RowProblem<Scalar>& problem, Index first, Index width, Index begin, Index count, const Scalar* pulls,
                 Scalar* gathered, Scalar* scaled, Index stride, Scalar* right) {
  constexpr Index packet = tile_packet<Scalar>;
  Index c = 0;
  const auto run = [&](auto packets) {
    for (; c + packets() * packet <= width; c += packets() * packet) {
      gather_packets<weighted>(std::make_integer_sequence<int, packets()>{}, problem, first + c, begin, count, pulls,
                               gathered + c, scaled + c, stride, right + c);
    }
  };
  run(std::integral_constant<int, 4>{});
  run(std::integral_constant<int, 1>{});
  for (; c < width; ++c) {
    for (Index r = 0; r < count; ++r) {
      const auto k = static_cast<std::size_t>(begin + r);
      const Scalar z = problem.design[problem.ids[k] * problem.stride + first + c];
      gathered[r * stride + c] = z;
      if constexpr (weighted) scaled[r * stride + c] = problem.weights[k] * z;
      right[c] += pulls[k] * z;
    }
  }
}

/// Asks for some rows of the design while the tiles of an update are computed: a line of each row a tile, one at each step.
template <class Scalar>
class RowsAhead {
 public:
  /// Of the rows ids[begin] ... ids[begin + count - 1], or as many as there are, `width` numbers from the column `first` on.
  RowsAhead(const RowProblem<Scalar>& problem, Index first, Index width, Index begin, Index count)
      : problem_(problem),
        begin_(begin),
        end_(std::min(std::ssize(problem.ids), begin + count)),
        next_(first),
        last_(first + width) {}

  /// Must be inlined where it is called: g++ 12 takes a function that only asks for memory for one that does nothing, and leaves the call out.
  struct Line {
    const Scalar* design;
    const Index* ids;
    Index count, stride;

    EIGEN_ALWAYS_INLINE void operator()(Index k) const {
      if (k < count) prefetch_line(design + ids[k] * stride);
    }
  };

  Line tile() {
    if (begin_ >= end_ || next_ >= last_) return {nullptr, nullptr, 0, 0};
    const Line line{problem_.design + next_, problem_.ids.data() + begin_, end_ - begin_, problem_.stride};
    next_ += cache_line<Scalar>;
    return line;
  }

 private:
  const RowProblem<Scalar>& problem_;
  Index begin_, end_;  ///< of the ids
  Index next_, last_;  ///< columns
};

}  // namespace detail

/// Makes `work.system` of the rows and columns from `first` on, `width` of them, of A, and of the sum of pulls[k] z_k.
///
/// Cost: n width^2 / 2 multiply-adds in the register tile, on blocks of 64 gathered rows; the next block is asked for while one is added.
template <class Scalar>
void normal_equations(const RowProblem<Scalar>& problem, Index first, Index width, std::span<const Scalar> pulls,
                      RowWorkspace<Scalar>& work) {
  DefiniteSystem<Scalar>& system = work.system;
  if (problem.gramian != nullptr) {
    system.reset(problem.gramian->block(first, first, width, width));
  } else {
    system.reset(width);
  }
  system.matrix().diagonal() += problem.ridges().segment(first, width);
  constexpr Index block = RowWorkspace<Scalar>::block;
  const Index stride = system.stride();
  Scalar *const gathered = work.gathered.data(), *const scaled = work.scaled.data();
  for (Index r = 0; r < block && width != stride; ++r) {  // the padding
    std::fill(gathered + r * stride + width, gathered + (r + 1) * stride, Scalar{0});
    std::fill(scaled + r * stride + width, scaled + (r + 1) * stride, Scalar{0});
  }
  const auto n = static_cast<Index>(problem.ids.size());
  const bool plain = problem.weights.empty();
  for (Index begin = 0; begin < n; begin += block) {
    const Index count = std::min(block, n - begin);
    const auto gather = [&](auto weighted) {
      detail::gather_rows<weighted()>(problem, first, width, begin, count, pulls.data(), gathered, scaled, stride,
                                      system.right().data());
    };
    if (plain) {
      gather(std::false_type{});
    } else {
      gather(std::true_type{});
    }
    detail::update_lower(system.data(), stride, stride, gathered, plain ? gathered : scaled, stride, count,
                         detail::RowsAhead<Scalar>(problem, first, width, begin + block, block));
  }
}

}  // namespace kindred
