// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/cuda/bundle_part.h"

#include "solver/kernels/cuda/element.h"
#include "solver/kernels/cuda/element_numbers.h"
#include "solver/kernels/cuda/multigrid.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace vesalius::device
{

namespace
{
using Items = std::vector<std::int64_t>;

void require_items(const std::vector<std::int32_t> &items, std::size_t n, const std::string &name)
{
  for (const auto item : items)
    if (item < 0 || std::size_t(item) >= n)
      throw InvalidBundle("the bundle's section '" + name + "' names what is not there");
}

/// Deals items [begin, end) of `order` out to parts [first, first + n_parts): halves by the widest coordinate, again and again.
void bisect(const std::vector<double> &points, int dim, Items &order, std::size_t begin, std::size_t end, int first, int n_parts, std::vector<int> &owner)
{
  if (n_parts == 1)
    {
      for (std::size_t k = begin; k < end; ++k)
        owner[std::size_t(order[k])] = first;
      return;
    }
  int    widest = 0;
  double width  = -1;
  for (int d = 0; d < dim; ++d)
    {
      double low = std::numeric_limits<double>::max(), high = std::numeric_limits<double>::lowest();
      for (std::size_t k = begin; k < end; ++k)
        {
          low  = std::min(low, points[std::size_t(dim) * std::size_t(order[k]) + d]);
          high = std::max(high, points[std::size_t(dim) * std::size_t(order[k]) + d]);
        }
      if (high - low > width)
        {
          width  = high - low;
          widest = d;
        }
    }
  const int  n_left = n_parts / 2;
  const auto middle = begin + (end - begin) * std::size_t(n_left) / std::size_t(n_parts);
  std::nth_element(order.begin() + std::ptrdiff_t(begin), order.begin() + std::ptrdiff_t(middle), order.begin() + std::ptrdiff_t(end),
                   [&](std::int64_t a, std::int64_t b) {
                     return std::pair(points[std::size_t(dim) * std::size_t(a) + widest], a) < std::pair(points[std::size_t(dim) * std::size_t(b) + widest], b);
                   });
  bisect(points, dim, order, begin, middle, first, n_left, owner);
  bisect(points, dim, order, middle, end, first + n_left, n_parts - n_left, owner);
}

std::vector<int> deal_out(const std::vector<double> &points, int dim, int n_parts)
{
  std::vector<int> owner(points.size() / std::size_t(dim), 0);
  Items            order(owner.size());
  std::iota(order.begin(), order.end(), 0);
  bisect(points, dim, order, 0, order.size(), 0, n_parts, owner);
  return owner;
}

/// Who owns the items of a kind, which of them a part holds, and in what order: its own, then the copies by owner.
class Holding
{
public:
  Holding() = default;
  Holding(std::vector<int> owner, int part) : owner_(std::move(owner)), is_copy_(owner_.size(), 0), part_(part) {}

  int owner(std::int64_t item) const { return owner_[std::size_t(item)]; }
  const std::vector<int> &owners() const { return owner_; }
  bool is_owned(std::int64_t item) const { return owner(item) == part_; }
  /// Part `who` reads the item.
  void need(int who, std::int64_t item)
  {
    if (owner(item) == who)
      return;
    if (who == part_)
      is_copy_[std::size_t(item)] = 1;
    else if (is_owned(item))
      sent_.emplace_back(who, item);
  }
  void number()
  {
    for (std::size_t item = 0; item < owner_.size(); ++item)
      if (owner_[item] == part_)
        items_.push_back(std::int64_t(item));
    n_owned_ = items_.size();
    for (std::size_t item = 0; item < owner_.size(); ++item)
      if (is_copy_[item])
        items_.push_back(std::int64_t(item));
    std::stable_sort(items_.begin() + std::ptrdiff_t(n_owned_), items_.end(), [&](auto a, auto b) { return owner(a) < owner(b); });
    local_.assign(owner_.size(), -1);
    for (std::size_t i = 0; i < items_.size(); ++i)
      local_[std::size_t(items_[i])] = std::int32_t(i);
    std::sort(sent_.begin(), sent_.end());
    sent_.erase(std::unique(sent_.begin(), sent_.end()), sent_.end());
  }
  const Items  &items() const { return items_; } ///< numbers in the whole
  std::size_t   n_owned() const { return n_owned_; }
  std::size_t   n_local() const { return items_.size(); }
  std::int32_t  local(std::int64_t item) const { return local_[std::size_t(item)]; } ///< -1: not held

  /// Throws InvalidBundle for an item that is not held.
  std::vector<std::int32_t> local(const std::vector<std::int32_t> &items) const
  {
    std::vector<std::int32_t> result;
    for (const auto item : items)
      result.push_back(local(std::int64_t(item)));
    if (std::find(result.begin(), result.end(), -1) != result.end())
      throw InvalidBundle("a row or face of the bundle reaches beyond the cells around it");
    return result;
  }
  void write(const std::string &name, int n_parts, BundleFile &bundle) const
  {
    std::vector<std::int32_t> neighbours, send;
    Items                     send_starts{0}, receive_starts{0};
    for (int other = 0; other < n_parts; ++other)
      {
        const auto n_send    = send.size();
        std::size_t n_copies = 0;
        for (const auto &[who, item] : sent_)
          if (who == other)
            send.push_back(local(item));
        for (std::size_t i = n_owned_; i < items_.size(); ++i)
          n_copies += owner(items_[i]) == other;
        if (send.size() == n_send && n_copies == 0)
          continue;
        neighbours.push_back(other);
        send_starts.push_back(std::int64_t(send.size()));
        receive_starts.push_back(receive_starts.back() + std::int64_t(n_copies));
      }
    const std::string prefix = "halo_" + name + ".";
    bundle.add_number(prefix + "owned", double(n_owned_));
    bundle.add(prefix + "neighbours", neighbours);
    bundle.add(prefix + "send", send);
    bundle.add(prefix + "send_starts", send_starts);
    bundle.add(prefix + "receive_starts", receive_starts);
  }

private:
  std::vector<int>                          owner_;
  std::vector<char>                         is_copy_;
  std::vector<std::pair<int, std::int64_t>> sent_;
  Items                                     items_;
  std::vector<std::int32_t>                 local_;
  std::size_t                               n_owned_ = 0;
  int                                       part_    = 0;
};

template <class T>
CompressedRows<T> read_rows(const BundleFile &bundle, const std::string &name, const std::string &values, Index n_rows, Index n_columns)
{
  CompressedRows<T> rows{n_rows, n_columns, bundle.get<std::int64_t>(name + ".row_start"), bundle.get<std::int32_t>(name + ".columns"),
                         bundle.get<T>(name + "." + values)};
  rows.check(name);
  return rows;
}

/// The rows of `rows` that are the part's, their columns by `column_of`.
template <class T, class ColumnOf>
CompressedRows<T> owned_rows(const CompressedRows<T> &rows, const Holding &row_holding, Index n_columns, const ColumnOf &column_of)
{
  CompressedRows<T> result{Index(row_holding.n_owned()), n_columns, {0}, {}, {}};
  for (std::size_t i = 0; i < row_holding.n_owned(); ++i)
    {
      const auto row = row_holding.items()[i];
      for (auto k = rows.row_start[std::size_t(row)]; k < rows.row_start[std::size_t(row) + 1]; ++k)
        if (const std::int32_t column = column_of(rows.columns[std::size_t(k)]); column >= 0)
          {
            result.columns.push_back(column);
            result.values.push_back(rows.values[std::size_t(k)]);
          }
        else
          throw InvalidBundle("a matrix of the bundle couples nodes that no cell joins");
      result.row_start.push_back(std::int64_t(result.columns.size()));
    }
  return result;
}

template <class T>
void add_rows(BundleFile &bundle, const std::string &name, const CompressedRows<T> &rows)
{
  bundle.add(name + ".row_start", rows.row_start);
  bundle.add(name + ".columns", rows.columns);
  bundle.add(name + ".values", rows.values);
}

class Cut
{
public:
  Cut(const BundleFile &whole, int n_parts, int part) : whole_(whole), element_(whole), n_parts_(n_parts), part_(part) {}

  BundleFile make()
  {
    deal_out_nodes();
    take_nodal_values();
    take_boundaries();
    take_p1_matrices();
    take_multigrid();
    for (const auto &name : whole_.names())
      if (!result_.has(name))
        result_.copy(whole_, name);
    return std::move(result_);
  }

private:
  void deal_out_nodes()
  {
    const std::size_t n1 = whole_.get<std::int64_t>("ids_p1").size(), n2 = whole_.get<std::int64_t>("ids_p2").size();
    const auto        n_vertices = std::size_t(element_.n_vertices()), n_nodes = std::size_t(element_.n_nodes());
    const auto        p1        = whole_.get<std::int32_t>("cells_p1");
    const std::size_t n_cells   = p1.size() / n_vertices;
    const auto        p2        = whole_.get<std::int32_t>("cells_p2", n_cells * n_nodes);
    const auto        is_curved = whole_.get<char>("is_curved", n_cells);
    require_items(p1, n1, "cells_p1");
    require_items(p2, n2, "cells_p2");
    std::vector<char> held_curved;
    const auto        owner1 = deal_out(whole_.get<double>("vertices", std::size_t(element_.dim) * n1), element_.dim, n_parts_);
    std::vector<int>  owner2(n2, 0);
    for (std::size_t cell = 0; cell < n_cells; ++cell)
      for (std::size_t i = 0; i < n_nodes; ++i)
        {
          const auto of   = [&](std::size_t vertex) { return owner1[std::size_t(p1[n_vertices * cell + vertex])]; };
          const int  edge = int(i) - int(n_vertices);
          owner2[std::size_t(p2[n_nodes * cell + i])] =
            i < n_vertices ? of(i) : std::min(of(std::size_t(edge_vertex(edge, 0))), of(std::size_t(edge_vertex(edge, 1))));
        }
    p1_ = Holding(owner1, part_);
    p2_ = Holding(owner2, part_);
    std::vector<std::int32_t> held1, held2;
    for (std::size_t cell = 0; cell < n_cells; ++cell)
      {
        const auto *nodes = &p2[n_nodes * cell], *vertices = &p1[n_vertices * cell];
        for (std::size_t i = 0; i < n_nodes; ++i)
          {
            const int who = p2_.owner(nodes[i]);
            if (std::any_of(nodes, nodes + i, [&](auto node) { return p2_.owner(node) == who; }))
              continue; // seen
            std::for_each(nodes, nodes + n_nodes, [&](auto node) { p2_.need(who, node); });
            std::for_each(vertices, vertices + n_vertices, [&](auto vertex) { p1_.need(who, vertex); });
            if (who != part_)
              continue;
            held1.insert(held1.end(), vertices, vertices + n_vertices);
            held2.insert(held2.end(), nodes, nodes + n_nodes);
            held_curved.push_back(is_curved[cell]);
          }
      }
    p1_.number();
    p2_.number();
    if (p1_.n_owned() == 0)
      throw InvalidBundle("the bundle's mesh has fewer vertices than there are processes");
    result_.add("cells_p1", p1_.local(held1));
    result_.add("cells_p2", p2_.local(held2));
    result_.add("is_curved", held_curved);
    p1_.write("p1", n_parts_, result_);
    p2_.write("p2", n_parts_, result_);
    result_.add_number("whole_p1", double(n1));
    result_.add_number("whole_p2", double(n2));
    result_.add_number("whole_cells", double(n_cells));
  }

  template <class T>
  void take(const Holding &holding, const std::string &name, std::size_t n_components = 1)
  {
    const auto     values = whole_.get<T>(name, holding.owners().size() * n_components);
    std::vector<T> held;
    for (const auto item : holding.items())
      held.insert(held.end(), values.begin() + std::ptrdiff_t(std::size_t(item) * n_components),
                  values.begin() + std::ptrdiff_t(std::size_t(item + 1) * n_components));
    result_.add(name, held);
  }
  void take_nodal_values()
  {
    take<std::int64_t>(p1_, "ids_p1");
    take<std::int64_t>(p2_, "ids_p2");
    take<double>(p1_, "vertices", std::size_t(element_.dim));
    if (whole_.has("nodes"))
      take<double>(p2_, "nodes", std::size_t(element_.dim));
    take<char>(p1_, "is_cap_vertex");
    take<char>(p2_, "is_fixed");
    if (!whole_.has("velocity")) // a run gives the state
      return;
    for (const char *name : {"pressure", "potential", "potential_old", "projection_guess", "entry_speed", "entry_speed_old"})
      take<double>(p1_, name);
    for (const char *name : {"velocity", "velocity_old"})
      take<double>(p2_, name, std::size_t(element_.dim));
  }

  void take_boundaries()
  {
    const auto                dim    = std::size_t(element_.dim);
    const auto                starts = whole_.get<std::int64_t>("inflow_starts");
    const auto                nodes  = whole_.get<std::int32_t>("inflow_nodes");
    const auto                values = whole_.get<double>("inflow_values", dim * nodes.size());
    std::vector<std::int32_t> held_nodes;
    std::vector<double>       held_values;
    Items                     held_starts{0};
    require_items(nodes, p2_.owners().size(), "inflow_nodes");
    for (std::size_t f = 0; f + 1 < starts.size(); ++f)
      {
        if (starts[f] < 0 || starts[f] > starts[f + 1] || std::size_t(starts[f + 1]) > nodes.size())
          throw InvalidBundle("the bundle's section 'inflow_starts' does not begin at 0 and ascend");
        for (auto k = std::size_t(starts[f]); k < std::size_t(starts[f + 1]); ++k)
          if (const auto node = p2_.local(std::int64_t(nodes[k])); node >= 0)
            {
              held_nodes.push_back(node);
              held_values.insert(held_values.end(), &values[dim * k], &values[dim * k] + dim);
            }
        held_starts.push_back(std::int64_t(held_nodes.size()));
      }
    result_.add("inflow_starts", held_starts);
    result_.add("inflow_nodes", held_nodes);
    result_.add("inflow_values", held_values);

    const std::size_t   m = whole_.get<double>("outlet_areas").size(), n1 = p1_.owners().size();
    const auto          lifts = whole_.get<double>("outlet_lifts", m * n1);
    std::vector<double> held_lifts;
    for (std::size_t c = 0; c < m; ++c)
      for (const auto vertex : p1_.items())
        held_lifts.push_back(lifts[c * n1 + std::size_t(vertex)]);
    result_.add("outlet_lifts", held_lifts);
    take_faces();
  }

  /// Those with a node of the part; first those that count as its own.
  void take_faces()
  {
    const auto n_nodes = std::size_t(element_.n_face_nodes()), n_vertices = std::size_t(element_.dim);
    const auto n_normals = n_vertices * std::size_t(element_.n_face_points());
    const auto outlets  = whole_.get<std::int32_t>("face_outlets");
    const auto nodes    = whole_.get<std::int32_t>("face_nodes", n_nodes * outlets.size());
    const auto vertices = whole_.get<std::int32_t>("face_vertices", n_vertices * outlets.size());
    const auto normals  = whole_.get<double>("face_normals", n_normals * outlets.size());
    require_items(nodes, p2_.owners().size(), "face_nodes");
    require_items(vertices, p1_.owners().size(), "face_vertices");
    std::vector<std::int32_t> held_outlets, held_nodes, held_vertices;
    std::vector<double>       held_normals;
    for (const bool own : {true, false})
      {
        for (std::size_t face = 0; face < outlets.size(); ++face)
          {
            const auto *begin = &nodes[n_nodes * face];
            if (p2_.is_owned(*begin) != own || !std::any_of(begin, begin + n_nodes, [&](auto node) { return p2_.is_owned(node); }))
              continue;
            held_outlets.push_back(outlets[face]);
            held_nodes.insert(held_nodes.end(), begin, begin + n_nodes);
            held_vertices.insert(held_vertices.end(), &vertices[n_vertices * face], &vertices[n_vertices * face] + n_vertices);
            held_normals.insert(held_normals.end(), &normals[n_normals * face], &normals[n_normals * face] + n_normals);
          }
        if (own)
          result_.add_number("owned_faces", double(held_outlets.size()));
      }
    result_.add("face_outlets", held_outlets);
    result_.add("face_nodes", p2_.local(held_nodes));
    result_.add("face_vertices", p1_.local(held_vertices));
    result_.add("face_normals", held_normals);
  }

  void take_p1_matrices()
  {
    const Index n       = Index(p1_.owners().size());
    const auto  to_here = [&](std::int32_t column) { return p1_.local(std::int64_t(column)); };
    for (const char *name : {"stiffness", "mass"})
      {
        const auto rows = owned_rows(read_rows<double>(whole_, "p1", name, n, n), p1_, Index(p1_.n_local()), to_here);
        if (!result_.has("p1.columns"))
          {
            result_.add("p1.row_start", rows.row_start);
            result_.add("p1.columns", rows.columns);
          }
        result_.add(std::string("p1.") + name, rows.values);
      }
  }

  /// A level's rows belong to who interpolates most from them; the coarsest level is everybody's.
  void take_multigrid()
  {
    const int n_levels = int(whole_.number("multigrid_levels"));
    if (n_levels < 2)
      throw InvalidBundle("the bundle's mesh is too small for several processes: its multigrid has one level");
    std::vector<CompressedRows<float>> operators, prolongations;
    for (int l = 0; l < n_levels; ++l)
      {
        const Index n = Index(whole_.get<std::int64_t>("operator_" + std::to_string(l) + ".row_start").size()) - 1;
        operators.push_back(read_rows<float>(whole_, "operator_" + std::to_string(l), "values", n, n));
        if (l > 0)
          prolongations.push_back(read_rows<float>(whole_, "prolongation_" + std::to_string(l - 1), "values", operators[std::size_t(l) - 1].n_rows, n));
      }
    if (operators[0].n_rows != Index(p1_.owners().size()))
      throw InvalidBundle("the bundle's matrix 'operator_0' does not fit its level");
    auto levels = deal_out_levels(operators, prolongations);
    for (std::size_t l = 0; l + 1 < operators.size(); ++l)
      {
        const std::string number  = std::to_string(l);
        const bool        is_last = l + 2 == operators.size();
        const auto        here    = [&](std::int32_t column) { return levels[l].local(std::int64_t(column)); };
        const auto        coarse  = [&](std::int32_t column) { return is_last ? column : levels[l + 1].local(std::int64_t(column)); };
        const Index       n_here  = Index(levels[l].n_local());
        add_rows(result_, "operator_" + number, owned_rows(operators[l], levels[l], n_here, here));
        const Index n_coarse = is_last ? operators[l + 1].n_rows : Index(levels[l + 1].n_local());
        const auto  held     = owned_rows(prolongations[l], levels[l], n_coarse, coarse);
        add_rows(result_, "prolongation_" + number, held);
        // To the coarsest level every process brings what its own rows give; the sum is everybody's.
        add_rows(result_, "restriction_" + number, is_last ? held.transposed() : owned_rows(prolongations[l].transposed(), levels[l + 1], n_here, here));
        result_.add_number("largest_eigenvalue_" + number, multigrid::largest_eigenvalue(operators[l], multigrid::inverse_diagonal(operators[l])));
        levels[l].write("level_" + number, n_parts_, result_);
        result_.add_number("held_level_" + number, double(n_here));
      }
  }

  std::vector<Holding> deal_out_levels(const std::vector<CompressedRows<float>> &operators, const std::vector<CompressedRows<float>> &prolongations) const
  {
    std::vector<Holding> levels;
    levels.emplace_back(p1_.owners(), part_);
    for (std::size_t l = 0; l + 2 < operators.size(); ++l)
      {
        const auto        &p = prolongations[l];
        std::vector<int>   owner(std::size_t(p.n_columns), 0);
        std::vector<float> largest(owner.size(), 0.f);
        for_each_entry(p, [&](std::int64_t row, std::int64_t column, float value) {
          if (std::abs(value) > largest[std::size_t(column)])
            {
              largest[std::size_t(column)] = std::abs(value);
              owner[std::size_t(column)]   = levels[l].owner(row);
            }
        });
        levels.emplace_back(owner, part_);
      }
    for (std::size_t l = 0; l < levels.size(); ++l)
      {
        for_each_entry(operators[l], [&](std::int64_t row, std::int64_t column, float) { levels[l].need(levels[l].owner(row), column); });
        if (l + 1 < levels.size())
          for_each_entry(prolongations[l], [&](std::int64_t row, std::int64_t column, float) {
            levels[l + 1].need(levels[l].owner(row), column); // on the way up
            levels[l].need(levels[l + 1].owner(column), row); // on the way down
          });
      }
    for (auto &level : levels)
      level.number();
    return levels;
  }
  template <class Visit>
  static void for_each_entry(const CompressedRows<float> &rows, const Visit &visit)
  {
    for (std::int64_t row = 0; row < rows.n_rows; ++row)
      for (auto k = rows.row_start[std::size_t(row)]; k < rows.row_start[std::size_t(row) + 1]; ++k)
        visit(row, std::int64_t(rows.columns[std::size_t(k)]), rows.values[std::size_t(k)]);
  }

  const BundleFile &whole_;
  ElementNumbers    element_;
  BundleFile        result_;
  Holding           p1_, p2_;
  int               n_parts_, part_;
};
} // namespace

BundleFile part_of(const BundleFile &whole, int n_parts, int part)
{
  return Cut(whole, n_parts, part).make();
}

} // namespace vesalius::device
